"""A run at work: the canvas as far as it is, the clock, and its steps as events."""

from __future__ import annotations

import time

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import DIGITS, Alternatives, Choice, StepEvent
from llada_tui.worker.backend import Backend, Made, Task


class Progressing:
    """A run in the worker. Raises `SettingsError` for settings that the sampler does not take."""

    def __init__(self, backend: Backend, task: Task, settings: SamplerSettings) -> None:
        self.backend = backend
        self.task = task
        self.settings = settings
        self.index = task.step
        self.made = 0
        self.seconds = 0.0
        """Time spent on steps, telling them included; the engine keeps it, and leaves out what was held."""
        self._mask = backend.info.mask_id
        self._canvas = list(task.canvas)
        self.masks = self._canvas.count(self._mask)
        self._at_first = self.masks
        self._more = False
        backend.reset_peak()
        self._steps = backend.steps(task, lambda: self.settings)

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
        event = step_event(run, self.index, seconds, made)
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

    def _fold(self, made: Made) -> None:
        for choice in (*made.commits, *made.edits):
            self._canvas[choice.position] = choice.token
        for position in made.remasked:
            self._canvas[position] = self._mask
        self.masks = self._canvas.count(self._mask)
        self._more = made.more


def step_event(run: str, index: int, seconds: float, made: Made) -> StepEvent:
    """A step as it is told and recorded."""
    return StepEvent(
        run,
        index,
        made.block,
        made.block_step,
        round(seconds, 6),
        _rounded(made.commits),
        _rounded(made.predictions),
        made.remasked,
        _rounded(made.edits),
        [Alternatives(a.position, a.tokens, [round(p, DIGITS) for p in a.confidences]) for a in made.alternatives],
        None if made.entropy is None else round(made.entropy, DIGITS),
        _rounded(made.ahead),
    )


def named(step: StepEvent) -> set[int]:
    """Every token id in a step's event."""
    made = (step.commits, step.predictions, step.edits, step.ahead)
    ids = {choice.token for choices in made for choice in choices}
    for alternatives in step.alternatives:
        ids.update(alternatives.tokens)
    return ids


def _rounded(choices: list[Choice]) -> list[Choice]:
    return [Choice(choice.position, choice.token, round(choice.confidence, DIGITS)) for choice in choices]
