"""The cache policies, found by walking this package: a new one is a new file here, nothing else changes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from llada_tui.diffusion.cache_policy import CachePolicy
from llada_tui.registry import classes_in
from llada_tui.settings.sampler_settings import SettingsError, either


@cache
def by_name() -> dict[str, type[CachePolicy]]:
    """Every cache policy by its name: those that run more of the canvas in a step come first."""

    def order(kind: type[CachePolicy]) -> tuple[bool, int, str]:
        window = kind().window(1, 2, 4)
        return not kind.exact, window.start - window.stop, kind.name

    kinds: list[type[CachePolicy]] = classes_in(__path__, __name__, CachePolicy)
    return {kind.name: kind for kind in sorted(kinds, key=order)}


def get(name: str, values: Mapping[str, float] | None = None) -> CachePolicy:
    """The policy called ``name`` with these parameters. Raises `SettingsError` when there is none or it refuses."""
    try:
        kind = by_name()[name]
    except KeyError:
        raise SettingsError("cache", f"cache must be {either(list(by_name()))}, not {name!r}.") from None
    return kind(values)
