"""The heat map of a picture: it in grey, its parts coloured by what they add to a prediction."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence

from textual.color import Color

from llada_tui.drawing.half_blocks import Colour
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.shell.styled_lines import Line
from llada_tui.tui.stage.influence_lines import LEAST
from llada_tui.worker.protocol import Influences, PicturePart

_STRONGEST, _DIM = 0.8, 0.55
"""The share of the colour of what a token leans on most, and the brightness of what it does not lean on."""
_BAR = 6
"""Cells of the longest bar."""
CHOSEN = "▸"
"""Stands before the share of the part that someone points at."""
_ROWS = ("top", "middle", "bottom")
_COLUMNS = ("left", "centre", "right")


class PictureHeat:
    """The parts of one picture in rows and columns. ``most`` are the nats of the strongest part of any picture."""

    def __init__(self, parts: Sequence[PicturePart], most: float) -> None:
        self.parts = list(parts)
        self._most = most
        self._lefts = sorted({part.left for part in parts})
        self._tops = sorted({part.top for part in parts})
        self._at = {
            (self._tops.index(part.top), self._lefts.index(part.left)): index for index, part in enumerate(parts)
        }

    def index_at(self, x: float, y: float) -> int | None:
        """The index of the part at a place, in parts of width and height."""
        return self._at.get((bisect(self._tops, y) - 1, bisect(self._lefts, x) - 1))

    def beside(self, index: int, across: int, down: int) -> int:
        """The index of the part so many columns and rows away; the same where there is none."""
        row, column = next(place for place, at in self._at.items() if at == index)
        return self._at.get((row + down, column + across), index)

    def strength(self, part: PicturePart) -> float:
        """The strength with which a part speaks for the prediction, from -1, against it, to 1; 0 below what is worth
        showing."""
        return part.nats / self._most if abs(part.nats) >= LEAST and self._most else 0.0

    def tint(
        self, x: float, y: float, colour: Colour, *, towards: Colour, against: Colour, chosen: int | None
    ) -> Colour:
        """The colour in place of a pixel's; the chosen part keeps its own."""
        index = self.index_at(x, y)
        if index is None or index == chosen:
            return colour
        strength = self.strength(self.parts[index])
        red, green, blue = colour
        grey = round((0.3 * red + 0.59 * green + 0.11 * blue) * _DIM)
        heat = towards if strength > 0 else against
        mixed = Color(grey, grey, grey).blend(Color(*heat), _STRONGEST * abs(strength))
        return mixed.r, mixed.g, mixed.b


def plain_tint(heat: PictureHeat, x: float, y: float) -> Colour:
    """The brightness of a pixel where there are no colours: how strongly its part speaks for or against."""
    index = heat.index_at(x, y)
    light = 0 if index is None else min(round(255 * abs(heat.strength(heat.parts[index]))), 255)
    return light, light, light


def place_words(part: PicturePart) -> str:
    """The place of a part on its picture: ``top left``, ``middle``."""
    row = _ROWS[min(int((part.top + part.bottom) / 2 * 3), 2)]
    column = _COLUMNS[min(int((part.left + part.right) / 2 * 3), 2)]
    return "middle" if (row, column) == ("middle", "centre") else f"{row} {column}"


def heat_lines(influences: Influences, token_bytes: TokenBytes, picture: int, chosen: int | None) -> list[Line]:
    """Lines about one picture: what leans, on which of its parts most, and what that cost."""
    parts = [part for part in influences.parts if part.picture == picture]
    most = max((abs(part.nats) for part in influences.parts), default=0.0)
    name = f"“{token_bytes.label(influences.token)}” {influences.chance:.1%}"
    cost = f"one pass of {1 + len(influences.parts)} rows, {1000 * influences.seconds:.0f} ms"
    strong = sorted((part for part in parts if abs(part.nats) >= LEAST), key=lambda part: -abs(part.nats))
    lines: list[Line] = []
    chosen = chosen if chosen is not None and chosen < len(parts) else None
    if chosen is not None:
        lines.append([(CHOSEN, "bar"), *_numbered(parts[chosen], most)])
    if not strong:
        return [[(f"{name} leans on no single part of it.", "text")], *lines, [(cost, "dim")]]
    lines = [[(f"{name} leans on", "text"), (" (ln p in nats, − against)", "dim")], *lines]
    others = [part for part in strong if chosen is None or part is not parts[chosen]]
    lines += [[(" ", "dim"), *_numbered(part, most)] for part in others[: 3 if chosen is not None else 4]]
    return [*lines, [(cost, "dim")]]


def _numbered(part: PicturePart, most: float) -> Line:
    number = f"{part.nats:+.2f}".replace("-", "−")
    bar = "━" * max(round(abs(part.nats) / most * _BAR), 1) if most else ""
    return [(f"{number:>6} {place_words(part):<13} ", "text"), (bar, "bar" if part.nats > 0 else "against")]
