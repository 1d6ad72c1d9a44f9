"""The worker's process, with a made-up model: what it answers, in order."""

from __future__ import annotations

from math import exp

import pytest

from llada_tui.settings.prompt import Prompt
from llada_tui.trace.events import FINISHED, EndEvent, Message, PiecesEvent, RunEvent, StepEvent
from llada_tui.worker import protocol
from llada_tui.worker.protocol import (
    Count,
    Counted,
    Failure,
    Generate,
    Influence,
    Influences,
    Lean,
    Load,
    Loaded,
    Progress,
    Score,
    Scored,
)

from .driver import RawWorker, ask, short
from .fakes import EOS, MASK


def test_hello_names_protocol_version_and_strategies() -> None:
    worker = RawWorker()
    with worker:
        pass
    hello = worker.items[0]
    assert hello.protocol == protocol.PROTOCOL
    assert hello.pid == worker.process.pid
    assert hello.strategies[0].name == "low_confidence"


def test_a_load_tells_its_progress(worker: RawWorker) -> None:
    worker.send(Load("fake"))
    loaded = worker.until(Loaded)
    stages = [item.stage for item in worker.items if isinstance(item, Progress)]
    assert stages[0] == "import"
    assert stages[-1] == "load"
    assert loaded.memory == 1000


def test_a_run_is_its_events_in_order_and_pieces_come_before_their_use(worker: RawWorker) -> None:
    worker.send(Load("fake"), Generate("a", short(), Prompt(messages=[Message("user", "hé")])))
    end = worker.until(EndEvent, run="a")
    events = worker.items[worker.items.index(next(i for i in worker.items if isinstance(i, RunEvent))) :]
    run = events[0]
    assert run.prompt_ids == list("hé".encode())
    assert run.canvas == [MASK] * 12
    assert run.messages == [Message("user", "hé")]
    sent: dict[int, bytes] = {}
    for event in events[1:]:
        if isinstance(event, PiecesEvent):
            assert not sent.keys() & event.pieces.keys(), "sent before"
            sent |= event.pieces
        elif isinstance(event, StepEvent):
            assert {choice.token for choice in (*event.commits, *event.predictions)} <= sent.keys()
            assert all(len(str(choice.confidence)) <= 7 for choice in event.predictions)
    assert [step.index for step in worker.steps("a")] == list(range(12))
    assert (end.reason, end.text, end.steps, end.forward_passes, end.peak_memory) == (FINISHED, "a" * 12, 12, 12, 2000)
    assert end.tokens_per_second == pytest.approx(12 / end.seconds)


def test_two_runs_back_to_back_are_equal_and_pieces_are_sent_once(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a"), ask("b"))
    worker.until(EndEvent, run="b")
    strip = [[(s.commits, s.predictions) for s in worker.steps(run)] for run in "ab"]
    assert strip[0] == strip[1]
    after = worker.items[[isinstance(i, EndEvent) for i in worker.items].index(True) :]
    assert not any(isinstance(item, PiecesEvent) for item in after)


def test_pieces_are_sent_again_for_another_model(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a", 2), Load("other"), ask("b", 2))
    worker.until(EndEvent, run="b")
    pieces = [item.pieces for item in worker.items if isinstance(item, PiecesEvent)]
    assert [MASK in event_pieces for event_pieces in pieces].count(True) == 2


def test_continuing_from_any_step_gives_the_identical_tail(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a"))
    worker.until(EndEvent, run="a")
    whole = worker.steps("a")
    canvas = [MASK] * 12
    for cut, step in enumerate(whole):
        name = f"from {cut}"
        worker.send(
            ask(name, canvas=list(canvas), initial_canvas=[MASK] * 12, step=cut, block_step=step.block_step, parent="a")
        )
        worker.until(EndEvent, run=name)
        tail = [(s.index, s.block, s.block_step, s.commits, s.predictions) for s in worker.steps(name)]
        assert tail == [(s.index, s.block, s.block_step, s.commits, s.predictions) for s in whole[cut:]]
        for choice in step.commits:
            canvas[choice.position] = choice.token
    begun = [item for item in worker.items if isinstance(item, RunEvent)][-1]
    assert (begun.parent, begun.step, begun.resume.initial_canvas) == ("a", 11, [MASK] * 12)


def test_counting_waits_for_no_run(worker: RawWorker) -> None:
    worker.send(Load("fake"), Count(Prompt(text="four")))
    assert worker.until(Counted).tokens == 4
    worker.send(ask("a", hold=True), Count(Prompt(text="seven!!")), Count(Prompt(messages=[Message("user", "ab")])))
    assert worker.until(Counted).tokens == 7
    assert worker.until(Counted).tokens == 2
    worker.send(Count())
    assert worker.until(Failure).command == "count"


def test_an_answer_is_scored_while_a_run_is_held(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a", hold=True), Score("four", Prompt(text="hi"), samples=8))
    assert worker.until(Scored) == Scored("four", 0, -4.0, 1 / 8)
    assert worker.steps("a") == []
    for wrong in (Score("x", Prompt(text="hi"), samples=1), Score("x", Prompt(text="hi"), seed=-1), Score("x")):
        worker.send(wrong)
        failure = worker.until(Failure)
        assert (failure.code, failure.command, failure.details) == ("request", "score", "")


def test_what_a_prediction_leans_on_is_told_while_a_run_is_held(worker: RawWorker) -> None:
    """The made-up model's tokens lean on those that are the same, and those above them speak against."""
    prompt, canvas = list(b"xab"), [MASK, *b"bc", MASK, EOS]
    worker.send(Load("fake"), ask("a", hold=True), Influence(1, prompt, canvas, 3, ord("b")))
    influences = worker.until(Influences)
    assert (influences.asked, influences.position, influences.token, influences.chance) == (
        1,
        3,
        ord("b"),
        pytest.approx(exp(-1)),
    )
    assert influences.leans == [
        Lean(-3, ord("x"), -0.5), Lean(-2, ord("a"), 0), Lean(-1, ord("b"), 1), Lean(1, ord("b"), 1),
        Lean(2, ord("c"), -0.5),
    ]  # fmt: skip
    worker.send(Influence(2, prompt, canvas, 0, ord("b"), nearest=2))
    assert [lean.position for lean in worker.until(Influences, asked=2).leans] == [-1, 1]
    assert worker.steps("a") == []


@pytest.mark.parametrize(
    "wrong",
    [
        Influence(1, [97], [MASK], 1, 98),
        Influence(1, [97], [MASK], -1, 98),
        Influence(1, [97], [MASK], 0, 300),
        Influence(1, [-1], [MASK], 0, 98),
        Influence(1, [97], [MASK], 0, 98, nearest=0),
        Influence(1, [97], [MASK], 0, 98, nearest=257),
        Influence(1, [EOS], [MASK, MASK], 0, 98),
    ],
)
def test_what_cannot_lean_on_anything_is_refused(worker: RawWorker, wrong: Influence) -> None:
    worker.send(Load("fake"), wrong)
    failure = worker.until(Failure)
    assert (failure.code, failure.command, failure.details) == ("request", "influence", "")
