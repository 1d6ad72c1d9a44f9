"""The point where a run goes on: the same struct from a recorded frame to the worker, its sampler and the session
file."""

from __future__ import annotations

import msgspec

from llada_tui.trace.bounds import Count, Probability

VERSION_1_NAMES = {
    "initial_canvas": "origin",
    "block_start_canvas": "opening",
    "commit_confidence": "confidences",
    "committed_last_step": "kept",
    "post_steps_done": "read_over",
}
"""The fields' names on a line, in a file and on the way to the worker: those that version 1 gave them."""


class Resume(msgspec.Struct, frozen=True, omit_defaults=True, rename=VERSION_1_NAMES):
    """The point where a run goes on. With all fields at their defaults a new run begins. Positions count from the
    canvas' start.

    ``step`` steps were made, ``block_step`` of them in block ``block``, counted from 0. Blocks before it that hold
    masks (put there by hand) are denoised first, from their first step; with the block, where the strategy goes back to
    earlier blocks.
    """

    canvas: list[int] | None = None
    """The token ids at that step, before ``changes``; None for a fresh canvas."""
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
    changes: list[tuple[int, int]] = []
    """Positions and tokens set by hand before the first step: never taken back. The mask id masks a position again."""
    length_memory: dict[str, Count] = {}
    """The values that a length policy carries from step to step; none for a policy that begins."""
