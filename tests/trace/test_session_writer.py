"""Appending to a session file: one program at a time, and all of an event or nothing, on disks that are full too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from llada_tui.trace import session_writer
from llada_tui.trace.events import SummaryEvent
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.session import SessionError, read_session
from llada_tui.trace.session_folder import delete_session, rename_session
from llada_tui.trace.session_writer import SessionInUse, SessionWriter
from tests.trace.support import end, start, step
from tests.trace.test_session import small

ROOT = Path(__file__).parents[2]

HOLDER = """
import sys
from pathlib import Path
from llada_tui.trace.recorder import SessionRecorder
from tests.trace.support import start, step
recorder = SessionRecorder(None, "test")
print(recorder.resume(Path(sys.argv[1])), flush=True)
for _ in sys.stdin:
    (name,) = recorder.free_names(1)
    recorder.add(start(3, run=name))
    recorder.add(step(0, {0: 7}, run=name))
    print(name, flush=True)
"""
"""Another window: resumes a session and records a run for each line that it is sent."""

FULL = """
import resource, sys
from pathlib import Path
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.session import read_session
from tests.trace.support import start, step
problems = []
folder = Path(sys.argv[1])
recorder = SessionRecorder(folder, "test", lambda message, details: problems.append(message))
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
recorder.add(start(100))
for index in range(100):
    recorder.add(step(index, {index: 7}))
full = recorder.path
recorder.finish()
recorder.renew()
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
recorder.add(start(3))
recorder.close()
session = read_session(full)
assert session.problems == [], session.problems
assert 0 < session.runs["r1"].last < 100
assert full.read_bytes().endswith(b"\\n")
assert recorder.path != full and read_session(recorder.path).runs
print(*problems, sep="\\n")
"""


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


class Window:
    """Another process that resumed a session."""

    def __init__(self, path: Path) -> None:
        self.process = python(HOLDER, path)
        self.warning = self._line()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self._line()

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def test_two_windows_of_one_session_lose_nothing(tmp_path: Path) -> None:
    path = small(tmp_path / "s.jsonl")
    before = len(read_session(path).runs)
    with Window(path) as first:
        assert first.warning == ""
        second = SessionRecorder(tmp_path, "test")
        assert second.resume(path) == (
            "s.jsonl is open in another window or command of llada-tui. What is asked here goes into a file of its own."
        )
        assert second.path is None
        (name,) = second.free_names(1)
        second.add(start(3, run=name))
        assert first.ask() == name
        second.add(step(0, {1: 8}, run=name))
        second.finish()
    theirs, mine = read_session(path), read_session(second.path or path)
    assert second.path not in (None, path)
    assert theirs.problems == mine.problems == []
    assert len(theirs.runs) == len(mine.runs) == before + 1
    assert (theirs.runs[name].canvas(1), mine.runs[name].canvas(1)) == ([7, None, None], [None, 8, None])


def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    path = small(tmp_path / "s.jsonl")
    with Window(path), pytest.raises(SessionInUse):
        SessionWriter(path, "test").hold()
    writer = SessionWriter(path, "test")
    writer.hold()
    assert writer.protected
    writer.close()


def test_a_session_that_another_window_has_is_not_renamed_or_deleted(tmp_path: Path) -> None:
    path = small(tmp_path / "s.jsonl")
    before = path.read_bytes()
    with Window(path):
        for change in (lambda: rename_session(path, "mine", "test"), lambda: delete_session(path)):
            with pytest.raises(SessionError, match=r"^s\.jsonl is open in another window or command of llada-tui\.$"):
                change()
    assert path.read_bytes() == before
    rename_session(path, "mine", "test")
    assert not delete_session(path).samefile(tmp_path)


def test_new_sessions_of_two_windows_have_files_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llada_tui.trace.recorder.time.time", lambda: 1e9)
    recorders = [SessionRecorder(tmp_path, "test") for _ in range(3)]
    for recorder in recorders:
        recorder.add(start(3))
        recorder.add(step(0, {0: 7}))
    for recorder in recorders:
        recorder.finish()
    assert len({recorder.path for recorder in recorders}) == 3
    assert all(read_session(path).runs["r1"].last == 1 for path in tmp_path.iterdir())


def test_a_disk_without_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(session_writer.fcntl, "flock", no_locks)
    path = small(tmp_path / "s.jsonl")
    recorder = SessionRecorder(tmp_path, "test")
    warning = "s.jsonl is on a disk without locks: another window can write into it too."
    assert recorder.resume(path) == warning
    recorder.add(start(3, run="more"))
    recorder.finish()
    assert "more" in read_session(path).runs


def test_resuming_changes_nothing_and_a_wrong_file_leaves_the_session_as_it_was(tmp_path: Path) -> None:
    path = small(tmp_path / "s.jsonl")
    before = path.read_bytes()
    recorder = SessionRecorder(tmp_path, "test")
    assert recorder.resume(path) == ""
    assert recorder.resume(path) == ""  # its own lock is none
    (tmp_path / "other.jsonl").write_text("dear diary\n")
    for wrong in ("other.jsonl", "absent.jsonl"):
        with pytest.raises(SessionError):
            recorder.resume(tmp_path / wrong)
    assert not (tmp_path / "absent.jsonl").exists()
    assert recorder.path == path
    with pytest.raises(SessionInUse):
        SessionWriter(path, "test").hold()
    recorder.close()
    assert path.read_bytes() == before


def test_a_claimed_file_into_which_nothing_came_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    recorder = SessionRecorder(None, "test")
    recorder.claim(path)
    with pytest.raises(SessionInUse):
        SessionRecorder(None, "test").claim(path)
    recorder.finish()
    assert not path.exists()


def test_a_copy_has_all_that_could_not_be_recorded(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    recorder = SessionRecorder(None, "test", path=tmp_path / "file" / "s.jsonl")
    for event in (start(3), step(0, {0: 7}), end(steps=1), SummaryEvent("mine", 1, 1)):
        recorder.add(event)
    assert recorder.failure is not None
    recorder.copy(tmp_path / "copy.jsonl")
    session = read_session(tmp_path / "copy.jsonl")
    assert (session.title, session.runs["r1"].end) == ("mine", end(steps=1))
    with pytest.raises(FileExistsError):
        recorder.copy(tmp_path / "copy.jsonl")


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit of a file's size")
def test_a_full_disk_stops_the_recording_and_nothing_else(tmp_path: Path) -> None:
    process = python(FULL, tmp_path)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    (problem,) = out.splitlines()
    assert problem.startswith("Recording stopped, since ")
    assert problem.endswith(" cannot be written: file too large.")


def test_what_is_asked_after_the_file_was_deleted_is_not_called_recorded(tmp_path: Path) -> None:
    path = small(tmp_path / "s.jsonl")
    recorder = SessionRecorder(tmp_path, "test")
    recorder.resume(path)
    path.unlink()
    recorder.add(start(3, run=recorder.free_names(1)[0]))
    assert not recorder.recording
    assert str(recorder.failure).endswith("the file was deleted meanwhile")
    assert not path.exists()
