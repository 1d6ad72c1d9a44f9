"""The settings that a command starts from, checked before anything slow begins."""

from __future__ import annotations

from typing import Any

from llada_tui.cli.output import warn
from llada_tui.models.catalog import name_of
from llada_tui.settings.presets import Preset, choose, first_settings
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import ModelInfo
from llada_tui.trace.model_blocks import block_warning, in_blocks_of


def chosen(source: str, preset: Preset | None, changes: dict[str, Any], worker: str | None) -> SamplerSettings:
    """The settings that were asked for, over the defaults for a model. Raises `SettingsError`.

    A worker of another version may know other strategies: only it can tell whether it has one.
    """
    model = name_of(source)
    settings = choose(first_settings(model), preset, changes, model)
    if worker is None:
        from llada_tui.diffusion.chosen_parts import chosen_parts

        chosen_parts(settings)
    return settings


def on_model(model: ModelInfo, settings: SamplerSettings, changes: dict[str, Any]) -> SamplerSettings:
    """The settings on the model that was loaded: with its blocks, unless a person named others, which are warned of.
    Raises `SettingsError`."""
    settings = in_blocks_of(model, settings, changes)
    if words := block_warning(model, settings):
        warn(words)
    return settings
