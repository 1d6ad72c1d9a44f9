"""Themes from TOML files: those that ship and those in the user's ``themes`` folder, which win."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

from llada_tui.trace.run import State

DEFAULT = "llada-dark"
TOKEN_COLOURS = (*(state.value.replace(" ", "-") for state in State), "low", "high")
"""What a theme's ``[tokens]`` table may hold: a colour for each token state, and the ends of the confidence scale."""

_COLOURS = (
    "primary",
    "secondary",
    "accent",
    "warning",
    "error",
    "success",
    "foreground",
    "background",
    "surface",
    "panel",
)


class ThemeError(ValueError):
    """A theme file that cannot be used; the message is one sentence."""


def token_variables(tokens: dict[str, str]) -> dict[str, str]:
    """CSS variables for token colours."""
    return {f"token-{name}": colour for name, colour in tokens.items()}


def parse_theme(text: str, source: str) -> Theme:
    """A theme from TOML. Raises `ThemeError` naming the file and what is wrong with it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ThemeError(f"{source} is not valid TOML: {error}.") from None
    name = table.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9-]{1,40}", name):
        raise ThemeError(f"{source} needs a name of lower-case letters, digits and dashes.")
    tokens = table.get("tokens", {})
    if not isinstance(tokens, dict) or (unknown := set(tokens) - set(TOKEN_COLOURS)):
        wrong = sorted(unknown) if isinstance(tokens, dict) else tokens
        raise ThemeError(f"{source}: [tokens] does not know {wrong}; it takes {', '.join(TOKEN_COLOURS)}.")
    colours = {key: table[key] for key in _COLOURS if key in table}
    if "primary" not in colours:
        raise ThemeError(f"{source} needs a primary colour.")
    border = {"pane-border": table["border"]} if "border" in table else {}
    for key, value in (*colours.items(), *tokens.items(), *border.items()):
        _check_colour(source, key, value)
    return Theme(
        name=name,
        dark=bool(table.get("dark", True)),
        ansi=bool(table.get("ansi", False)),
        variables={**_ansi_variables(table), **border, **token_variables(tokens)},
        **colours,
    )


def _ansi_variables(table: dict[str, Any]) -> dict[str, str]:
    """A theme of the terminal's colours takes Textual's own choices for cursors, borders and scrollbars."""
    if not table.get("ansi"):
        return {}
    return dict(BUILTIN_THEMES["ansi-dark" if table.get("dark", True) else "ansi-light"].variables)


def _check_colour(source: str, key: str, value: object) -> None:
    try:
        Color.parse(value if isinstance(value, str) else "")
    except ColorParseError:
        raise ThemeError(f"{source}: {key} = {value!r} is not a colour.") from None


def load_themes(folders: Iterable[Path]) -> tuple[dict[str, Theme], list[str]]:
    """Every theme in the folders by name, later folders winning, and a sentence for each file that cannot be used."""
    themes: dict[str, Theme] = {}
    problems = []
    for folder in folders:
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
            try:
                theme = parse_theme(path.read_text("utf-8"), path.name)
            except ThemeError as error:
                problems.append(str(error))
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{path.name} cannot be read: {error}.")
            else:
                themes[theme.name] = theme
    return themes, problems
