"""One position of a run over time: what was predicted there in each step, what it wavered between, what was kept."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from llada_tui.trace.events import Alternatives, Choice, StepEvent
from llada_tui.trace.run import Run


class Guess(NamedTuple):
    """What the step before ``frame`` predicted at a position, and whether it was kept."""

    frame: int
    token: int
    confidence: float
    kept: bool


class History:
    """The past of one position, step by step; `update` brings it up to date with a run that grows.

    Frames are those of the run: what the step with index ``n`` did is in frame ``n + 1``.
    """

    def __init__(self, run: Run, position: int) -> None:
        self.run, self.position = run, position
        self.guesses: list[Guess] = []
        self.flips: list[int] = []
        """Frames in which the prediction is another token than the one before."""
        self.kept: list[int] = []
        self.taken_back: list[int] = []
        self.edited: list[int] = []
        self.recorded: list[int] = []
        """Frames in which candidates were recorded."""
        self._candidates: list[Alternatives] = []
        self._seen = 0
        self.update()

    def update(self) -> bool:
        """Take in the steps that were added. Returns whether there were any."""
        before, steps = self._seen, self.run.steps
        for frame in range(before + 1, len(steps) + 1):
            self._take(frame, steps[frame - 1])
        self._seen = len(steps)
        return before < self._seen

    def _take(self, frame: int, step: StepEvent) -> None:
        if self.position in step.remasked:
            self.taken_back.append(frame)
        if (choice := self._find(step.commits)) is not None:
            self.kept.append(frame)
            self._guess(frame, choice, True)
        elif (choice := self._find(step.edits)) is not None:
            self.edited.append(frame)
            self._guess(frame, choice, True)
        elif (choice := self._find(step.predictions) or self._find(step.ahead)) is not None:
            self._guess(frame, choice, False)
        for alternatives in step.alternatives:
            if alternatives.position == self.position:
                self.recorded.append(frame)
                self._candidates.append(alternatives)
                break

    def _find(self, choices: list[Choice]) -> Choice | None:
        return next((choice for choice in choices if choice.position == self.position), None)

    def _guess(self, frame: int, choice: Choice, kept: bool) -> None:
        if self.guesses and self.guesses[-1].token != choice.token:
            self.flips.append(frame)
        self.guesses.append(Guess(frame, choice.token, choice.confidence, kept))

    def guess(self, frame: int) -> Guess | None:
        """The prediction in a frame, or the last one before it."""
        at = bisect_right(self.guesses, frame, key=_frame_of)
        return self.guesses[at - 1] if at else None

    def candidates(self, frame: int) -> tuple[int, Alternatives] | None:
        """The candidates recorded in a frame or last before it, and in which; None where there are none."""
        at = bisect_right(self.recorded, frame)
        return (self.recorded[at - 1], self._candidates[at - 1]) if at else None

    def chances(self, token: int) -> dict[int, float]:
        """The probability of a token by frame, where it is known: as a candidate, or as what was predicted."""
        found = {guess.frame: guess.confidence for guess in self.guesses if guess.token == token}
        for frame, alternatives in zip(self.recorded, self._candidates, strict=True):
            for other, chance in zip(alternatives.tokens, alternatives.confidences, strict=False):
                if other == token:
                    found[frame] = chance
                    break
        return found


def _frame_of(guess: Guess) -> int:
    return guess.frame
