"""The length policies, found by walking this package: a new one is a new file here, nothing else changes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from llada_tui.diffusion.length_policy import LengthPolicy
from llada_tui.registry import classes_in
from llada_tui.settings.sampler_settings import FIXED_LENGTH, SettingsError, either


@cache
def by_name() -> dict[str, type[LengthPolicy]]:
    """Every length policy by its name, `FIXED_LENGTH` first, the others in alphabetical order."""
    kinds: list[type[LengthPolicy]] = classes_in(__path__, __name__, LengthPolicy)
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: (kind.name != FIXED_LENGTH, kind.name))}


def get(name: str, values: Mapping[str, float] | None = None) -> LengthPolicy:
    """The policy called ``name`` with these parameters. Raises `SettingsError` when there is none or it refuses."""
    try:
        kind = by_name()[name]
    except KeyError:
        raise SettingsError("length", f"length must be {either(list(by_name()))}, not {name!r}.") from None
    return kind(values)
