"""The cost of predicting beyond the block (look-ahead), in rows of logits and in time, in words."""

from __future__ import annotations

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.run import Run

_RECENT = 128
"""Steps before the one on show that are compared."""
_FEW = 3
"""Least steps of each kind for a comparison."""


def milliseconds(run: Run, frame: int) -> float | None:
    """The milliseconds by which steps with look-ahead took longer than steps without, in a run up to a frame.

    None where there are too few of either, or where steps differ otherwise: with a cache some steps run the whole
    canvas and some a part of it, and with guidance a step does the work of two.
    """
    frame = run.clamp(frame)
    if run.start.settings.has_cache:
        return None
    looking: list[float] = []
    plain: list[float] = []
    has_guidance = run.settings_at(frame - 1).cfg_scale > 0 if frame else False
    for at in range(max(1, frame - _RECENT), frame):  # the first step of a run takes longer
        if (run.settings_at(at).cfg_scale > 0) == has_guidance:
            (looking if run.steps[at].ahead else plain).append(run.steps[at].seconds)
    from statistics import median  # here: it brings much along that the first screen does not need

    return 1000 * (median(looking) - median(plain)) if min(len(looking), len(plain)) >= _FEW else None


def cost(run: Run, frame: int) -> str:
    """The number of positions beyond its block that the step before a frame predicted, and their cost, in words; empty
    if none."""
    if not (positions := len(run.ahead(frame))):
        return ""
    extra = milliseconds(run, frame)
    return f"{positions} ahead" if extra is None else f"{positions} ahead, {extra:+.1f} ms"


def announcement(settings: SamplerSettings, *, first_steps_only: bool = False) -> str:
    """A sentence on what looking ahead does with these settings, or that it is off. ``first_steps_only``: the cache
    policy lets only the first step of a block look ahead."""
    if not settings.look_ahead:
        return "Look-ahead is off: only the block at work is predicted."
    beyond = settings.gen_length - settings.edges()[1]
    if not beyond:
        return "Look-ahead is on, but the canvas is one block: nothing lies beyond it. Set a shorter block."
    sentence = f"up to {beyond} rows of logits more a step; no token changes"
    if first_steps_only:
        sentence += f". With a {settings.cache} cache only a block's first step looks ahead"
    return f"Look-ahead is on: {sentence}."
