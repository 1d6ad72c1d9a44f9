"""What the worker cannot do is refused with a sentence, and ends nothing else."""

from __future__ import annotations

import pytest

from llada_tui.trace.events import FAILED, EndEvent, Message, RunEvent
from llada_tui.worker.command_queue import MAX_WAITING
from llada_tui.worker.protocol import Cancel, Failure, Generate, Held, Hold, Load, Loaded, Progress

from .driver import RawWorker, ask, short, still_answers
from .fakes import MASK


def test_generating_needs_a_model(worker: RawWorker) -> None:
    worker.send(ask("a"))
    failure = worker.until(Failure)
    assert (failure.code, failure.run, failure.details) == ("request", "a", "")
    still_answers(worker)


REFUSED: list[tuple[Generate, str | None]] = [
    (ask(settings=short(remasking="nonsense")), "remasking"),
    (ask(settings=short(remasking_params={"x": 1.0})), "remasking_params"),
    (ask(text="x" * 4090), "gen_length"),
    (ask(text=None, ids=[300]), None),
    (ask(text=None, ids=[-1]), None),
    (ask(text=None, ids=[10**30]), None),
    (ask(messages=[Message("user", "x")]), None),
    (ask(changes=[(12, 97)]), None),
    (ask(changes=[(0, 300)]), None),
    (ask(template="{mask:99999}"), None),
    (ask(template=""), None),
    (ask(canvas=[MASK] * 5), "gen_length"),
    (ask(canvas=[]), None),
    (ask(canvas=[MASK] * 12, initial_canvas=[MASK]), None),
    (ask(step=-1), None),
]


@pytest.mark.parametrize(("command", "field"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_generated_is_refused_with_a_sentence(
    tough: RawWorker, command: Generate, field: str | None
) -> None:
    tough.send(Load("fake"), command)
    failure = tough.until(Failure)
    assert (failure.code, failure.run, failure.field, failure.details) == ("request", "a", field, "")
    assert failure.message.endswith(".")
    still_answers(tough)


def test_settings_that_cannot_be_are_the_requests_fault(tough: RawWorker) -> None:
    tough.send(b'{"command":"generate","run":"a","text":"x","settings":{"steps":0}}\n')
    failure = tough.until(Failure)
    assert (failure.code, failure.run, failure.field) == ("request", "a", "steps")
    assert failure.message == "steps must be a whole number from 1 to 32768, not 0."


def test_a_run_needs_a_name_of_its_own(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a", hold=True), ask("a"), ask(""), ask("x" * 300), Hold("b"))
    assert [worker.until(Failure).code for _ in range(4)] == ["request", "protocol", "protocol", "request"]


def test_waiting_commands_are_bounded(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a", hold=True))
    worker.until(Held)
    worker.send(*[ask(f"b{number}", 1) for number in range(MAX_WAITING + 3)])
    for _ in range(3):
        assert "Too many" in worker.until(Failure).message
    worker.send(Cancel("a"))
    worker.until(EndEvent, run=f"b{MAX_WAITING - 1}")


@pytest.mark.parametrize(
    ("source", "code"), [("missing", "model"), ("broken", "internal"), ("too big", "memory"), ("unfit", "fit")]
)
def test_a_failed_load_keeps_the_earlier_model(worker: RawWorker, source: str, code: str) -> None:
    worker.send(Load("fake"))
    worker.until(Loaded)
    worker.send(Load(source), ask("a", 2))
    failure = worker.until(Failure)
    assert (failure.code, failure.command) == (code, "load")
    assert "Traceback" not in failure.message
    assert worker.until(RunEvent).model.id == "fake"
    again = [item.again for item in worker.items if isinstance(item, Loaded)]
    assert again == ([False, True] if source in ("too big", "unfit") else [False])


def test_a_later_load_ends_one_that_takes_long(worker: RawWorker) -> None:
    worker.send(Load("endless"))
    worker.until(Progress, stage="download")
    worker.send(Load("fake"))
    assert worker.until(Failure).code == "request"
    assert worker.until(Loaded).model.id == "fake"


def test_running_out_of_memory_ends_the_run_alone(worker: RawWorker) -> None:
    worker.send(Load("oom"), ask("a"))
    end = worker.until(EndEvent)
    assert (end.reason, end.steps, end.text) == (FAILED, 2, "aa")
    assert "4-bit" in end.message
    assert "shorter canvas" in end.message
    still_answers(worker)


def test_a_defect_ends_the_run_alone_and_its_trace_stays_in_the_details(worker: RawWorker) -> None:
    worker.send(Load("defect"), ask("a"))
    failure = worker.until(Failure)
    assert (failure.code, failure.run) == ("internal", "a")
    assert "Traceback" in failure.details
    assert "Traceback" not in failure.message
    end = worker.until(EndEvent)
    assert (end.reason, end.steps, end.message) == (FAILED, 2, "The worker failed unexpectedly: ValueError: made up")
    still_answers(worker)
