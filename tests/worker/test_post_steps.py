"""A full block that is read over is work like any other: it can be held and cancelled between two steps."""

from __future__ import annotations

from typing import Any

from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import CANCELLED, FINISHED, EndEvent, Event, RunEvent, StepEvent
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from llada_tui.worker.engine import Engine
from llada_tui.worker.protocol import Advance, Generate, Held, Hold, Load
from llada_tui.worker.run_control import RunControl
from llada_tui.worker.torch_backend import TorchBackend
from tests.benchmarks.golden import ROOT, golden

POST_STEPS = 5
RESTLESS = SamplerSettings(
    steps=8, gen_length=8, block_length=8, remasking="editing",
    remasking_params={"threshold": 0.0, "edit_threshold": 0.0, "post_steps": POST_STEPS},
)  # fmt: skip
"""Fills the canvas in its first step. A model with random weights then finds something to edit in every further one."""


class Screen:
    """Follows a run; ``full`` is called after each step that left no mask."""

    def __init__(self) -> None:
        self.control = RunControl()
        self.items: list[Any] = []
        self.run: Run | None = None
        self.engine = Engine(lambda *_: TorchBackend(golden(ROOT / "llada2-tiny")[0]), self.take)
        self.engine.load(Load("golden"))

    def take(self, item: Any) -> None:
        self.items.append(item)
        if isinstance(item, RunEvent):
            self.run = Run(item, TokenBytes())
        elif self.run is not None and isinstance(item, StepEvent | EndEvent):
            self.run.add(item)
            if isinstance(item, StepEvent) and self.run.masks_left(self.run.last) == 0:
                self.full()
        self.hear(item)

    def full(self) -> None: ...

    def hear(self, item: Event | Any) -> None: ...

    def generate(self) -> Run:
        self.engine.generate(Generate("r", RESTLESS, Prompt(ids=[5, 6, 7, 8, 9, 10, 11, 12])), self.control)
        assert self.run is not None
        return self.run


def test_left_alone_it_edits_to_its_end() -> None:
    run = Screen().generate()
    assert run.end is not None
    assert run.end.reason == FINISHED
    assert [bool(step.edits) for step in run.steps] == [False] + [True] * POST_STEPS


def test_it_can_be_cancelled() -> None:
    class Impatient(Screen):
        def full(self) -> None:
            self.control.cancel()

    run = Impatient().generate()
    assert run.end is not None
    assert run.end.reason == CANCELLED
    assert run.last == 1


def test_it_can_be_held_and_goes_on_a_step_at_a_time_and_the_end_is_not_waited_for() -> None:
    class Careful(Screen):
        def full(self) -> None:
            if self.run is not None and self.run.last == 1:
                self.control.take(Hold("r"))
            elif self.run is not None and self.run.last <= POST_STEPS:
                self.control.take(Advance("r"))

        def hear(self, item: Any) -> None:
            if isinstance(item, Held):
                self.control.take(Advance("r"))

    screen = Careful()
    run = screen.generate()
    assert [item.held for item in screen.items if isinstance(item, Held)] == [True]
    assert run.end is not None
    assert run.end.reason == FINISHED
    assert run.last == 1 + POST_STEPS
