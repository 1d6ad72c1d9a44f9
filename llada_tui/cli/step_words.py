"""A step in words, on one line, for screen readers and pipes."""

from __future__ import annotations

from collections.abc import Iterable

from llada_tui.trace.events import Choice
from llada_tui.trace.run import Run


def describe(run: Run, frame: int) -> str:
    """The step that led to a frame, in words: ``step 3/64 block 1/2 masks 61: committed 12 'Paris' 0.98``."""
    step = run.steps[frame - 1]
    settings = run.settings_at(frame - 1)
    parts = []
    if step.commits:
        parts.append(f"committed {_choices(run, step.commits)}")
    if step.remasked:
        before = run.canvas(frame - 1)
        remasked = (f"{position} '{_label(run, before[position])}'" for position in step.remasked)
        parts.append(f"took back {', '.join(remasked)}")
    if step.edits:
        parts.append(f"replaced {_choices(run, step.edits)}")
    done = "; ".join(parts) or "nothing committed"
    return (
        f"step {step.index + 1}/{settings.steps} block {step.block + 1}/{len(run.blocks())} "
        f"masks {run.masks_left(frame)}: {done}"
    )


def _choices(run: Run, choices: Iterable[Choice]) -> str:
    return ", ".join(f"{choice.position} '{_label(run, choice.token)}' {choice.confidence:.2f}" for choice in choices)


def _label(run: Run, token: int | None) -> str:
    return "mask" if token is None else run.token_bytes.label(token)
