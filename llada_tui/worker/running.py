"""A run at work: the canvas as far as it is, the clock, and its steps as events."""

from __future__ import annotations

import time

from llada_tui.trace.events import StepData, StepEvent
from llada_tui.worker.backend import Backend
from llada_tui.worker.run_plan import Plan


class Progressing:
    """A run in the worker. Raises `SettingsError` for settings that the sampler does not take."""

    def __init__(self, backend: Backend, plan: Plan) -> None:
        self.backend = backend
        self.plan = plan
        self.settings = plan.settings
        self.index = plan.resume.step
        self.made = 0
        self.seconds = 0.0
        """Time spent on steps, telling them included; the engine keeps it, and leaves out what was held."""
        self._mask = backend.info.mask_id
        self._canvas = list(plan.resume.canvas or ())
        self.masks = self._canvas.count(self._mask)
        self._at_first = self.masks
        self._more = False
        backend.reset_peak()
        self._steps = backend.steps(plan.prompt, plan.resume, lambda: self.settings)

    @property
    def unfinished(self) -> bool:
        """Whether a step is to follow: else the sampler has to be asked whether that was all."""
        return self.masks > 0 or self._more

    @property
    def filled(self) -> int:
        """How many masks have become tokens so far."""
        return self._at_first - self.masks

    def step(self, run: str) -> StepEvent | None:
        """Make the next step; None when the run is finished."""
        began = time.perf_counter()
        made = next(self._steps, None)
        if made is None:
            return None
        self._fold(made)
        seconds = time.perf_counter() - began
        event = StepEvent.of(made, run=run, index=self.index, seconds=seconds)
        self.index += 1
        self.made += 1
        return event

    def text(self) -> str:
        """What is written so far: masks left out, cut at the first end of text."""
        try:
            return self.backend.decode(self._canvas)
        except Exception:  # The end must be told even so, and the ids were.
            return ""

    def close(self) -> None:
        """Let go of what the sampler holds."""
        self._steps = iter(())

    def _fold(self, made: StepData) -> None:
        for choice in (*made.commits, *made.edits):
            self._canvas[choice.position] = choice.token
        for position in made.remasked:
            self._canvas[position] = self._mask
        self.masks = self._canvas.count(self._mask)
        self._more = made.more
