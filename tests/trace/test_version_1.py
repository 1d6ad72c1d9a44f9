"""Lines that version 1 wrote are read as they were meant, and written again byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from llada_tui.trace.events import EndEvent, StepEvent, decode, encode
from llada_tui.trace.session import read_session

FILE = Path(__file__).parent / "version_1" / "session.jsonl"
LINES = FILE.read_bytes().splitlines()


def without_later_settings(line: bytes) -> bytes:
    """A line without the settings that came after version 1: settings are always written in full."""
    for later in (b'"cache_params":{},', b'"recomputed":false,', b'"length":"fixed",', b'"length_params":{},'):
        line = line.replace(later, b"")
    return line


@pytest.mark.parametrize("number", range(len(LINES)))
def test_a_line_of_version_1_is_written_again_as_it_was(number: int) -> None:
    event = decode(LINES[number])
    assert event is not None
    assert without_later_settings(encode(event)) == LINES[number]


def test_a_session_of_version_1_is_folded() -> None:
    session = read_session(FILE)
    assert not session.problems
    assert [run.last for run in session.runs.values()] == [14, 11, 12, 8, 6, 7, 8, 4]
    assert session.runs["run-2"].start.parent == "run-1"
    assert session.runs["run-2"].steps[0].commits == session.runs["run-1"].steps[3].commits
    assert all(run.end is not None and run.end.reason == "finished" for run in session.runs.values())
    assert session.deleted == {"run-3"}


def test_a_step_of_version_1_has_all_that_it_told() -> None:
    steps = [event for event in map(decode, LINES) if isinstance(event, StepEvent)]
    fields = {name for step in steps for name in StepEvent.__struct_fields__ if getattr(step, name)}
    later = {"more", "recomputed", "inserted", "removed", "ends", "length_memory", "noise", "stop_entropy"}
    assert fields == set(StepEvent.__struct_fields__) - later
    assert not any(getattr(step, name) for step in steps for name in later)
    assert sum(isinstance(decode(line), EndEvent) for line in LINES) == 8
