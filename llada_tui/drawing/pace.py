"""The time that a step stays on show: one pace for the screen and for exports."""

from __future__ import annotations

from llada_tui.analysis.liveliness import keeps_only_ends
from llada_tui.trace.events import StepEvent
from llada_tui.trace.run import Run

DWELL = 0.08
"""Least seconds that a step stays at speed 1, where the configuration names no other."""
_HASTE = 8
"""The factor by which the time of a step is shorter that keeps only ends of text: there is nothing to read."""


def least_stay(run: Run, step: StepEvent, dwell: float = DWELL) -> float:
    """Least seconds that a step stays on show at speed 1."""
    return dwell / _HASTE if keeps_only_ends(run, step) else dwell
