"""Runs at work: the sampler's steps as events, and the canvases as far as they are."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator, Sequence

import msgspec

from llada_tui.diffusion import strategies
from llada_tui.diffusion.last_pass import LastPass
from llada_tui.trace.events import EndEvent, InterveneEvent, RunEvent, StepData, StepEvent
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from llada_tui.worker.backend import Backend
from llada_tui.worker.batch_parts import SideBySide


class RunInProgress:
    """A run in the worker, which begins with ``start``. ``token_bytes`` is what was sent of tokens; ``last_pass`` keeps
    the run's last pass, of which there is none for lanes that are batched or apart."""

    def __init__(
        self, backend: Backend, start: RunEvent, token_bytes: TokenBytes, last_pass: LastPass | None = None
    ) -> None:
        self.backend = backend
        self.settings = start.settings
        """Those of the next step."""
        self._run = Run(start, token_bytes)
        self._more = False
        strategy = strategies.get(start.settings.remasking, start.settings.remasking_params)
        self._keeps = not (strategy.edits or strategy.revisits or strategy.remasks)
        self.has_ended = False
        """Whether its end was made."""
        self.last_pass = last_pass
        self.passes_again = 0
        """Passes of earlier steps that were made again before its first."""

    @property
    def start(self) -> RunEvent:
        """The event of its beginning."""
        return self._run.start

    @property
    def next_step(self) -> int:
        """The number of the step that is made next."""
        return self._run.start.step + self._run.last

    @property
    def unfinished(self) -> bool:
        """Whether a step is to follow: else the sampler has to be asked whether that was all."""
        return self._run.masks_left(self._run.last) > 0 or self._more

    @property
    def is_complete(self) -> bool:
        """Whether its canvas will not change, whatever the other rows of its batch still do."""
        return self._keeps and not self.unfinished

    def token_ids(self) -> set[int]:
        """Every token id of its beginning, with what was set by hand."""
        return {*self.start.token_ids(), *self._run.ids(self._run.last)}

    def change(self, event: InterveneEvent) -> None:
        """Tokens are set by hand before the next step."""
        self._run.add(event)

    def add(self, data: StepData, seconds: float) -> StepEvent:
        """The event of a step that was made in ``seconds``."""
        event = StepEvent.of(data, run=self._run.id, index=self.next_step, seconds=seconds)
        # What changes the canvas is enough to fold it: predictions would only fill the worker's memory.
        self._run.add(msgspec.structs.replace(event, predictions=[], alternatives=[], ahead=[], noise=[]))
        self._more = data.more
        return event

    def end(self, reason: str, message: str) -> EndEvent:
        """The event of the run's end, with the tokenizer's text of the canvas; where it cannot tell, with that of the
        bytes."""
        self.has_ended = True
        text: str | None = None
        with contextlib.suppress(Exception):  # Its process may have ended, and the end of the run must be told even so.
            tokens, suffix = self._run.canvas(self._run.last), self._run.start.suffix
            end = self._run.text_end(tokens)
            text = self.backend.decode([token for token in tokens[: end.at] if token is not None], end.head)
            text += self.backend.decode(suffix) if suffix else ""
        event = self._run.end_event(reason, message, self.backend.peak(), text=text)
        return msgspec.structs.replace(event, forward_passes=event.forward_passes + self.passes_again)


class RunBatch:
    """Runs that go through the model together, one or several. ``passes`` gives what each forward pass did to each of
    them; None for a run that had no step to make."""

    def __init__(
        self,
        runs: Sequence[RunInProgress],
        passes: Iterator[Sequence[StepData | None]],
        *,
        can_retune: bool = False,
        cancelled_rows: set[int] | None = None,
    ) -> None:
        """``cancelled_rows``: the numbers of runs that were cancelled by themselves, as whoever makes ``passes`` reads
        them before each."""
        self.runs = runs
        self.cancelled_rows = set[int]() if cancelled_rows is None else cancelled_rows
        self.can_retune = can_retune
        """Whether the settings may change between two steps: only those of a run by itself do."""
        self._passes = passes

    @property
    def unfinished(self) -> bool:
        """Whether a step is to follow in any of them."""
        return any(run.unfinished and not run.has_ended for run in self.runs)

    @property
    def has_ended(self) -> bool:
        """Whether the end of each of them was made."""
        return all(run.has_ended for run in self.runs)

    def step(self) -> list[StepEvent] | None:
        """Make the next pass; None when all runs are finished. There is no event for a pass of an earlier step that is
        made again, nor of a run that was cancelled while its pass was at work.

        A step's seconds are its share of the time that all runs at work took together.
        """
        began = time.perf_counter()
        rows = next(self._passes, None)
        if rows is None:
            return None
        parts = self._passes
        taken = parts.seconds if isinstance(parts, SideBySide) else time.perf_counter() - began
        seconds = taken / max(1, sum(row is not None for row in rows))
        if self.can_retune and rows[0] is None:
            self.runs[0].passes_again += 1
        at_work = [(run, row) for run, row in zip(self.runs, rows, strict=True) if not run.has_ended]
        return [run.add(row, seconds) for run, row in at_work if row is not None]

    def close(self) -> None:
        """Let go of what the sampler holds, and wait for passes at work."""
        if isinstance(self._passes, Generator | SideBySide):
            self._passes.close()
        self._passes = iter(())
