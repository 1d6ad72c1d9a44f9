"""One position of a run, step by step: predictions, candidates, commits, remasks and edits."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from llada_tui.trace.events import Alternatives, Choice, StepEvent
from llada_tui.trace.run import Run


class Guess(NamedTuple):
    """The token that the step before ``frame`` predicted at a position, its probability, and whether it was
    committed."""

    frame: int
    token: int
    confidence: float
    committed: bool


class TokenHistory:
    """One position of a run, step by step; `update` takes in what a growing run has added.

    Lists of frames are in order. What the step with index ``n`` did is in frame ``n + 1``.
    """

    def __init__(self, run: Run, position: int) -> None:
        self.run, self.position = run, position
        self.guesses: list[Guess] = []
        self.flips: list[int] = []
        """Frames whose prediction is another token than the prediction before."""
        self.committed: list[int] = []
        """Frames in which a token was committed here."""
        self.remasked: list[int] = []
        self.edited: list[int] = []
        self.recorded: list[int] = []
        """Frames in which candidates were recorded."""
        self._candidates: list[Alternatives] = []
        self._steps_read = 0
        self.update()

    def update(self) -> None:
        """Take in the steps that were added."""
        steps = self.run.steps
        for frame in range(self._steps_read + 1, len(steps) + 1):
            self._take(frame, steps[frame - 1])
        self._steps_read = len(steps)

    def _take(self, frame: int, step: StepEvent) -> None:
        if self.position in step.remasked:
            self.remasked.append(frame)
        if (choice := self._find(step.commits)) is not None:
            self.committed.append(frame)
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

    def _guess(self, frame: int, choice: Choice, committed: bool) -> None:
        if self.guesses and self.guesses[-1].token != choice.token:
            self.flips.append(frame)
        self.guesses.append(Guess(frame, choice.token, choice.confidence, committed))

    def guess(self, frame: int) -> Guess | None:
        """The prediction in a frame, or the last one before it."""
        at = bisect_right(self.guesses, frame, key=_frame_of)
        return self.guesses[at - 1] if at else None

    def candidates(self, frame: int) -> tuple[int, Alternatives] | None:
        """The candidates recorded in a frame or last before it, and in which; None where there are none."""
        at = bisect_right(self.recorded, frame)
        return (self.recorded[at - 1], self._candidates[at - 1]) if at else None

    def probabilities(self, token: int) -> dict[int, float]:
        """The probability of a token by frame, where it is recorded: as a candidate or as the prediction."""
        probabilities = {guess.frame: guess.confidence for guess in self.guesses if guess.token == token}
        for frame, alternatives in zip(self.recorded, self._candidates, strict=True):
            for candidate, probability in zip(alternatives.tokens, alternatives.confidences, strict=False):
                if candidate == token:
                    probabilities[frame] = probability
                    break
        return probabilities


def _frame_of(guess: Guess) -> int:
    return guess.frame
