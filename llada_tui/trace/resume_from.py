"""The point where a branch goes on that leaves a recorded run at a frame."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.block_starts import block_starts
from llada_tui.trace.cell import State
from llada_tui.trace.choice import Choice
from llada_tui.trace.resume import EarlierStep, EarlierSteps, Resume, RunPoint
from llada_tui.trace.run import Run

FIXED = ("steps", "block_length")
"""Settings that say which step of which block a step is: with others a branch cannot count on as its run did."""
_SAME_PASSES = (*FIXED, "cache", "cache_params", "length", "length_params", "reference_numerics")
"""Settings without which a branch cannot make the passes of earlier steps again."""


def pins(run: Run, frame: int) -> dict[int, int]:
    """The tokens that were set by hand and stand in a frame, by place."""
    by_hand = sorted({position for event in run.interventions for position, _ in event.tokens})
    cells = ((run.positions.place_of(position, frame), run.cell(position, frame)) for position in by_hand)
    pinned = ((place, cell.token) for place, cell in cells if cell.state is State.PINNED)
    return {place: token for place, token in pinned if place is not None and token is not None}


def branch_settings(run: Run, frame: int, settings: SamplerSettings | None = None) -> SamplerSettings:
    """The settings of a branch that leaves a run at a frame: those that hold there, or others.

    The canvas keeps its length, whatever ``settings`` say, and every block has a step at least. Under a length policy
    ``gen_length`` stays what the run's was, the length that it began with: the steps are in proportion to that. Without
    one a canvas that has changed its length has its steps in the same proportion.
    """
    settings = settings or run.settings_at(run.clamp(frame))
    length, steps = run.length_at(frame), settings.steps
    if not (is_fixed := settings.has_fixed_length) or length != len(run.start.canvas):
        begun_with = run.start.settings.gen_length
        steps, length = (-(-steps * length // begun_with), length) if is_fixed else (steps, begun_with)
    blocks = -(-length // settings.block_length)
    return settings.replace(gen_length=length, steps=max(steps, blocks))


def resume_from(
    run: Run, frame: int, settings: SamplerSettings | None = None, changes: Mapping[int, int] | None = None
) -> Resume:
    """The point to go on from a frame of a run, with other settings (see `branch_settings`) or with tokens changed by
    hand.

    Without either the steps after the frame are made again as they were: what a strategy or a cache policy keeps of
    the steps before comes from those (`Resume.earlier`). Tokens changed by hand open the block at work anew for a
    cache, and have what looks back begin anew.
    """
    frame = run.clamp(frame)
    before = run.settings_at(frame)
    settings = branch_settings(run, frame, settings)
    initial = _initial(run, frame)
    stored, block_start, post_steps = run.start.resume, None, 0
    committed = len(run.steps[frame - 1].commits) if frame else stored.committed_last_step
    if all(getattr(settings, name) == getattr(before, name) for name in FIXED):
        block, block_step = _next_step(run, frame)
        first = _first_frame(run, frame, block)
        begun_before = block_step > frame - first  # steps of this block were made before this run
        opened = max(first, run.positions.change_of(frame))  # a canvas of another length begins anew for a cache
        if begun_before and first == frame:
            committed = stored.committed_last_step
        if block is not None and block_step:
            post_steps = _post_steps(run, opened, frame, block)
            if begun_before and opened == first and post_steps == frame - first:
                post_steps += stored.post_steps_done
        if block_step and settings.has_cache and not changes:  # Policies that open no blocks pass it over.
            block_start = stored.block_start_canvas if begun_before and opened == first else None
            if block_start is None and opened < frame:
                block_start = run.ids(opened)
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
        committed_last_step=committed if block_step else None,
        post_steps_done=post_steps,
        length_memory={} if settings.has_fixed_length else run.length_memory(frame),
        changes=sorted({**pins(run, frame), **(changes or {})}.items()),
        earlier=None if changes else _earlier(run, frame, settings),
    )


def _earlier(run: Run, frame: int, settings: SamplerSettings) -> EarlierSteps | None:
    """The steps before a frame from which something may be kept, those of the run's parents included: since tokens
    were changed by hand, and since the canvas changed its length."""
    opened = run.positions.change_of(frame)
    before = run.start.resume.earlier if not opened else None
    if (opened == frame and before is None) or not all(
        getattr(settings, name) == getattr(run.settings_at(frame), name) for name in _SAME_PASSES
    ):
        return None
    places = {position: place for place, position in enumerate(run.positions.of(frame))}

    def placed(choices: Sequence[Choice]) -> list[Choice]:
        there = (choice for choice in choices if choice.position in places)
        return [Choice(places[choice.position], choice.token, choice.confidence) for choice in there]

    steps: list[EarlierStep] = []
    for at in range(opened, frame):
        step, with_settings = run.steps[at], run.settings_at(at)
        is_same = bool(steps) and with_settings == run.settings_at(at - 1)
        steps.append(
            EarlierStep(
                placed(step.commits),
                [places[position] for position in step.remasked if position in places],
                placed(step.edits),
                None if is_same else with_settings,
                step.more,
            )
        )
    if before is not None:
        return EarlierSteps(before.start, [*before.steps, *steps])
    point = resume_from(run, opened)
    names = RunPoint.__struct_fields__
    start = RunPoint(**{name: getattr(point, name) for name in names if name != "initial_canvas"})
    return EarlierSteps(start, steps)


def _initial(run: Run, frame: int) -> list[int]:
    """The canvas at the root run's beginning, at the places of a frame: a mask where a position came later, or was
    masked by hand."""
    mask = run.start.model.mask_id
    initial = dict(enumerate(run.start.resume.initial_canvas or run.start.canvas))
    for event in run.interventions:
        if event.step <= run.start.step + frame:
            initial |= {position: mask for position, token in event.tokens if token == mask}
    return [initial.get(position, mask) for position in run.positions.of(frame)]


def _next_step(run: Run, frame: int) -> tuple[int | None, int]:
    """The block and the block's step with which a run goes on, or would have gone on."""
    stored = run.start.resume
    if frame == 0 and stored.block is not None:
        return stored.block, stored.block_step
    if frame < run.last:
        return run.steps[frame].block, run.steps[frame].block_step
    if not run.steps:
        return None, stored.block_step
    last, blocks = run.steps[-1], run.blocks(frame)
    begin, end = blocks[min(last.block, len(blocks) - 1)]
    if starts := block_starts(run.length_memory(frame), run.start.settings.block_length):  # masks stay behind
        is_left = not last.more and len(starts) > last.block + 1
        goes_on = not is_left and (last.more or run.start.model.mask_id in run.ids(frame)[begin:end])
        return (last.block, last.block_step + 1) if goes_on else (last.block + 1, 0)
    if (inserted := last.inserted) is not None and inserted.place < begin:  # it goes back to what was inserted
        return next(at for at, (_, end) in enumerate(blocks) if end > inserted.place), 0
    # Of earlier blocks too: a strategy may have taken back what stood there.
    if last.more or run.start.model.mask_id in run.ids(frame)[:end]:
        return last.block, last.block_step + 1
    return last.block + 1, 0


