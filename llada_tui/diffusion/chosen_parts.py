"""The parts of the sampler that settings name. No torch here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from llada_tui.diffusion import caches, lengths, strategies
from llada_tui.diffusion.cache_policy import CachePolicy, cache_refused
from llada_tui.diffusion.length_policy import LengthPolicy
from llada_tui.diffusion.predictor import NoisePredictor, ShadowPredictor
from llada_tui.diffusion.strategy import Strategy
from llada_tui.settings.sampler_settings import NO_CACHE, SamplerSettings, SettingsError
from llada_tui.trace.model_info import MASK_NOISE, UNIFORM_NOISE

if TYPE_CHECKING:
    from llada_tui.diffusion.predictor import MaskPredictor


_NOISES = {MASK_NOISE: "masks", UNIFORM_NOISE: "random tokens"}
"""The kinds of noise in words."""


class ChosenParts(NamedTuple):
    """The strategy, the cache policy and the length policy that the settings name, with their parameters."""

    strategy: Strategy
    cache: CachePolicy
    length: LengthPolicy


def chosen_parts(settings: SamplerSettings) -> ChosenParts:
    """The parts that the settings name, before a model is at hand.

    Raises `SettingsError` where there is none such, for parameters that one does not take, and for two that cannot
    work together.
    """
    strategy = strategies.get(settings.remasking, settings.remasking_params)
    policy = caches.get(settings.cache, settings.cache_params)
    length = lengths.get(settings.length, settings.length_params)
    if strategy.verifies and not policy.runs_whole_canvas:
        raise cache_refused(f"{strategy.name} verifies tokens in passes over the whole canvas")
    if length.reads != "nothing" and policy.window(1, 2, 4).stop < 4:
        raise cache_refused(f"{length.name} reads masks beyond the block, which the {policy.name} cache leaves out")
    if strategy.noise != MASK_NOISE:
        _check_noise(strategy, settings)
    return ChosenParts(strategy, policy, length)


def _check_noise(strategy: Strategy, settings: SamplerSettings) -> None:
    """Raises `SettingsError` for what needs masks, with a strategy that denoises other noise."""
    if settings.cache != NO_CACHE:
        raise cache_refused(f"{strategy.name} has the model read other noise in every step")
    if settings.cfg_scale:
        message = f"Guidance hides the prompt behind masks, and {strategy.name} has none: set it to 0."
        raise SettingsError("cfg_scale", message)
    if not settings.has_fixed_length:
        message = (
            f"A canvas that changes its length is one of masks, and {strategy.name} has none: set length to fixed."
        )
        raise SettingsError("length", message)


def check_same_noise(settings: SamplerSettings, first: SamplerSettings) -> None:
    """Raises `SettingsError` for settings of a run's next step that denoise other noise than its ``first``."""
    if settings is not first and chosen_parts(settings).strategy.noise != chosen_parts(first).strategy.noise:
        message = "A run keeps the kind of noise that it began with: a branch can have the other."
        raise SettingsError("remasking", message)


def strategy_for(settings: SamplerSettings, predictor: MaskPredictor) -> Strategy:
    """The strategy of the settings. Raises `SettingsError` when there is none, or none that works with the model."""
    strategy = chosen_parts(settings).strategy
    if strategy.verifies and (not isinstance(predictor, ShadowPredictor) or not predictor.shadows):
        message = f"{strategy.name} verifies tokens in a way that this model cannot: choose another strategy."
        raise SettingsError("remasking", message)
    is_masked = strategy.noise == MASK_NOISE
    if not (predictor.knows_noise(strategy.noise) if isinstance(predictor, NoisePredictor) else is_masked):
        message = (
            f"{strategy.name} denoises {_NOISES[strategy.noise]}, which this model never saw: choose another strategy."
        )
        raise SettingsError("remasking", message)
    return strategy
