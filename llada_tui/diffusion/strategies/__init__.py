"""The remasking strategies, found by walking this package: a new one is a new file here, nothing else changes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from llada_tui.diffusion.strategy import Strategy
from llada_tui.registry import classes_in
from llada_tui.settings.sampler_settings import SettingsError


@cache
def by_name() -> dict[str, type[Strategy]]:
    """Every strategy by its name, the published default first, the others in alphabetical order."""
    kinds: list[type[Strategy]] = classes_in(__path__, __name__, Strategy)
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: (kind.name != "low_confidence", kind.name))}


def get(name: str, values: Mapping[str, float] | None = None) -> Strategy:
    """The strategy called ``name`` with these parameters. Raises `SettingsError` when there is none or it refuses."""
    try:
        kind = by_name()[name]
    except KeyError:
        raise SettingsError(
            "remasking", f"There is no remasking strategy named {name}; there are {', '.join(by_name())}."
        ) from None
    return kind(values)
