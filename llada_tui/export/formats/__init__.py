"""The export formats, found by walking this package: a new one is a new file here, nothing else changes."""

from __future__ import annotations

from functools import cache

from llada_tui.export.export_format import ExportFormat
from llada_tui.registry import classes_in
from llada_tui.settings.sampler_settings import either


@cache
def by_name() -> dict[str, ExportFormat]:
    """Every format by its name, in alphabetical order."""
    kinds: list[type[ExportFormat]] = classes_in(__path__, __name__, ExportFormat)
    return {kind.name: kind() for kind in sorted(kinds, key=lambda kind: kind.name)}


def find(name: str | None, suffix: str) -> ExportFormat | None:
    """The format of a name, or of a file's suffix where no name is given, in any case; None if there is none."""
    if name is not None:
        return by_name().get(name.lower())
    return next((format for format in by_name().values() if suffix.lower() in format.suffixes), None)


def screen_picture() -> ExportFormat:
    """The format of the pictures that the screen saves."""
    return next(format for format in by_name().values() if format.is_screen_picture)


def in_words() -> str:
    """Every format's name, with what it is."""
    return "; ".join(f"{name}, {format.summary}" for name, format in by_name().items())


def takers(option: str) -> str:
    """The formats that take an option, in words."""
    return either([name for name, format in by_name().items() if option in format.options])
