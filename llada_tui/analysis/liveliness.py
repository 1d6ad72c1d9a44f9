"""Counts of what there is to see in a run: guesses that change, their places, and steps that keep only ends of text."""

from __future__ import annotations

from typing import NamedTuple

from llada_tui.trace.events import StepData
from llada_tui.trace.run import Run


class Liveliness(NamedTuple):
    """Counts and shares of the changes that somebody who watches a run can see."""

    changes: int
    """Times that a step predicted another token for a position than the step before did."""
    positions: int
    """Positions where that happened at least once."""
    end_steps: int
    """Steps that kept nothing but ends of text."""
    steps: int


def liveliness(run: Run) -> Liveliness:
    """Count what there is to see in the steps that a run has made so far."""
    latest: dict[int, int] = {}
    changed: list[int] = []
    for step in run.steps:
        for choices in (step.predictions, step.commits, step.edits):
            for choice in choices:
                if latest.setdefault(choice.position, choice.token) != choice.token:
                    changed.append(choice.position)
                    latest[choice.position] = choice.token
    end_steps = sum(keeps_only_ends(run, step) for step in run.steps)
    return Liveliness(len(changed), len(set(changed)), end_steps, len(run.steps))


def keeps_only_ends(run: Run, step: StepData) -> bool:
    """Whether a step kept ends of text or of turn and nothing else, and took nothing back."""
    return (
        bool(step.commits)
        and not (step.edits or step.remasked)
        and all(run.start.model.is_end(choice.token) for choice in step.commits)
    )
