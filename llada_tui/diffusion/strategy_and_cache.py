"""The parts of the sampler that settings name, before a model is at hand. No torch here."""

from __future__ import annotations

from typing import NamedTuple

from llada_tui.diffusion import caches, strategies
from llada_tui.diffusion.cache_policy import CachePolicy, cache_refused
from llada_tui.diffusion.strategy import Strategy
from llada_tui.settings.sampler_settings import SamplerSettings


class StrategyAndCache(NamedTuple):
    """The strategy and the cache policy that the settings name, with their parameters."""

    strategy: Strategy
    cache: CachePolicy


def strategy_and_cache_of(settings: SamplerSettings) -> StrategyAndCache:
    """The strategy and the cache policy of the settings.

    Raises `SettingsError` where there is none such, for parameters that one does not take, and for two that cannot
    work together.
    """
    strategy = strategies.get(settings.remasking, settings.remasking_params)
    policy = caches.get(settings.cache, settings.cache_params)
    if strategy.verifies and not policy.runs_whole_canvas:
        raise cache_refused(f"{strategy.name} verifies tokens in passes over the whole canvas")
    return StrategyAndCache(strategy, policy)
