"""Palettes as Textual's themes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from textual.theme import BUILTIN_THEMES, Theme

from llada_tui.drawing.palette import Palette, load_palettes, token_variables


def theme_of(palette: Palette) -> Theme:
    """The theme of a palette. One of the terminal's colours takes Textual's own for cursors, borders and scrollbars."""
    ansi = BUILTIN_THEMES["ansi-dark" if palette.dark else "ansi-light"].variables if palette.ansi else {}
    border = {"pane-border": palette.border} if palette.border else {}
    colours: dict[str, Any] = {**palette.colours}
    return Theme(
        name=palette.name,
        dark=palette.dark,
        ansi=palette.ansi,
        variables={**ansi, **border, **token_variables(palette.tokens)},
        **colours,
    )


def load_themes(folders: Iterable[Path]) -> tuple[dict[str, Theme], list[str]]:
    """Every theme in the folders by name, later folders winning, and a sentence for each file that cannot be used."""
    palettes, problems = load_palettes(folders)
    return {name: theme_of(palette) for name, palette in palettes.items()}, problems
