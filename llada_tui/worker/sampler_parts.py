"""The strategies and the policies of caches and lengths that a worker offers, as its hello describes them. No torch."""

from __future__ import annotations

import msgspec

from llada_tui.trace.model_info import MASK_NOISE


class ParameterInfo(msgspec.Struct, frozen=True):
    """A parameter of a strategy: its default, and the range it may have."""

    name: str
    default: float
    low: float
    high: float
    help: str
    nudge: float = 0.0
    """The number that one press of an arrow key adds; 0 for a twentieth of the range."""
    shown: bool = True
    """Whether it has a knob where nothing is set for it."""


class StrategyInfo(msgspec.Struct, frozen=True):
    """A remasking strategy that this worker offers."""

    name: str
    summary: str
    parameters: list[ParameterInfo] = []
    draws: bool = False
    """Whether it decides by chance, so that a seed matters even where the temperature is 0."""
    comparison_place: int = 0
    """Its place, from 1, in the comparison of strategies that is ready-made; 0: it is not in it."""
    source: str = ""
    """Its publication. Version 1 did not tell it."""
    title: str = ""
    """Its name in plain words. Version 1 did not tell it."""
    looks_back: bool = False
    """Whether a branch makes passes of earlier steps again for it. Older workers do not tell it, or go on otherwise."""
    noise: str = MASK_NOISE
    """The kind of noise that it denoises: see `llada_tui.trace.model_info.ModelInfo.noises`. Older workers know masks
    alone."""
    by_schedule: bool = False
    """Whether it commits as many tokens as the schedule says, however sure the model is. Older workers do not tell
    it."""
    settles: bool = False
    """Whether it ends a block by itself, before its last step. Older workers do not tell it."""


class CacheInfo(msgspec.Struct, frozen=True):
    """A cache policy that this worker offers."""

    name: str
    summary: str
    parameters: list[ParameterInfo] = []
    looks_ahead_once: bool = False
    """Whether only the first step of a block can look ahead."""
    source: str = ""
    """Its publication. Version 1 did not tell it."""
    looks_back: bool = False
    """Whether a branch makes passes of earlier steps again for it. Older workers do not tell it, or go on otherwise."""


class LengthInfo(msgspec.Struct, frozen=True):
    """A length policy that this worker offers."""

    name: str
    summary: str
    parameters: list[ParameterInfo] = []
    source: str = ""
    """Its publication."""


FIRST_COMPARED = ("low_confidence", "random", "entropy", "wino")
"""The strategies that are compared where the worker tells no ``comparison_place``: those that were, before it did."""
FIRST_CACHES = (
    CacheInfo(
        "none", "Keeps no keys and values: every step runs the whole canvas. Exact.", source="LLaDA, arXiv 2502.09992"
    ),
    CacheInfo(
        "prefix",
        "Keeps keys and values of what stands before the block at work. Not exact.",
        source="Fast-dLLM, arXiv 2505.22618, section 3.2",
    ),
    CacheInfo(
        "dual",
        "Keeps keys and values of all around the block at work. Fastest; not exact.",
        [],
        True,
        "Fast-dLLM, arXiv 2505.22618, section 3.2",
    ),
)
"""The cache policies of a worker that names none: those that there were before workers named them."""
FIRST_LENGTHS = (
    LengthInfo("fixed", "The canvas keeps the length that it begins with.", source="LLaDA, arXiv 2502.09992"),
)
"""The length policies of a worker that names none."""
