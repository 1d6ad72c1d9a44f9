"""The folder of sessions: listed without being read, renamed, deleted and taken back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.trace import session_folder as shelf
from llada_tui.trace.events import DeleteEvent, Message, SummaryEvent, encode
from llada_tui.trace.session import SessionError, read_session
from llada_tui.trace.session_folder import (
    delete_session,
    list_sessions,
    new_path,
    peek,
    rename_session,
    restore_session,
)
from tests.trace.support import end, start, step
from tests.trace.test_session import HEADER, NO_SESSIONS, small, write


class CountingFile:
    """A file that counts the bytes read from it."""

    total = 0

    def __init__(self, file: Any) -> None:
        self._file = file

    def __enter__(self) -> CountingFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read(size)
        CountingFile.total += len(data)
        return data


def test_a_list_is_latest_first_with_titles_and_counts(tmp_path: Path) -> None:
    for age, name in enumerate("abc"):
        path = write(tmp_path / f"{name}.jsonl", start(1), SummaryEvent(f"title {name}", age, 10 * age))
        os.utime(path, (1000 - age, 1000 - age))
    entries = list_sessions(tmp_path)
    assert [(entry.title, entry.runs, entry.tokens) for entry in entries] == [
        ("title a", 0, 0),
        ("title b", 1, 10),
        ("title c", 2, 20),
    ]
    assert [entry.modified for entry in entries] == [1000, 999, 998]
    assert all(entry.size == entry.path.stat().st_size for entry in entries)


def test_what_is_no_session_is_not_listed(tmp_path: Path) -> None:
    for number, data in enumerate(NO_SESSIONS.values()):
        (tmp_path / f"{number}.jsonl").write_bytes(data)
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "gone.jsonl").symlink_to(tmp_path / "nowhere")
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "notes.txt").write_bytes(HEADER)
    good = small(tmp_path / "good.jsonl")
    assert [entry.path for entry in list_sessions(tmp_path)] == [good]
    assert list_sessions(tmp_path / "absent") == []


def test_listing_reads_only_the_ends_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "long.jsonl", start(1))
    line = encode(step(0, {0: 7}, run="x" * 900)) + b"\n"
    with path.open("ab") as file:
        file.write(line * 20_000)
    write(path, SummaryEvent("a long one", 3, 77))
    opening = Path.open
    monkeypatch.setattr(CountingFile, "total", 0)
    monkeypatch.setattr(Path, "open", lambda self, *args: CountingFile(opening(self, *args)))
    (entry,) = list_sessions(tmp_path)
    assert (entry.title, entry.runs, entry.tokens) == ("a long one", 3, 77)
    assert 0 < CountingFile.total <= 2 * shelf._PEEK
    assert entry.size > 100 * CountingFile.total


@pytest.mark.parametrize("size", [0, 60_000, 65_000, 70_000, 130_000, 131_072, 200_000])
def test_the_summary_is_found_wherever_the_end_falls(tmp_path: Path, size: int) -> None:
    for more in range(0, 200, 7):
        path = tmp_path / "s.jsonl"
        filler = b'{"event":"future","x":"' + b"x" * (size + more) + b'"}\n' if size else b""
        path.write_bytes(HEADER + filler + encode(SummaryEvent("found", 2, 3)) + b"\n")
        assert peek(path).title == "found"


def test_a_session_without_a_summary_is_called_after_its_question(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", start(3), step(0, {0: 7}), end())
    assert (peek(path).title, peek(path).runs) == ("a question", None)
    path.write_bytes(path.read_bytes()[:-5])
    assert peek(path).title == "a question"
    assert peek(write(tmp_path / "bare\x1b[31m.jsonl", SummaryEvent("", 0, 0))).title == ""
    header_only = tmp_path / "bare\x1b[31m.jsonl"
    header_only.write_bytes(HEADER)
    assert peek(header_only).title == "bare␛[31m"


def test_a_title_from_a_file_is_cleaned(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", SummaryEvent("\x1b[2Jred\n\u202ealert", 1, 1))
    assert peek(path).title == "␛[2Jred �alert"


@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_session_errors(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "peek.jsonl"
    path.write_bytes(data)
    with pytest.raises(SessionError):
        peek(path)
    path.write_bytes(HEADER + data)
    peek(path)


def test_new_names_tell_time_and_question_and_are_free(tmp_path: Path) -> None:
    first = new_path(tmp_path, "What is 2 + 3, /etc/passwd ..?\n\x1b Tell me more and more", 0.0)
    assert first.parent == tmp_path
    assert first.name[:4] in ("1969", "1970")
    assert first.name.endswith("what-is-2-3-etc-passwd.jsonl")
    first.touch()
    second = new_path(tmp_path, "What is 2 + 3, etc passwd", 0.0)
    assert second != first
    second.touch()
    assert new_path(tmp_path, "What is 2 + 3, etc passwd", 0.0) not in (first, second)
    assert new_path(tmp_path, "漢字", 0.0).suffix == ".jsonl"
    assert len(new_path(tmp_path, "word" * 1000).name) < 100
    assert not (tmp_path / "absent").exists()
    assert new_path(tmp_path / "absent", "x").parent.name == "absent"


def test_renaming_appends(tmp_path: Path) -> None:
    path = small(tmp_path / "s.jsonl")
    before = path.read_bytes()
    rename_session(path, " Another\x1b name ", "0.1.0")
    assert path.read_bytes().startswith(before)
    assert read_session(path).title == peek(path).title == "Another␛ name"
    assert peek(path).runs == 2
    with pytest.raises(SessionError, match="title"):
        rename_session(path, " \n ", "0.1.0")
    with pytest.raises(SessionError):
        rename_session(tmp_path / "none.jsonl", "x", "0.1.0")


def test_a_renamed_session_keeps_its_title_when_it_goes_on(tmp_path: Path) -> None:
    path = small(tmp_path / "s.jsonl")
    rename_session(path, "mine", "0.1.0")
    write(path, msgspec.structs.replace(start(2, run="r3"), messages=[Message("user", "other")]))
    assert read_session(path).title == "mine"


def test_deleted_sessions_can_be_taken_back(tmp_path: Path) -> None:
    path = small(tmp_path / "s.jsonl")
    data = path.read_bytes()
    trashed = delete_session(path)
    assert not path.exists()
    assert list_sessions(tmp_path) == []
    again = small(path)
    second = delete_session(again)
    assert second != trashed
    assert restore_session(trashed) == path
    assert path.read_bytes() == data
    kept = restore_session(second)
    assert kept.exists()
    third = delete_session(path)
    small(path)
    with pytest.raises(SessionError, match="there again already"):
        restore_session(third)
    assert third.exists()


def test_an_excerpt_has_what_was_asked_and_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(
        tmp_path / "s.jsonl",
        *(start(2, run="gone"), end("never", run="gone")),
        *(start(2), step(0, {0: 7}), end("An \x1b[31manswer\nin two lines")),
        *(start(2, run="r2"), end("Another ONE", run="r2"), DeleteEvent(["gone"])),
    )
    excerpt = shelf.read_excerpt(path)
    assert (excerpt.question, excerpt.answer) == ("a question", "An ␛[31manswer in two lines")
    assert "another one" in excerpt.words
    assert "never" not in excerpt.words
    assert shelf.read_excerpt(tmp_path / "absent") == shelf.SessionExcerpt()
    monkeypatch.setattr(shelf, "MAX_EXCERPT", path.stat().st_size - 400)
    assert "another one" not in shelf.read_excerpt(path).words
