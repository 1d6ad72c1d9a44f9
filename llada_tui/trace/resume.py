"""The point where a run goes on: the same struct from a recorded frame to the worker, its sampler and the session
file."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.bounds import Count, Probability
from llada_tui.trace.choice import Choice

VERSION_1_NAMES = {
    "initial_canvas": "origin",
    "block_start_canvas": "opening",
    "commit_confidence": "confidences",
    "committed_last_step": "kept",
    "post_steps_done": "read_over",
}
"""The fields' names on a line, in a file and on the way to the worker: those that version 1 gave them."""


class RunPoint(msgspec.Struct, frozen=True, omit_defaults=True, rename=VERSION_1_NAMES):
    """A point of a run: its canvas, and how far the run was. Positions count from the canvas' start.

    ``step`` steps were made, ``block_step`` of them in block ``block``, counted from 0. Blocks before it that hold
    masks (put there by hand) are denoised first, from their first step; with the block, where the strategy goes back to
    earlier blocks.
    """

    canvas: list[int] | None = None
    """The token ids at that step, before any are changed; None for a fresh canvas."""
    initial_canvas: list[int] | None = None
    """The canvas that the root run began with (None: ``canvas``). What was no mask in it belongs to the question: the
    unguided pass of classifier-free guidance masks it, and no strategy takes it back."""
    block_start_canvas: list[int] | None = None
    """The canvas at the first step of the block at work (None: ``canvas``): a cache is filled from it."""
    step: Count = 0
    block: Count | None = None
    """The block at work; None for the first that holds a mask."""
    block_step: Count = 0
    commit_confidence: list[Probability] = []
    """For each position the probability with which its token was committed; none where that is not known."""
    committed_last_step: Count | None = None
    """The number of tokens that the step before committed in this block; None at its first step or where that is not
    known."""
    post_steps_done: Count = 0
    """The number of the block's steps that were made when it held no mask any more."""


class EarlierStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """A step that was made before a point where a run goes on. Its positions are places on the canvas at that point."""

    commits: list[Choice] = []
    remasked: list[int] = []
    edits: list[Choice] = []
    settings: SamplerSettings | None = None
    """The settings that it was made with; None for those of the step before it."""
    more: bool = False
    """Whether its block was full after it, and another step of the block followed."""

    @property
    def changes_canvas(self) -> bool:
        """Whether it committed, changed or took back a token."""
        return bool(self.commits or self.edits or self.remasked)

    def apply(self, canvas: list[int], mask: int) -> None:
        """Make its changes to a canvas. Raises `IndexError` for a place that is not on it."""
        for choice in (*self.edits, *self.commits):
            canvas[choice.position] = choice.token
        for place in self.remasked:
            canvas[place] = mask


class EarlierSteps(msgspec.Struct, frozen=True):
    """The steps from a point on at which nothing was kept of a run's steps. A strategy or a cache policy that looks
    back at them has their passes made again, with what they decided as it was."""

    start: RunPoint
    steps: list[EarlierStep]

    def token_ids(self) -> Iterator[int]:
        """Every token id that they bring."""
        yield from (*(self.start.canvas or ()), *(self.start.block_start_canvas or ()))
        for step in self.steps:
            yield from (choice.token for choice in (*step.commits, *step.edits))


class Resume(RunPoint, frozen=True, omit_defaults=True, rename=VERSION_1_NAMES):
    """The point where a run goes on. With all fields at their defaults a new run begins."""

    changes: list[tuple[int, int]] = []
    """Positions and tokens set by hand before the first step: never taken back. The mask id masks a position again."""
    length_memory: dict[str, Count] = {}
    """The values that a length policy carries from step to step; none for a policy that begins."""
    earlier: EarlierSteps | None = None
    """The steps before it, where the run is to go on as it would have; None where it begins anew for a strategy or a
    cache policy that looks back, as it does when tokens are changed by hand."""
