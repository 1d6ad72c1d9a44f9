"""The blocks of a canvas on which masks stay behind, as the length policy carries them from step to step
(`llada_tui.trace.resume.Resume.length_memory`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llada_tui.settings.sampler_settings import MAX_CANVAS

_COUNT, _START = "blocks", "block_start_"


def block_starts(memory: Mapping[str, int], size: int) -> list[int]:
    """The places at which blocks of ``size`` positions began, that at work or the next one last; none where no mask
    stays behind."""
    starts: list[int] = []
    for number in range(min(memory.get(_COUNT, 0), 2 * MAX_CANVAS)):
        starts.append(memory.get(f"{_START}{number}", starts[-1] + size if starts else 0))
    return starts


def with_block_starts(starts: Sequence[int], size: int) -> dict[str, int]:
    """The values that carry the starts of blocks: how many, and those that do not follow from the one before."""
    values = {_COUNT: len(starts)}
    for number, start in enumerate(starts):
        if start != (starts[number - 1] + size if number else 0):
            values[f"{_START}{number}"] = start
    return values


def block_edges(starts: Sequence[int], size: int, length: int) -> list[int]:
    """The start of every block of a canvas of ``length`` positions, and the end: those that began, then more from the
    last on."""
    return sorted({*(start for start in (*starts, *range(starts[-1], length, size)) if start < length), length})
