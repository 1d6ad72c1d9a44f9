"""The tokens that are known at undecided positions of a frame: predictions, those beyond the block, and noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import NamedTuple

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.cell import Cell, State
from llada_tui.trace.choice import Choice
from llada_tui.trace.events import RunEvent, StepEvent

_KEPT = 4
"""Frames whose guesses are kept."""


class Guesses(NamedTuple):
    """The tokens that are known in one frame, by position."""

    predicted: dict[int, Choice]
    ahead: dict[int, Choice]
    noise: dict[int, int]

    def cell(self, position: int, frame: int, with_noise: bool = True) -> Cell | None:
        """The cell of an undecided position; None where nothing is known. Noise hides a guess, unless ``with_noise`` is
        false."""
        if with_noise and (token := self.noise.get(position)) is not None:
            return Cell(position, State.NOISE, token, 0.0, frame)
        state, guess = State.PREDICTED, self.predicted.get(position)
        if guess is None:
            state, guess = State.AHEAD, self.ahead.get(position)
        return None if guess is None else Cell(position, state, guess.token, guess.confidence, frame)


class FrameGuesses:
    """The guesses of any frame of a run; those of the last frames asked for are kept. ``steps`` are the run's, and
    ``settings_at`` the settings of the step after a frame."""

    def __init__(
        self, start: RunEvent, steps: Sequence[StepEvent], settings_at: Callable[[int], SamplerSettings]
    ) -> None:
        self._start, self._steps, self._settings_at = start, steps, settings_at
        self._frames: dict[int, Guesses] = {}

    def of(self, frame: int) -> Guesses:
        """The guesses of a frame that exists."""
        if (guesses := self._frames.get(frame)) is None:
            if len(self._frames) >= _KEPT:
                del self._frames[next(iter(self._frames))]
            predictions = self._steps[frame - 1].predictions if frame else []
            guesses = self._frames[frame] = Guesses(
                _by_position(predictions), _by_position(self.ahead(frame)), dict(self.noise(frame))
            )
        return guesses

    def noise(self, frame: int) -> list[tuple[int, int]]:
        """The positions of a frame that hold noise, with its tokens."""
        return self._steps[frame - 1].noise if frame else self._start.noise

    def ahead(self, frame: int) -> list[Choice]:
        """The predictions beyond the block at work by the step before a frame.

        Some cache policies let only a block's first step look ahead: what it saw stays on show while the block is at
        work.
        """
        if not frame:
            return []
        step = self._steps[frame - 1]
        if step.ahead or not self._start.settings.has_cache or not self._settings_at(frame - 1).look_ahead:
            return step.ahead
        earlier = (self._steps[at] for at in range(frame - 2, -1, -1))
        block = takewhile(lambda other: other.block == step.block, earlier)
        return next((other.ahead for other in block if other.ahead), [])

    def touched(self, before: int, after: int, grade: Callable[[float], int] | None) -> set[int]:
        """The positions whose guesses look different in two frames: see `llada_tui.trace.run.Run.touched`."""
        positions: set[int] = set()
        first, second = self.of(before), self.of(after)
        if first.noise or second.noise:
            positions.update(position for position, _ in first.noise.items() ^ second.noise.items())
        for old, new in ((first.predicted, second.predicted), (first.ahead, second.ahead)):
            if grade is None:
                positions.update(old, new)
                continue
            positions.update(old.keys() ^ new.keys())
            for position, guess in new.items():
                if (guess_before := old.get(position)) is None or guess_before is guess:
                    continue
                sure_before, sure = guess_before.confidence, guess.confidence
                if guess_before.token != guess.token or (sure_before != sure and grade(sure_before) != grade(sure)):
                    positions.add(position)
        return positions


def _by_position(choices: Sequence[Choice]) -> dict[int, Choice]:
    return {choice.position: choice for choice in choices}
