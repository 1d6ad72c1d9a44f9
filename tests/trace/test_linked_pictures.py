"""Session files that link to their pictures: the very file, elsewhere, missing, changed, hostile."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from llada_tui.pictures import MAX_ATTACHED, PictureError, PictureFile, attached_file, name_of
from llada_tui.settings.prompt import Message
from llada_tui.trace import session as sessions
from llada_tui.trace.events import PictureEvent, encode
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.session import Session, read_session
from tests.trace.test_session_pictures import begun


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photos" / "cat.png"
    path.parent.mkdir()
    Image.new("RGB", (30, 20), (200, 10, 10)).save(path)
    return path


def recorded(path: Path, file: PictureFile) -> Session:
    """A session of two runs about a picture, written and then as it is in memory."""
    recorder = SessionRecorder(None, "test", path=path)
    name = recorder.attach(file)
    for run in "ab":
        recorder.add(begun(run, messages=[Message("user", "What is it?", (name,))]))
    recorder.finish()
    return recorder.session


def test_the_file_has_the_link_alone_and_is_read_with_the_picture(tmp_path: Path, photo: Path) -> None:
    file = attached_file(photo, link=True)
    assert file == (photo.read_bytes(), str(photo))
    recorded(tmp_path / "s.jsonl", file)
    lines = (tmp_path / "s.jsonl").read_bytes().splitlines()
    name = name_of(file.content)
    assert lines[1] == b'{"event":"picture","name":"%s","path":"%s"}' % (name.encode(), str(photo).encode())
    assert sum(b'"picture"' in line for line in lines) == 1
    session = read_session(tmp_path / "s.jsonl")
    assert session.problems == []
    assert session.pictures == {name: photo.read_bytes()}
    assert session.links == {name: str(photo)}
    assert read_session(tmp_path / "s.jsonl", linked=False).pictures == {}


def test_a_copy_and_a_session_that_goes_on_link_too(tmp_path: Path, photo: Path) -> None:
    session = recorded(tmp_path / "s.jsonl", attached_file(photo, link=True))
    other = SessionRecorder(None, "test")
    other.session = session
    other.copy(tmp_path / "copy.jsonl")
    copy = read_session(tmp_path / "copy.jsonl")
    assert b"content" not in (tmp_path / "copy.jsonl").read_bytes().splitlines()[1]
    assert (copy.links, copy.pictures) == (session.links, session.pictures)
    within = Session()
    for event in copy.events():  # as an export copies it: it need not read the file
        within.add(event)
    assert within.pictures == session.pictures
    recorder = SessionRecorder(None, "test")
    recorder.resume(tmp_path / "s.jsonl")
    recorder.add(begun("c", messages=session.runs["a"].start.messages))
    recorder.finish()
    assert (tmp_path / "s.jsonl").read_bytes().count(b'"event":"picture"') == 1


def test_a_file_that_moved_with_the_session_is_there(tmp_path: Path, photo: Path) -> None:
    recorded(tmp_path / "s.jsonl", attached_file(photo, link=True))
    content = photo.read_bytes()
    photo.rename(tmp_path / "cat.png")
    session = read_session(tmp_path / "s.jsonl")
    assert [*session.pictures.values()] == [content]
    assert session.problems == []


def test_a_missing_file_is_told_and_the_rest_is_read(tmp_path: Path, photo: Path) -> None:
    recorded(tmp_path / "s.jsonl", attached_file(photo, link=True))
    photo.unlink()
    session = read_session(tmp_path / "s.jsonl")
    assert session.problems == [f"A linked picture is missing. There is no picture {photo}."]
    assert (session.pictures, [*session.runs]) == ({}, ["a", "b"])
    recorder = SessionRecorder(None, "test")
    recorder.session = session
    recorder.copy(tmp_path / "copy.jsonl")
    assert read_session(tmp_path / "copy.jsonl").links == session.links


def test_another_file_in_its_place_is_not_taken(tmp_path: Path, photo: Path) -> None:
    recorded(tmp_path / "s.jsonl", attached_file(photo, link=True))
    Image.new("RGB", (30, 20), (10, 200, 10)).save(photo)
    session = read_session(tmp_path / "s.jsonl")
    assert session.problems == [f"The linked picture {photo} is another one now than the question was about."]
    assert session.pictures == {}


@pytest.mark.parametrize("link", ["/dev/zero", "pipe", "/etc", "\\u0000", "a" * 5000, "\\ud800"])
def test_a_hostile_link_is_told(tmp_path: Path, photo: Path, link: str) -> None:
    recorded(tmp_path / "s.jsonl", attached_file(photo, link=True))
    if link == "pipe":
        os.mkfifo(tmp_path / "pipe")
        link = str(tmp_path / "pipe")
    lines = (tmp_path / "s.jsonl").read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(str(photo).encode(), link.encode())
    (tmp_path / "hostile.jsonl").write_bytes(b"".join(lines))
    session = read_session(tmp_path / "hostile.jsonl")
    assert len(session.problems) == 1
    assert (session.pictures, [*session.runs]) == ({}, ["a", "b"])


def test_links_are_bounded(tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(tmp_path / "s.jsonl", attached_file(photo, link=True))
    monkeypatch.setattr(sessions, "MAX_PICTURES", 10)
    assert read_session(tmp_path / "s.jsonl").problems == [
        "The pictures that the session links to are too large together."
    ]
    monkeypatch.setattr(sessions, "MAX_LINKS", 3)
    lines = (tmp_path / "s.jsonl").read_bytes().splitlines(keepends=True)
    many = [encode(PictureEvent(f"n{number}", path=f"/none/{number}")) + b"\n" for number in range(6)]
    (tmp_path / "many.jsonl").write_bytes(b"".join([lines[0], *many, *lines[2:]]))
    session = read_session(tmp_path / "many.jsonl")
    assert len(session.links) == 3
    assert sum("more pictures" in problem for problem in session.problems) == 3


@pytest.mark.parametrize("link", [False, True])
def test_a_picture_whose_link_is_dead_is_recorded_when_it_is_attached_again(
    tmp_path: Path, photo: Path, link: bool
) -> None:
    content, name = photo.read_bytes(), name_of(photo.read_bytes())
    recorded(tmp_path / "s.jsonl", attached_file(photo, link=True))
    photo.unlink()
    again = tmp_path / "elsewhere" / "dog.png"
    again.parent.mkdir()
    again.write_bytes(content)
    recorder = SessionRecorder(None, "test")
    recorder.resume(tmp_path / "s.jsonl")
    assert recorder.session.pictures == {}
    recorder.attach(attached_file(again, link=link))
    recorder.add(begun("c", messages=[Message("user", "And now?", (name,))]))
    recorder.finish()
    recorder.copy(tmp_path / "copy.jsonl")
    for path in (tmp_path / "s.jsonl", tmp_path / "copy.jsonl"):
        session = read_session(path)
        assert session.pictures == {name: content}
        assert session.links == ({name: str(again)} if link else {})
        assert session.problems == []


def test_a_picture_that_is_linked_is_recorded_itself_when_it_is_attached_so(tmp_path: Path, photo: Path) -> None:
    content, name = photo.read_bytes(), name_of(photo.read_bytes())
    recorded(tmp_path / "s.jsonl", attached_file(photo, link=True))
    recorder = SessionRecorder(None, "test")
    recorder.resume(tmp_path / "s.jsonl")
    recorder.attach(attached_file(photo))
    recorder.add(begun("c", messages=[Message("user", "And now?", (name,))]))
    recorder.finish()
    photo.unlink()
    session = read_session(tmp_path / "s.jsonl")
    assert (session.pictures, session.links, session.problems) == ({name: content}, {}, [])


def test_a_link_behind_the_picture_itself_changes_nothing(photo: Path) -> None:
    session, name = Session(), name_of(photo.read_bytes())
    session.add(PictureEvent(name, photo.read_bytes()))
    session.add(PictureEvent(name, path="/none/cat.png"))
    assert (session.picture_event(name), session.links) == (PictureEvent(name, photo.read_bytes()), {})


def test_what_is_read_of_files_that_are_others_is_bounded(
    tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(tmp_path / "s.jsonl", attached_file(photo, link=True))
    first, *_ = (tmp_path / "s.jsonl").read_bytes().splitlines(keepends=True)
    for number, size in enumerate([1000, 1000, 1001, 1000, 1000]):
        (tmp_path / f"{number}.png").write_bytes(b"a" * size)
    links = [encode(PictureEvent(f"n{number}", path=str(tmp_path / f"{number}.png"))) + b"\n" for number in range(5)]
    (tmp_path / "many.jsonl").write_bytes(b"".join([first, *links]))
    monkeypatch.setattr("llada_tui.pictures.MAX_LINKED", 1000)
    monkeypatch.setattr(sessions, "MAX_PICTURES", 3999)
    assert read_session(tmp_path / "many.jsonl").problems == [
        f"The linked picture {tmp_path}/0.png is another one now than the question was about.",
        f"The linked picture {tmp_path}/1.png is another one now than the question was about.",
        f"The linked picture {tmp_path}/2.png is larger than 1 kB.",
        "The pictures that the session links to are too large together.",
        "The pictures that the session links to are too large together.",
    ]


def test_a_file_that_is_cut_anywhere_is_read(tmp_path: Path, photo: Path) -> None:
    recorded(tmp_path / "s.jsonl", attached_file(photo, link=True))
    whole = (tmp_path / "s.jsonl").read_bytes()
    for length in range(whole.index(b"\n") + 1, len(whole), 41):
        (tmp_path / "cut.jsonl").write_bytes(whole[:length])
        assert len(read_session(tmp_path / "cut.jsonl").problems) <= 1


def test_a_linked_picture_stays_as_it_is_and_has_a_size_at_most(
    tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = io.BytesIO()
    Image.effect_noise((1300, 1300), 100).save(large, "PNG")
    photo.write_bytes(large.getvalue())
    assert len(large.getvalue()) > MAX_ATTACHED
    assert attached_file(photo, link=True).content == large.getvalue()
    assert len(attached_file(photo).content) <= MAX_ATTACHED
    assert attached_file(photo).path == ""
    monkeypatch.setattr("llada_tui.pictures.MAX_LINKED", 1000)
    with pytest.raises(PictureError, match="without --link-images it is made smaller"):
        attached_file(photo, link=True)
