"""Going on from a step in the worker: unchanged, with tokens set by hand, from a template; and a text's tokens."""

from __future__ import annotations

from typing import Any

import pytest

from llada_tui.settings.prompt import Message, Prompt
from llada_tui.trace.cell import State
from llada_tui.trace.events import FINISHED, EndEvent, InterveneEvent, PiecesEvent, RunEvent, StepEvent
from llada_tui.trace.resume_from import branch_settings, resume_from
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.worker.engine import Engine
from llada_tui.worker.open_runs import OpenRuns
from llada_tui.worker.protocol import Encode, Encoded, Failure, Generate, Load
from llada_tui.worker.run_control import RunControl

from .driver import RawWorker, ask, short
from .fakes import MASK, FakeBackend


class Desk:
    """An engine whose events are folded."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.engine = Engine(lambda command, progress: FakeBackend(), self.sent.append)
        self.engine.load(Load("fake"))

    def generate(self, command: Generate) -> Run:
        session = Session()
        self.sent.clear()
        self.engine.generate(command, RunControl())
        for item in self.sent:
            assert not isinstance(item, Failure), item.message
            session.add(item)
        return session.runs[command.run]

    def branch(self, run: Run, frame: int, name: str = "b", **changes: Any) -> Run:
        resume = resume_from(run, frame, **changes)
        prompt = Prompt(ids=run.start.prompt_ids, text=run.start.text)
        return self.generate(Generate(name, branch_settings(run, frame), prompt, resume, parent=run.id))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def decisions(run: Run, frame: int = 0) -> list[Any]:
    return [(step.index, step.block, step.block_step, step.commits) for step in run.steps[frame:]]


def test_what_is_set_by_hand_is_told_and_stays(desk: Desk) -> None:
    run = desk.generate(ask("a"))
    branch = desk.branch(run, 4, changes={11: 120, 0: MASK})
    assert [type(item) for item in desk.sent[:2]] == [RunEvent, InterveneEvent]
    assert desk.sent[0].canvas == run.ids(4), "what was before the change is told too"
    assert branch.start.parent == "a"
    assert branch.start.step == 4
    assert branch.cell(11, 0).state is State.PINNED
    assert branch.cell(0, 0).token is None
    assert branch.canvas(branch.last)[11] == 120
    assert None not in branch.canvas(branch.last)
    assert branch.end is not None
    assert branch.end.text.endswith("x")


def test_a_branch_of_a_branch_keeps_what_was_pinned(desk: Desk) -> None:
    run = desk.generate(ask("a"))
    branch = desk.branch(run, 2, changes={11: 120})
    again = desk.branch(branch, 3, "c", changes={10: 121})
    assert again.start.step == 5
    assert [again.cell(at, 0).state for at in (10, 11)] == [State.PINNED] * 2
    assert again.canvas(again.last)[10:] == [121, 120]


def test_a_finished_run_goes_on_where_something_is_masked_again(desk: Desk) -> None:
    run = desk.generate(ask("a"))
    branch = desk.branch(run, run.last, changes={3: MASK, 7: MASK})
    assert [choice.position for step in branch.steps for choice in step.commits] == [3, 7]
    assert [(step.block, step.block_step) for step in branch.steps] == [(0, 0), (1, 0)]


def test_other_steps_go_on_in_proportion(desk: Desk) -> None:
    run = desk.generate(ask("a"))
    resume = resume_from(run, 3, run.start.settings.replace(steps=24))
    assert (resume.block, resume.block_step) == (0, 6)
    other = run.start.settings.replace(block_length=3, gen_length=36)
    assert resume_from(run, 9, other).block == run.ids(9).index(MASK) // 3
    assert branch_settings(run, 9, other).gen_length == 12


def test_a_template_is_the_canvas(desk: Desk) -> None:
    run = desk.generate(ask("a", template="The cap {mask:3}of{mask:2}.", settings=short(steps=2)))
    assert run.text(0, cut=False).startswith("The cap")
    assert run.start.canvas == [*b"The cap", *[MASK] * 3, *b"of", *[MASK] * 2, *b"."]
    assert run.start.settings.gen_length == 15
    assert run.start.settings.steps == 3
    assert run.cell(0, run.last).state is State.GIVEN
    assert run.end is not None
    assert run.end.text == "The capaaaofaa."


def test_ids_count_and_what_they_were_made_from_is_told(desk: Desk) -> None:
    run = desk.generate(ask("a", text=None, ids=[1, 2], messages=[Message("user", "hello")]))
    assert (run.start.prompt_ids, run.question) == ([1, 2], "hello")


def test_a_text_is_encoded_while_a_run_is_held() -> None:
    with RawWorker() as worker:
        worker.send(Load("fake"), ask("a", hold=True), Encode("é{mask:2} b"))
        assert worker.until(Encoded).tokens == [0xC3, 0xA9, MASK, MASK, 32, 98]
        pieces = [item for item in worker.items if isinstance(item, PiecesEvent)]
        assert any(0xC3 in event.pieces for event in pieces)
        assert not worker.steps("a")
        worker.send(Encode("{mask:40000}"))
        assert worker.until(Failure).command == "encode"


def test_the_end_that_the_worker_owes_has_what_was_set_by_hand() -> None:
    sent: list[Any] = []
    engine = Engine(lambda command, progress: FakeBackend(), sent.append)
    engine.load(Load("fake"))
    engine.generate(ask("a", changes=[(0, 122)]), RunControl())
    open_runs = OpenRuns()
    for item in sent:
        if not isinstance(item, EndEvent) and not (isinstance(item, StepEvent) and item.index > 1):
            open_runs.note(item)
    end = open_runs.break_off("failed", "gone")[0]
    assert isinstance(end, EndEvent)
    assert end.text.startswith("z")
    assert len(end.text) == 3
    assert end.tokens_per_second == pytest.approx(2 / end.seconds)


def test_the_end_that_is_told_is_the_one_that_the_run_itself_makes(desk: Desk) -> None:
    begun = desk.generate(ask("a", changes=[(0, 122)]))
    run = Run(begun.start, begun.token_bytes)
    for event in (*begun.interventions, *begun.steps):
        run.add(event)
    assert begun.end is not None
    assert begun.end == run.end_event(FINISHED, peak_memory=2000)
    assert begun.end.steps == 11
    assert begun.end.seconds == pytest.approx(sum(step.seconds for step in begun.steps))
    assert begun.end.tokens_per_second == pytest.approx(11 / begun.end.seconds)
