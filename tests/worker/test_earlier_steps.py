"""The earlier steps that a branch is asked with: what is refused, recorded and counted, and that they can be left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import pytest

from llada_tui.diffusion.last_pass import LastPass
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.choice import Choice
from llada_tui.trace.events import CANCELLED, StepData, decode, encode
from llada_tui.trace.resume import EarlierStep, Resume
from llada_tui.trace.resume_from import branch_settings, resume_from
from llada_tui.trace.run import Run
from llada_tui.trace.stop_sequences import Stops
from llada_tui.worker.engine import Engine
from llada_tui.worker.protocol import Failure, Generate, Load
from llada_tui.worker.run_control import RunControl
from tests.worker.driver import ask
from tests.worker.fakes import FakeBackend
from tests.worker.test_branching_property import branch_of, decisions, desk, name, run_of

SETTINGS = SamplerSettings(gen_length=12, block_length=6, steps=12, temperature=0.7, seed=1, remasking="saber")


def answer(run: Run, frame: int, resume: Resume, settings: SamplerSettings | None = None) -> list[Any]:
    """What is sent for a branch."""
    desk().sent.clear()
    prompt = Prompt(ids=run.start.prompt_ids)
    command = Generate(name(), settings or branch_settings(run, frame), prompt, resume, parent=run.id)
    desk().engine.generate(command, RunControl())
    return desk().sent


def test_the_passes_that_are_made_again_are_counted() -> None:
    run = run_of(SETTINGS, [5, 9])
    branch = branch_of(run, 3)
    assert branch.end is not None
    assert branch.end.forward_passes == branch.last + 3
    assert branch.end.steps == branch.last == run.last - 3


def test_a_branch_records_them_where_something_looks_back_and_a_file_keeps_them() -> None:
    run = run_of(SETTINGS, [5, 9])
    branch = branch_of(run, 3)
    earlier = branch.start.resume.earlier
    assert earlier is not None
    assert [step.settings for step in earlier.steps] == [SETTINGS, None, None]
    assert decode(encode(branch.start)) == branch.start
    plain = branch_of(run_of(SETTINGS.replace(remasking="low_confidence"), [5, 9]), 3)
    assert plain.start.resume.earlier is None
    assert resume_from(plain, 2).earlier is not None, "the worker knows what looks back, the trace does not"


def test_tokens_changed_by_hand_begin_anew_and_a_branch_of_that_goes_on_with_it() -> None:
    run = run_of(SETTINGS, [5, 9])
    branch = branch_of(run, 3, {11: 7})
    assert branch.start.resume.earlier is None
    again = branch_of(branch, 2)
    assert again.start.resume.earlier is not None
    assert len(again.start.resume.earlier.steps) == 2
    assert decisions(again) == decisions(branch, 2)


def changed(resume: Resume, **changes: Any) -> Resume:
    assert resume.earlier is not None
    return msgspec.structs.replace(resume, earlier=msgspec.structs.replace(resume.earlier, **changes))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("step", "not those of this canvas"),
        ("canvas", "not those of this canvas"),
        ("count", "not those of this canvas"),
        ("place", "outside the canvas"),
        ("remasked", "outside the canvas"),
        ("other", "do not lead to the canvas"),
        ("token", "a token id that this model does not have"),
        ("strategy", "no remasking strategy named nothing"),
    ],
)
def test_steps_that_do_not_lead_to_the_canvas_are_refused(kind: str, words: str) -> None:
    run = run_of(SETTINGS, [5, 9])
    resume = resume_from(run, 3)
    assert resume.earlier is not None
    start, steps = resume.earlier.start, resume.earlier.steps
    replace = msgspec.structs.replace
    overwritten = Choice(steps[-1].commits[0].position, 10**6, 0.5)
    cases = {
        "step": changed(resume, start=replace(start, step=1)),
        "canvas": changed(resume, start=replace(start, canvas=[1])),
        "place": changed(resume, steps=[EarlierStep([Choice(12, 5, 0.5)]), *steps[1:]]),
        "remasked": changed(resume, steps=[replace(steps[0], remasked=[-1]), *steps[1:]]),
        "token": changed(resume, steps=[replace(steps[0], edits=[overwritten]), *steps[1:]]),
        "count": changed(resume, steps=steps[1:]),
        "other": changed(resume, steps=[*steps[:-1], EarlierStep()]),
        "strategy": changed(resume, steps=[replace(steps[0], settings=SETTINGS.replace(remasking="nothing"))] * 3),
    }
    sent = answer(run, 3, cases[kind])
    assert [type(item) for item in sent] == [Failure]
    assert words in sent[0].message


class AgainBackend(FakeBackend):
    """Makes a hundred passes again first; the run is cancelled in the third."""

    def __init__(self, control: RunControl) -> None:
        super().__init__()
        self.control, self.passes = control, 0

    def steps(
        self,
        prompt: list[int],
        resume: Resume,
        settings: Callable[[], SamplerSettings],
        stop: Stops = (),
        suffix: Sequence[int] = (),
        last_pass: LastPass | None = None,
    ) -> Iterator[StepData | None]:
        for self.passes in range(1, 101):
            if self.passes == 3:
                self.control.cancel()
            yield None
        yield from super().steps(prompt, resume, settings, stop, suffix, last_pass)


def test_a_run_can_be_cancelled_before_its_first_step() -> None:
    control, sent = RunControl(), []
    backend = AgainBackend(control)
    engine = Engine(lambda command, progress: backend, sent.append)
    engine.load(Load("fake"))
    engine.generate(ask("a"), control)
    assert (sent[-1].reason, sent[-1].steps, sent[-1].forward_passes) == (CANCELLED, 0, 3)
    assert backend.passes == 3
