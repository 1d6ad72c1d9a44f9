"""The recorder: one for the screen and for commands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from llada_tui.trace import session
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.session import SessionError, read_session
from tests.trace.support import end, start, step


def test_what_is_added_is_in_the_session_and_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "s.jsonl"
    recorder = SessionRecorder(None, "test", path=path)
    for event in (start(3), step(0, {0: 7}), end(steps=1)):
        recorder.add(event)
    recorder.finish()
    (run,) = read_session(path).runs.values()
    assert (run.last, run.end) == (1, end(steps=1))
    assert recorder.failure is None
    assert '"event":"summary"' in path.read_text()


def test_finish_ends_the_runs_that_began_here_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    first = SessionRecorder(None, "test", path=path)
    first.add(start(3))
    first.add(step(0, {0: 7}))
    first.close()
    recorder = SessionRecorder(None, "test")
    recorder.renew(read_session(path), path)
    (name,) = recorder.free_names(1)
    assert name not in recorder.session.runs
    recorder.add(start(3, run=name))
    recorder.add(step(0, {1: 8}, run=name))
    recorder.finish()
    other, run = read_session(path).runs.values()
    assert other.end is not None
    assert other.end.reason == "interrupted"  # as the reader says of a run without an end
    assert run.end is not None
    assert (run.end.reason, run.end.steps) == ("cancelled", 1)


def test_without_a_file_or_a_folder_nothing_is_written(tmp_path: Path) -> None:
    recorder = SessionRecorder(None, "test")
    recorder.add(start(3))
    recorder.finish()
    assert (recorder.path, recorder.failure) == (None, None)
    assert len(recorder.session.runs) == 1


def test_what_cannot_be_written_stops_the_recording_and_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    problems: list[str] = []
    recorder = SessionRecorder(
        None, "test", lambda message, details: problems.append(message), path=tmp_path / "file" / "s.jsonl"
    )
    for event in (start(3), step(0, {0: 7}), end(steps=1)):
        recorder.add(event)
    recorder.finish()
    assert len(problems) == 1
    assert problems[0].endswith(("cannot be written: not a directory.", "cannot be written: file exists."))
    assert isinstance(recorder.failure, OSError)
    assert not recorder.recording
    assert recorder.session.runs["r1"].last == 1


def test_recording_stops_before_the_file_is_too_large_to_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MAX_CHANGES", 7)
    problems: list[str] = []
    path = tmp_path / "s.jsonl"
    recorder = SessionRecorder(None, "test", lambda message, details: problems.append(message), path=path)
    for event in (start(3), step(0, {0: 7}), end(steps=1), start(3, run="r2"), step(0, {1: 8}, run="r2")):
        recorder.add(event)
    recorder.finish()
    assert problems == [
        f"Recording stopped, since {path} cannot be written: it holds as much as can be opened again; "
        "what comes next needs a new session."
    ]
    assert [run.last for run in recorder.session.runs.values()] == [1, 1]
    assert [run.last for run in read_session(path).runs.values()] == [1, 0]
    with pytest.raises(OSError, match="too large to be opened again"):
        recorder.copy(tmp_path / "copy.jsonl")
    recorder.renew()
    recorder.add(start(3))
    assert recorder.recording


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_is_not_gone_on_with(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(SessionError, match=r"pipe\.jsonl is no plain file, so it cannot be gone on with\.$"):
        SessionRecorder(tmp_path, "0.1.0").read(tmp_path / "pipe.jsonl")
