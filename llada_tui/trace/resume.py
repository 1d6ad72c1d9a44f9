"""Where a run goes on: the same struct from a recorded frame to the worker and its sampler."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

import msgspec

from llada_tui.settings.sampler_settings import NO_CACHE, SamplerSettings
from llada_tui.trace.cell import State
from llada_tui.trace.events import VERSION_1_NAMES
from llada_tui.trace.run import Run

FIXED = ("steps", "block_length")
"""Settings that say which step of which block a step is: with others a branch cannot count on as its run did."""


class Resume(msgspec.Struct, frozen=True, omit_defaults=True, rename=VERSION_1_NAMES):
    """Where a run goes on; without anything, it begins. Positions count from the start of the canvas.

    ``step`` steps were made, ``block_step`` of them in block ``block``, counted from 0. Blocks before it that hold
    masks (put there by hand) are denoised first, from their first step.
    """

    canvas: list[int] | None = None
    """The token ids at that step, before ``changes``; None for a fresh canvas."""
    initial_canvas: list[int] | None = None
    """The canvas that the root run began with (None: ``canvas``). What was no mask in it belongs to the question: the
    unguided pass of classifier-free guidance masks it, and no strategy takes it back."""
    block_start_canvas: list[int] | None = None
    """The canvas at the first step of the block at work (None: ``canvas``): a cache is filled from it."""
    step: int = 0
    block: int | None = None
    """The block at work; None for the first that holds a mask."""
    block_step: int = 0
    commit_confidence: list[float] = []
    """For each position the probability with which its token was committed; none where that is not known."""
    committed_last_step: int | None = None
    """How many tokens the step before committed in this block; None at its first step or where that is not known."""
    post_steps_done: int = 0
    """How many of the block's steps were made when it held no mask any more."""
    changes: list[tuple[int, int]] = []
    """Positions and tokens set by hand before the first step: never taken back. The mask id masks a position again."""


def pins(run: Run, frame: int) -> dict[int, int]:
    """The tokens that were set by hand and stand in a frame, by position."""
    by_hand = {position for event in run.interventions for position, _ in event.tokens}
    cells = (run.cell(position, frame) for position in sorted(by_hand))
    return {cell.position: cell.token for cell in cells if cell.state is State.PINNED and cell.token is not None}


def branch_settings(run: Run, frame: int, settings: SamplerSettings | None = None) -> SamplerSettings:
    """The settings of a branch that leaves a run at a frame: those that hold there, or others.

    The canvas keeps its length, whatever ``settings`` say, and every block has a step at least.
    """
    settings = settings or run.settings_at(run.clamp(frame))
    blocks = -(-run.length // settings.block_length)
    return settings.replace(gen_length=run.length, steps=max(settings.steps, blocks))


def resume_from(
    run: Run, frame: int, settings: SamplerSettings | None = None, changes: Mapping[int, int] | None = None
) -> Resume:
    """How to go on from a frame of a run, with other settings (see `branch_settings`) or with tokens changed by hand.

    Without either the steps after the frame are made again as they were; unless the strategy looks back at more than
    the tokens' confidences and the step before (KLASS does). Tokens changed by hand open the block at work anew for a
    cache.
    """
    frame = run.clamp(frame)
    before = run.settings_at(frame)
    settings = branch_settings(run, frame, settings)
    mask = run.start.model.mask_id
    initial = list(run.start.initial_canvas or run.start.canvas)
    for event in run.interventions:
        if event.step <= run.start.step + frame:
            for position, token in event.tokens:
                if token == mask:
                    initial[position] = mask
    block_start, post_steps = None, 0
    if all(getattr(settings, name) == getattr(before, name) for name in FIXED):
        block, block_step = _next_step(run, frame)
        post_steps = _post_steps(run, frame, block) if block is not None and block_step else 0
        if block_step and settings.cache != NO_CACHE and not changes:
            block_start = _block_start(run, frame, block)
    else:
        block, block_step = _same_share(run, frame, initial, settings)
    return Resume(
        canvas=run.ids(frame),
        initial_canvas=initial,
        block_start_canvas=block_start,
        step=run.start.step + frame,
        block=block,
        block_step=block_step,
        commit_confidence=[0.0 if cell.guessed else cell.confidence for cell in run.cells(frame)],
        committed_last_step=len(run.steps[frame - 1].commits) if frame and block_step else None,
        post_steps_done=post_steps,
        changes=sorted({**pins(run, frame), **(changes or {})}.items()),
    )


def _post_steps(run: Run, frame: int, block: int) -> int:
    """The steps before a frame that were made on a block in which no mask was left."""
    blocks = run.blocks()
    begin, end = blocks[min(block, len(blocks) - 1)]
    count = 0
    while count < frame and run.steps[frame - count - 1].block == block:
        if run.start.model.mask_id in run.ids(frame - count - 1)[begin:end]:
            break
        count += 1
    return count


def _next_step(run: Run, frame: int) -> tuple[int | None, int]:
    """The block and the block's step with which a run goes on, or would have gone on."""
    if frame < run.last:
        return run.steps[frame].block, run.steps[frame].block_step
    if not run.steps:
        return None, run.start.block_step
    last, blocks = run.steps[-1], run.blocks()
    begin, end = blocks[min(last.block, len(blocks) - 1)]
    if run.start.model.mask_id in run.ids(frame)[begin:end]:
        return last.block, last.block_step + 1
    return last.block + 1, 0


def _block_start(run: Run, frame: int, block: int | None) -> list[int]:
    """The canvas at the first step of the block that a run is at in a frame."""
    while frame and run.steps[frame - 1].block == block:
        frame -= 1
    if frame == 0 and run.start.block_step and run.start.block_start_canvas is not None:
        return list(run.start.block_start_canvas)
    return run.ids(frame)


def _same_share(run: Run, frame: int, initial: list[int], settings: SamplerSettings) -> tuple[int, int]:
    """Where other steps or blocks stand when as much is written: the block, and its step in the same proportion."""
    mask = run.start.model.mask_id
    ids = run.ids(frame)
    first = next((at for at, token in enumerate(ids) if token == mask), 0)
    edges = settings.edges(len(run.start.prompt_ids), run.start.model.block_size)
    block = bisect_right(edges, first) - 1
    begin, end = edges[block], edges[block + 1]
    left = ids[begin:end].count(mask)
    whole = max(initial[begin:end].count(mask), left, 1)
    steps = max(1, settings.steps * (end - begin) // run.length)
    return block, min(steps * (whole - left) // whole, steps - 1)
