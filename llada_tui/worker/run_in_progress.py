"""A run at work: the sampler's steps as events, and the canvas as far as it is."""

from __future__ import annotations

import time

import msgspec

from llada_tui.trace.events import EndEvent, InterveneEvent, RunEvent, StepEvent
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from llada_tui.worker.backend import Backend
from llada_tui.worker.run_plan import RunPlan


class RunInProgress:
    """A run in the worker, which begins with ``start``. Raises `SettingsError` for settings that the sampler does not
    take."""

    def __init__(self, backend: Backend, plan: RunPlan, start: RunEvent) -> None:
        self.backend = backend
        self.settings = plan.settings
        self._run = Run(start, TokenBytes())
        self._more = False
        backend.reset_peak()
        self._steps = backend.steps(plan.prompt, plan.resume, lambda: self.settings)

    @property
    def start(self) -> RunEvent:
        """How it began."""
        return self._run.start

    @property
    def next_step(self) -> int:
        """The number of the step that is made next."""
        return self._run.start.step + self._run.last

    @property
    def unfinished(self) -> bool:
        """Whether a step is to follow: else the sampler has to be asked whether that was all."""
        return self._run.masks_left(self._run.last) > 0 or self._more

    def change(self, event: InterveneEvent) -> None:
        """Tokens are set by hand before the next step."""
        self._run.add(event)

    def step(self) -> StepEvent | None:
        """Make the next step; None when the run is finished."""
        began = time.perf_counter()
        data = next(self._steps, None)
        if data is None:
            return None
        event = StepEvent.of(data, run=self._run.id, index=self.next_step, seconds=time.perf_counter() - began)
        # What changes the canvas is enough to fold it: predictions would only fill the worker's memory.
        self._run.add(msgspec.structs.replace(event, predictions=[], alternatives=[], ahead=[]))
        self._more = data.more
        return event

    def close(self) -> None:
        """Let go of what the sampler holds."""
        self._steps = iter(())

    def end(self, reason: str, message: str) -> EndEvent:
        """How the run ended."""
        return self._run.end_event(reason, message, self.backend.peak(), text=text_of(self.backend, self._run))


def text_of(backend: Backend, run: Run) -> str:
    """A run's answer; empty where the tokenizer fails: the end must be told even so, and the ids were."""
    try:
        return backend.decode(run.ids(run.last))
    except Exception:
        return ""
