"""Pictures in session files: bounded, checked, cut anywhere; stop sequences and suffixes of runs."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from llada_tui.pictures import MAX_ATTACHED, PictureFile, attachable, decode, name_of
from llada_tui.settings.prompt import Message, Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace import session as sessions
from llada_tui.trace.events import EndEvent, PictureEvent, PiecesEvent, RunEvent, encode
from llada_tui.trace.events import decode as decode_event
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.resume import Resume
from llada_tui.trace.run import Run, TraceError
from llada_tui.trace.session import Session, read_session
from llada_tui.trace.text import TokenBytes
from tests.trace.support import EOT, MASK, MODEL

PICTURE = bytes(range(256)) * 4
NAME = name_of(PICTURE)


def begun(name: str = "a", **more: Any) -> RunEvent:
    fields: dict[str, Any] = {
        "settings": SamplerSettings(steps=4, gen_length=4, block_length=4),
        "prompt_ids": [5, -200, 6],
        "resume": Resume(canvas=[MASK] * 4),
        "messages": [Message("user", "What is it?", (NAME,))],
    }
    return RunEvent(name, MODEL, **(fields | more))


def recorded(path: Path) -> bytes:
    recorder = SessionRecorder(None, "test", path=path)
    recorder.attach(PictureFile(PICTURE))
    recorder.attach(PictureFile(b"never asked about"))
    for name in "ab":
        recorder.add(begun(name))
    recorder.finish()
    return path.read_bytes()


def test_a_picture_is_written_once_before_the_first_run_that_is_about_it(tmp_path: Path) -> None:
    lines = recorded(tmp_path / "s.jsonl").splitlines()
    kinds = [line.split(b'"')[3] for line in lines]
    assert kinds[:3] == [b"session", b"picture", b"run"]
    assert kinds.count(b"picture") == 1
    assert lines[1] == b'{"event":"picture","name":"%s","content":"%s"}' % (NAME.encode(), base64.b64encode(PICTURE))
    session = read_session(tmp_path / "s.jsonl")
    assert session.pictures == {NAME: PICTURE}
    assert session.with_pictures(session.runs["b"].start.prompt).pictures == {NAME: PICTURE}


def test_a_copy_and_a_session_that_goes_on_have_the_picture(tmp_path: Path) -> None:
    recorded(tmp_path / "s.jsonl")
    recorder = SessionRecorder(None, "test")
    recorder.resume(tmp_path / "s.jsonl")
    recorder.add(begun("c"))
    recorder.finish()
    assert (tmp_path / "s.jsonl").read_bytes().count(b'"event":"picture"') == 1
    other = SessionRecorder(None, "test")
    other.session = read_session(tmp_path / "s.jsonl")
    other.copy(tmp_path / "copy.jsonl")
    assert read_session(tmp_path / "copy.jsonl").pictures == {NAME: PICTURE}
    assert (tmp_path / "copy.jsonl").read_bytes().count(b'"event":"picture"') == 1


def test_a_file_that_is_cut_anywhere_is_read(tmp_path: Path) -> None:
    whole = recorded(tmp_path / "s.jsonl")
    end = whole.index(b"\n")
    for length in range(end + 1, len(whole), 37):
        (tmp_path / "cut.jsonl").write_bytes(whole[:length])
        session = read_session(tmp_path / "cut.jsonl")
        assert session.pictures in ({}, {NAME: PICTURE})
        assert set(session.runs) <= {"a", "b"}
        assert len(session.problems) <= 1


@pytest.mark.parametrize(
    "line",
    [
        encode(PictureEvent("../../other", PICTURE)),
        encode(PictureEvent(NAME, PICTURE[1:])),
        b'{"event":"picture","name":"a","content":"no base64!"}',
        b'{"event":"picture","name":"a"}',
        b'{"event":"picture","name":7,"content":""}',
    ],
)
def test_a_picture_that_is_another_than_it_says_is_left_out(tmp_path: Path, line: bytes) -> None:
    whole = recorded(tmp_path / "s.jsonl").splitlines(keepends=True)
    (tmp_path / "hostile.jsonl").write_bytes(b"".join([whole[0], line + b"\n", *whole[2:]]))
    session = read_session(tmp_path / "hostile.jsonl")
    assert session.pictures == {}
    assert len(session.problems) == 1
    assert set(session.runs) == {"a", "b"}
    assert session.with_pictures(session.runs["a"].start.prompt).pictures == {}


def test_the_pictures_of_a_session_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    monkeypatch.setattr(sessions, "MAX_PICTURES", len(PICTURE) + 10)
    session.add(PictureEvent(NAME, PICTURE))
    session.add(PictureEvent(NAME, PICTURE))
    other = PICTURE[:20]
    with pytest.raises(TraceError, match="larger than"):
        session.add(PictureEvent(name_of(other), other))


def test_a_large_picture_is_made_smaller_before_it_is_attached() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1500, 2600, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    assert file.tell() > MAX_ATTACHED
    smaller = attachable(file.getvalue())
    assert len(smaller) <= MAX_ATTACHED
    width, height = decode(smaller).size
    assert width / height == pytest.approx(2600 / 1500, rel=0.01)
    assert attachable(smaller) == smaller


def test_a_text_ends_before_a_stop_sequence_and_the_suffix_follows() -> None:
    start = begun(stop=[[7, 8]], suffix=[9], resume=Resume(canvas=[6, 7, 8, MASK]))
    pieces = TokenBytes()
    pieces.add(PiecesEvent({6: b"a", 7: b"b", 8: b"c", 9: b" end"}))
    run = Run(start, pieces)
    assert run.text(0) == "a end"
    assert run.answer() == "a end"
    assert run.text_end([6, 7, 8, None]).at == 1
    assert run.text_end([EOT, 7, 8]).at == 0
    assert run.text_end([6, 7]).at == 2
    line = encode(start)
    assert decode_event(line) == start
    assert start.prompt == Prompt(messages=start.messages, stop=[[7, 8]], suffix=[9])


def test_a_text_ends_before_a_text_within_a_token() -> None:
    """Whatever tokens make it, and whatever stands in a session file beside it."""
    start = begun(stop=[[]], stop_texts=["i\tm", ""], suffix=[9], resume=Resume(canvas=[6, 7, 8, MASK]))
    pieces = TokenBytes()
    pieces.add(PiecesEvent({6: b"once", 7: b" ti", 8: b"\tme", 9: b" end"}))
    run = Run(start, pieces)
    assert run.text(0) == run.answer() == "once t end"
    assert run.text_end(run.canvas(0)).at == 1
    assert decode_event(encode(start)) == start
    assert start.prompt.stop == [[], "i\tm", ""]


def test_a_run_of_before_has_none_of_them() -> None:
    start = begun(messages=[Message("user", "a")], prompt_ids=[5])
    fields = msgspec.json.decode(encode(start))
    assert not {"images", "stop", "suffix"} & fields.keys()
    assert fields["messages"] == [{"role": "user", "content": "a"}]


@pytest.mark.parametrize("fields", [{"suffix": [-1]}, {"prompt_ids": [-1]}, {"resume": Resume(canvas=[-200])}])
def test_ids_that_cannot_be_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(TraceError, match="token id that cannot be"):
        Run(begun(**fields), TokenBytes())


def test_an_end_has_the_text_that_was_told() -> None:
    run = Run(begun(), TokenBytes())
    run.add(EndEvent("a", "finished", "said", 0, 0, 0.0, 0.0))
    assert run.answer() == "said"
