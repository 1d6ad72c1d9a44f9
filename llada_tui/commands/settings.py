"""The settings that a command starts from, checked before anything slow begins."""

from __future__ import annotations

from typing import Any

from llada_tui.models.catalog import DEMO
from llada_tui.trace.presets import CHAT, DEMO_CHAT, Preset, choose
from llada_tui.trace.settings import SamplerSettings


def chosen(source: str, preset: Preset | None, changes: dict[str, Any], worker: str | None) -> SamplerSettings:
    """What was asked for, over the defaults for a model. Raises `SettingsError`.

    A worker of another version may know other strategies: only it can tell whether it has one.
    """
    settings = choose(DEMO_CHAT if source == DEMO else CHAT, preset, changes)
    if worker is None:
        from llada_tui.diffusion import strategies

        strategies.get(settings.remasking, settings.remasking_params)
    return settings
