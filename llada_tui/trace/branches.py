"""From a step of a run to a branch: what the sampler goes on from, and the session's tree of runs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from llada_tui.settings.sampler_settings import NO_CACHE, SamplerSettings
from llada_tui.trace.run import Run, State
from llada_tui.trace.session import Session

FIXED = ("steps", "block_length")
"""Settings that say which step of which block a step is: with others a branch cannot count on as its run did."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """Where and with what a branch begins. ``canvas`` is the run's at that step, before ``changes`` are made to it.

    ``origin`` is the canvas that the first of the runs began with; ``changes`` are positions and tokens, those that
    were pinned before among them. The mask id masks a position again. ``confidences`` are the probabilities with which
    the canvas' tokens were committed, ``kept`` how many the step before committed, ``read_over`` how many steps were
    made on the block when it was full; ``opening`` is the canvas that a cache is filled from. See
    `llada_tui.worker.protocol.Generate`.
    """

    canvas: list[int]
    origin: list[int]
    step: int
    block: int | None
    block_step: int
    settings: SamplerSettings
    changes: list[tuple[int, int]]
    confidences: list[float]
    kept: int | None
    read_over: int
    opening: list[int] | None


def pins(run: Run, frame: int) -> dict[int, int]:
    """The tokens that were set by hand and stand in a frame, by position."""
    by_hand = {position for event in run.interventions for position, _ in event.tokens}
    cells = (run.cell(position, frame) for position in sorted(by_hand))
    return {cell.position: cell.token for cell in cells if cell.state is State.PINNED and cell.token is not None}


def continuation(
    run: Run, frame: int, settings: SamplerSettings | None = None, changes: Mapping[int, int] | None = None
) -> Continuation:
    """How to go on from a frame of a run, with other settings or with tokens changed by hand.

    Without either the steps after the frame are made again as they were; unless the strategy looks back at more than
    the tokens' confidences and the step before (KLASS does). The canvas keeps its length, whatever ``settings`` say,
    and at least a step for each block. Tokens changed by hand open the block at work anew for a cache.
    """
    frame = run.clamp(frame)
    own = run.settings_at(frame)
    settings = settings or own
    blocks = -(-run.length // settings.block_length)
    settings = settings.replace(gen_length=run.length, steps=max(settings.steps, blocks))
    mask = run.start.model.mask_id
    origin = list(run.start.origin or run.start.canvas)
    for event in run.interventions:
        if event.step <= run.start.step + frame:
            for position, token in event.tokens:
                if token == mask:
                    origin[position] = mask
    wanted = {**pins(run, frame), **(changes or {})}
    opening, over = None, 0
    if all(getattr(settings, name) == getattr(own, name) for name in FIXED):
        block, block_step = _next_step(run, frame)
        over = _read_over(run, frame, block) if block is not None and block_step else 0
        if block_step and settings.cache != NO_CACHE and not changes:
            opening = _opening(run, frame, block)
    else:
        block, block_step = _same_share(run, frame, origin, settings)
    step = run.start.step + frame
    kept = len(run.steps[frame - 1].commits) if frame and block_step else None
    sure = [0.0 if cell.guessed else cell.confidence for cell in run.cells(frame)]
    changed = sorted(wanted.items())
    at = (step, block, block_step)
    return Continuation(run.ids(frame), origin, *at, settings, changed, sure, kept, over, opening)


def _read_over(run: Run, frame: int, block: int) -> int:
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


def _opening(run: Run, frame: int, block: int | None) -> list[int]:
    """The canvas at the first step of the block that a run is at in a frame."""
    while frame and run.steps[frame - 1].block == block:
        frame -= 1
    if frame == 0 and run.start.block_step and run.start.opening is not None:
        return list(run.start.opening)
    return run.ids(frame)


def _same_share(run: Run, frame: int, origin: list[int], settings: SamplerSettings) -> tuple[int, int]:
    """Where other steps or blocks stand when as much is written: the block, and its step in the same proportion."""
    mask = run.start.model.mask_id
    ids = run.ids(frame)
    first = next((at for at, token in enumerate(ids) if token == mask), 0)
    edges = settings.edges(len(run.start.prompt_ids), run.start.model.block_size)
    block = bisect_right(edges, first) - 1
    begin, end = edges[block], edges[block + 1]
    left = ids[begin:end].count(mask)
    whole = max(origin[begin:end].count(mask), left, 1)
    steps = max(1, settings.steps * (end - begin) // run.length)
    return block, min(steps * (whole - left) // whole, steps - 1)


class Node(NamedTuple):
    """A run in the tree. ``guide`` are the lines that lead to it; ``depth`` counts from 0."""

    run: Run
    depth: int
    guide: str


def tree(session: Session) -> list[Node]:
    """The session's runs, each followed by its branches in the order of the steps at which they leave it.

    A branch of a run that is not there (any more) stands by itself.
    """
    seen: set[str] = set()
    children: dict[str | None, list[Run]] = {}
    for run in session.listed():
        children.setdefault(run.start.parent if run.start.parent in seen else None, []).append(run)
        seen.add(run.id)
    nodes: list[Node] = []
    waiting = [(run, 0, "", "") for run in reversed(children.get(None, []))]
    while waiting:
        run, depth, lead, own = waiting.pop()
        nodes.append(Node(run, depth, lead + own))
        branches = sorted(children.get(run.id, []), key=lambda branch: branch.start.step)
        below = lead + {"": "", "├ ": "│ ", "└ ": "  "}[own]
        for index, branch in reversed(list(enumerate(branches))):
            waiting.append((branch, depth + 1, below, "└ " if index == len(branches) - 1 else "├ "))
    return nodes


def branches_of(session: Session, run: Run) -> list[Run]:
    """A run and all that branched from it or from one of its branches."""
    found = {run.id}
    for other in session.runs.values():
        if other.start.parent in found:
            found.add(other.id)
    return [session.runs[id] for id in session.runs if id in found]
