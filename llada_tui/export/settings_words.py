"""A run's settings in words."""

from __future__ import annotations

import msgspec

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.text import clean


def settings_of(settings: SamplerSettings) -> list[tuple[str, str]]:
    """Names and values of the settings that are always worth saying, and of those that differ from their defaults."""
    defaults = msgspec.structs.asdict(SamplerSettings())
    always = ("steps", "gen_length", "block_length", "temperature", "remasking", "seed")
    values = msgspec.structs.asdict(settings)
    return [(name, _in_words(value)) for name, value in values.items() if name in always or value != defaults[name]]


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return clean(f"{value:g}" if isinstance(value, float) else str(value)).replace("\n", " ")