def _first_frame(run: Run, frame: int, block: int | None) -> int:
    """The first frame in which a run was at the block that it is at in ``frame``."""
    while frame and run.steps[frame - 1].block == block:
        frame -= 1
    return frame


def _post_steps(run: Run, first: int, frame: int, block: int) -> int:
    """The steps from frame ``first`` to ``frame``, all of one block, that were made when no mask was left in it."""
    blocks = run.blocks(frame)
    begin, end = blocks[min(block, len(blocks) - 1)]
    count = 0
    while count < frame - first and run.start.model.mask_id not in run.ids(frame - count - 1)[begin:end]:
        count += 1
    return count


def _same_share(run: Run, frame: int, initial: list[int], settings: SamplerSettings) -> tuple[int, int]:
    """The block and step at which a run with other steps or blocks has written as much: the block, and its step in the
    same proportion."""
    mask = run.start.model.mask_id
    ids = run.ids(frame)
    first = next((at for at, token in enumerate(ids) if token == mask), 0)
    length = run.length_at(frame)
    whole_canvas = settings.replace(gen_length=length, steps=max(settings.steps, length))
    edges = run.start.model.edges(whole_canvas, len(run.start.prompt_ids))
    block = bisect_right(edges, first) - 1
    begin, end = edges[block], edges[block + 1]
    left = ids[begin:end].count(mask)
    whole = max(initial[begin:end].count(mask), left, 1)
    steps = max(1, settings.steps * (end - begin) // settings.gen_length)
    return block, min(steps * (whole - left) // whole, steps - 1)
