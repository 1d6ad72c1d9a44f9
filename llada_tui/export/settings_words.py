"""A run's settings in words."""

from __future__ import annotations

import msgspec

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.text import clean


def settings_of(settings: SamplerSettings) -> list[tuple[str, str]]:
    """The settings that say something: those that every run has, and what is not as it is by itself."""
    plain = msgspec.structs.asdict(SamplerSettings())
    always = ("steps", "gen_length", "block_length", "temperature", "remasking", "seed")
    found = [(name, value) for name, value in msgspec.structs.asdict(settings).items()]
    return [(name, _said(value)) for name, value in found if name in always or value != plain[name]]


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return clean(f"{value:g}" if isinstance(value, float) else str(value)).replace("\n", " ")
