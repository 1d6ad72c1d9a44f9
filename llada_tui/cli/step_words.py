"""A step in words, on one line, for screen readers and pipes."""

from __future__ import annotations

from collections.abc import Iterable

from llada_tui.trace.events import Choice
from llada_tui.trace.run import Run


def describe(run: Run, frame: int) -> str:
    """The step that led to a frame, in words: ``step 3/64 block 1/2 masks 61: committed 12 'Paris' 0.98``."""
    step = run.steps[frame - 1]
    parts = []
    if step.commits:
        parts.append(f"committed {_choices(run, step.commits, frame)}")
    if step.remasked:
        before = (run.cell(position, frame - 1).token for position in step.remasked)
        places = (_place(run, position, frame) for position in step.remasked)
        remasked = (f"{place} '{_label(run, token)}'" for place, token in zip(places, before, strict=True))
        parts.append(f"took back {', '.join(remasked)}")
    if step.edits:
        parts.append(f"replaced {_choices(run, step.edits, frame)}")
    if step.inserted is not None:
        parts.append(f"inserted {step.inserted.count} at {step.inserted.place}")
    if step.removed is not None:
        parts.append(f"removed {step.removed.count} at {step.removed.place}")
    done = "; ".join(parts) or "nothing committed"
    return (
        f"step {step.index + 1}/{run.expected_steps} block {step.block + 1}/{len(run.blocks(frame))} "
        f"{run.undecided_word} {run.masks_left(frame)}: {done}"
    )


def _choices(run: Run, choices: Iterable[Choice], frame: int) -> str:
    return ", ".join(
        f"{_place(run, choice.position, frame)} '{_label(run, choice.token)}' {choice.confidence:.2f}"
        for choice in choices
    )


def _place(run: Run, position: int, frame: int) -> int | str:
    """The place of a position after a step, which may have removed it."""
    place = run.positions.place_of(position, frame)
    return "removed" if place is None else place


def _label(run: Run, token: int | None) -> str:
    return "mask" if token is None else run.token_bytes.label(token)
