"""Groups of runs on one prompt that can go through the model together, as rows of a batch. No torch."""

from __future__ import annotations

from collections.abc import Sequence

from llada_tui.diffusion import caches, strategies
from llada_tui.settings.sampler_settings import SamplerSettings

SHARED = ("gen_length", "block_length", "cache", "cache_params", "reference_numerics")
"""Settings that all rows of a batch have in common."""


def batches(settings: Sequence[SamplerSettings]) -> list[list[int]]:
    """The groups of lanes that can go through the model together, by their numbers from 0, in the order of each's
    first.

    A strategy that edits gets a batch of its own: a row that changed nothing looks like a row that is done. One that
    goes back to earlier blocks does too, with a cache that runs the same columns of every row: they would be more than
    the other rows run alone. So does a lane whose canvas changes its length. Raises `SettingsError` for a strategy or a
    cache policy that there is not.
    """
    parts: dict[object, list[int]] = {}
    for number, lane in enumerate(settings):
        strategy = strategies.get(lane.remasking, lane.remasking_params)
        one_window = caches.get(lane.cache, lane.cache_params).one_window
        by_itself = strategy.edits or (strategy.revisits and one_window) or not lane.has_fixed_length
        alone = number if by_itself else None
        parts.setdefault((alone, *(repr(getattr(lane, name)) for name in SHARED)), []).append(number)
    return [*parts.values()]
