"""A run whose recording stops in its middle is over, and says so."""

from __future__ import annotations

from pathlib import Path

from llada_tui.trace.events import INTERRUPTED, EndEvent, encode
from llada_tui.trace.run import Run
from llada_tui.trace.session import read_session
from llada_tui.trace.text import TokenBytes
from tests.trace.support import start, step
from tests.trace.test_session import write


def test_a_run_without_an_end_was_interrupted(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", start(), step(0, {0: 7}))
    run = read_session(path).last_run()
    assert run is not None
    assert run.end is not None
    assert run.end.reason == INTERRUPTED
    assert run.end.steps == run.last == 1
    assert run.end.text == run.answer()
    assert encode(run.end) not in path.read_bytes(), "it is said by the reader, not written"


def test_an_end_that_was_recorded_stays() -> None:
    run = Run(start(), TokenBytes())
    end = EndEvent(run.id, "cancelled", "", 0, 0, 0.0, 0.0)
    run.add(end)
    run.interrupt()
    assert run.end is end
