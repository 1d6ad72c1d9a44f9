"""Palettes: the colours of tokens and of what is around them, from the theme files that ship and the user's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from textual.color import Color, ColorParseError

from llada_tui.paths import files_in, read_plain, reason
from llada_tui.trace.cell import State

MAX_BYTES = 100_000
"""Largest theme file that is read."""
DARK, LIGHT, ANSI = "llada-dark", "llada-light", "llada-ansi"
DEFAULT = DARK
TOKEN_COLOURS = (*(state.value.replace(" ", "-") for state in State), "predicted-unsure", "low", "high")
"""Keys of a theme's ``[tokens]`` table: the token states (``predicted`` is a guess that is sure), a guess that is not
sure, and the ends of the confidence scale."""

COLOURS = (
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


def default_palette(console: Console, *, plain: bool = False) -> str:
    """The name of the palette where none is chosen. A terminal of sixteen colours shows its own: others would be
    rounded to them, and states would look alike. ``plain``: no colours are wanted."""
    return ANSI if console.color_system == "standard" and not (plain or console.no_color) else DEFAULT


class ThemeError(ValueError):
    """A theme file that cannot be used; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Palette:
    """A theme file: its ``colours`` by the names of `COLOURS`, and its ``tokens`` by those of `TOKEN_COLOURS`.

    ``ansi``: the colours are the terminal's own, which only a terminal knows.
    """

    name: str
    dark: bool
    ansi: bool
    colours: dict[str, str]
    tokens: dict[str, str]
    border: str | None = None

    def variables(self) -> dict[str, str]:
        """The colours that a `TokenStyles` takes: the theme's own where it has them, and the usual ones."""
        return {**_COLOURS_OF[self.dark], **self.colours, **token_variables(default_tokens(self.dark) | self.tokens)}


def token_variables(tokens: dict[str, str]) -> dict[str, str]:
    """CSS variables for token colours."""
    return {f"token-{name}": colour for name, colour in tokens.items()}


def contrast(first: Color, second: Color) -> float:
    """The contrast of two colours as WCAG 2.2 defines it ("contrast ratio"), 1 to 21."""
    low, high = sorted(_luminance(colour) for colour in (first, second))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Color) -> float:
    """Relative luminance as WCAG 2.2 defines it, 0 to 1."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def default_tokens(dark: bool) -> dict[str, str]:
    """Colours of tokens on a dark or a light ground, for themes that bring none."""
    return {name: pair[0 if dark else 1] for name, pair in _TOKENS.items()}


_TOKENS = {
    "masked": ("#8a8d96", "#6f7380"),
    "noise": ("#8a8d96", "#6f7380"),
    "predicted": ("#b79cff", "#5b21b6"),
    "predicted-unsure": ("#9480dc", "#7a4bd0"),
    "looked-ahead": ("#9388bb", "#6f648a"),
    "committed-now": ("#ffd479", "#a34a00"),
    "committed": ("#e4e7f0", "#1c1f28"),
    "taken-back": ("#ff6b6b", "#c62828"),
    "edited": ("#f2a7ff", "#a8107c"),
    "given": ("#8fb8a8", "#2f6b58"),
    "pinned": ("#7de2d1", "#00696b"),
    "low": ("#e06c75", "#b3261e"),
    "high": ("#8fd694", "#2f7d32"),
}
_COLOURS_OF = {
    True: {"background": "#14161f", "panel": "#222636", "foreground": "#c8cee6", "accent": "#7aa2f7"},
    False: {"background": "#fbfbf9", "panel": "#e6e6df", "foreground": "#23262f", "accent": "#2756b8"},
}
"""Colours for themes that do not set them, by whether the theme is dark."""


def parse_palette(text: str, source: str) -> Palette:
    """A palette from TOML. Raises `ThemeError` naming the file and what is wrong with it."""
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise ThemeError(f"{source} is not valid TOML: its lists are nested too deep.") from None
    except ValueError as error:  # a number of thousands of digits, too
        raise ThemeError(f"{source} is not valid TOML: {error}.") from None
    name = table.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9-]{1,40}", name):
        raise ThemeError(f"{source} needs a name of lower-case letters, digits and dashes.")
    tokens = table.get("tokens", {})
    if not isinstance(tokens, dict) or (unknown := set(tokens) - set(TOKEN_COLOURS)):
        wrong = sorted(unknown) if isinstance(tokens, dict) else tokens
        raise ThemeError(f"{source}: [tokens] does not know {wrong}; it takes {', '.join(TOKEN_COLOURS)}.")
    colours = {key: table[key] for key in COLOURS if key in table}
    if "primary" not in colours:
        raise ThemeError(f"{source} needs a primary colour.")
    if "predicted" in tokens:  # a theme that names one colour for guesses means it for all of them
        tokens = {"predicted-unsure": tokens["predicted"], **tokens}
    border = table.get("border")
    for key, value in (*colours.items(), *tokens.items(), *([("border", border)] if "border" in table else [])):
        _check_colour(source, key, value)
    return Palette(name, bool(table.get("dark", True)), bool(table.get("ansi", False)), colours, tokens, border)


def _check_colour(source: str, key: str, value: object) -> None:
    try:
        Color.parse(value if isinstance(value, str) else "")
    except ColorParseError:
        raise ThemeError(f"{source}: {key} = {value!r} is not a colour.") from None


def load_palettes(folders: Iterable[Path]) -> tuple[dict[str, Palette], list[str]]:
    """Every palette in the folders by name, later folders winning, and a sentence for each file of no use."""
    palettes: dict[str, Palette] = {}
    problems = []
    for folder in folders:
        for path in files_in(folder, "*.toml"):
            try:
                palette = parse_palette(read_plain(path, MAX_BYTES).decode("utf-8-sig"), path.name)
            except ThemeError as error:
                problems.append(str(error))
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{path.name} cannot be read: {reason(error)}.")
            else:
                palettes[palette.name] = palette
    return palettes, problems
