"""The drawing of a cell of spacetime: two half blocks, each with the code of a state, or on the crosshair."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from rich.cells import cell_len, set_cell_size
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from llada_tui.analysis.colour_scale import LEVELS, ColourBy
from llada_tui.analysis.spacetime import BLANK, MOST_CODES, state_of
from llada_tui.drawing.token_styles import TokenStyles, look
from llada_tui.trace.cell import State
from llada_tui.trace.text import clean

CROSSED = 128
"""Added to the code of a cell on the crosshair."""
POINT = 127
"""The code of the point where the crosshair's lines meet."""
ON_LINE = bytes(code + CROSSED if code < MOST_CODES else 254 if code == BLANK else code for code in range(256))
_STRENGTH = {State.MASKED: 0.28, State.NOISE: 0.28, State.AHEAD: 0.42, State.PREDICTED: 0.58, State.COMMITTED: 0.85}
"""The strength with which states stand out from the ground: what happens in a step must be seen first, then what is
committed."""
_CACHED = 0.35
"""The strength of what comes from the cache, where colours tell what was computed anew."""
_RUNS = re.compile(rb"((..)\2*)", re.DOTALL).findall
"""Cells that are alike and side by side, of codes in pairs."""
_MOST = 65536
"""Most runs of cells that are remembered."""
_COMMITTED = {State.COMMITTED, State.COMMITTED_NOW, State.GIVEN, State.PINNED, State.EDITED}


class CellSegments(dict[bytes, Segment]):
    """Segments of cells that are alike and side by side, by the codes of their upper and lower halves in pairs.

    They are made once and shared by all rows: to make thousands of new ones a frame, and to search them for garbage,
    would take longer than a frame has. ``base`` is the style of the ground, ``theme`` holds the theme's variables.
    ``ansi`` says that there are only the terminal's own colours, ``no_color`` that there are none. ``finish`` is
    called with all segments.
    """

    def __init__(
        self,
        base: Style,
        theme: Mapping[str, str],
        token_styles: TokenStyles,
        no_color: bool,
        ansi: bool,
        finish: Callable[[list[Segment]], list[Segment]] = list,
    ) -> None:
        super().__init__()
        self.base = base
        self.theme = theme
        self.token_styles = token_styles
        self.no_color = no_color
        self.ansi = ansi
        self.finish = finish
        self._styles: dict[bytes, tuple[str, Style | None]] = {}
        self._colours: dict[int, RichColor | None] = {}

    def row(self, top: bytes, bottom: bytes) -> list[Segment]:
        """The segments of a row of cells, by the codes of its halves, which are of one length."""
        pairs = bytearray(2 * len(top))
        pairs[::2], pairs[1::2] = top, bottom
        return [self[pairs_alike] for pairs_alike, _ in _RUNS(pairs)]

    def with_words(self, cells: list[Segment], words: Sequence[str], starts: Sequence[int]) -> list[Segment]:
        """A row of cells with a word on each position, as much of it as leaves a cell free. ``starts``: the first cell
        of each position, and the one behind the last. Words are left out where there are no colours to write on."""
        if self.no_color or self.ansi:
            return cells
        row = Strip(cells)
        drawn: list[Segment] = []
        for word, start, stop in zip(words, starts, starts[1:], strict=False):
            text = Segment(set_cell_size(clean(word), stop - start - 1) + " ")
            _, text = text.split_cells(max(-start, 0))
            for part in row.crop(max(start, 0), min(stop, row.cell_length)):
                ground = part.style.bgcolor if part.style is not None and part.text.isspace() else None
                (shown, *_), text = text.split_cells(cell_len(part.text))
                if ground is None or not shown.strip():
                    drawn.append(part)
                else:
                    colour = Color.from_rich_color(ground).get_contrast_text(1.0)
                    drawn.append(Segment(shown, self.base + Style(bgcolor=ground, color=colour.rich_color)))
        return drawn

    def __missing__(self, pairs_alike: bytes) -> Segment:
        if len(self) >= _MOST:
            self.clear()
        pair = pairs_alike[:2]
        if pair not in self._styles:
            text, style, _ = self.finish([Segment(*self._style(*pair))])[0]
            self._styles[pair] = text, style
        text, style = self._styles[pair]
        segment = self[pairs_alike] = Segment(text * (len(pairs_alike) // 2), style)
        return segment

    def _style(self, top: int, bottom: int) -> tuple[str, Style]:
        """The character and style of a cell with a code in each half."""
        if self.no_color:
            return self._without_colour(top, bottom)
        if self.ansi and any(code >= POINT and code != BLANK for code in (top, bottom)):
            return self._crossed(top, bottom)
        above, below = self._colour(top), self._colour(bottom)
        base = self.base
        if above == below:
            if above is None:
                return " ", base
            return ("█", base + Style(color=above)) if above.is_default else (" ", base + Style(bgcolor=above))
        if above is None or (below is not None and below.is_default):
            return "▄", base + Style(color=below, bgcolor=above)  # the default colour is another one as a ground
        return "▀", base + Style(color=above, bgcolor=below)

    def _without_colour(self, top: int, bottom: int) -> tuple[str, Style]:
        """A committed token is a block, a mask a light shade, a prediction a darker one; the crosshair is dotted. Where
        colours tell what was computed anew, that is a block, and what comes from the cache a light shade."""
        crossed = any(code >= CROSSED - 1 and code != BLANK for code in (top, bottom))
        if POINT in (top, bottom):
            return "┼", self.base + Style(bold=True)
        uncrossed = [code - CROSSED if CROSSED <= code < BLANK - 1 else code for code in (top, bottom)]
        looks = [state_of(code) if code < MOST_CODES else (None, None) for code in uncrossed]
        states = {state for state, _ in looks} - {None}
        filled = [self._is_filled(state, level) for state, level in looks]
        if crossed:
            return "·", self.base + Style(reverse=any(filled))
        if any(filled):
            return "█" if all(filled) else "▀" if filled[0] else "▄", self.base
        is_darker = any(state is State.PREDICTED and not self._by_share(level) for state, level in looks)
        return "▒" if is_darker else "░" if states else " ", self.base

    def _by_share(self, level: int | None) -> bool:
        """Whether a cell is drawn by the part of the layers that computed it anew, whatever stands there."""
        return level is not None and self.token_styles.colour_by is ColourBy.RECOMPUTED

    def _is_filled(self, state: State | None, level: int | None) -> bool:
        if level is not None and self._by_share(level):
            return level >= LEVELS // 2
        return state in _COMMITTED

    def _crossed(self, top: int, bottom: int) -> tuple[str, Style]:
        """A cell on the crosshair in the terminal's own colours, of which no two can be mixed: dotted, on the state."""
        accent = Color.parse(self.theme["accent"]).rich_color
        if POINT in (top, bottom):
            return "┼", self.base + Style(color=accent, bold=True)
        code = next(code - CROSSED for code in (top, bottom) if code >= CROSSED and code != BLANK)
        ground = self._colour(code) if code < MOST_CODES else None
        if ground is not None and ground.is_default:  # the default colour is another one as a ground
            return "·", self.base + Style(reverse=True)
        return "·", self.base + Style(color=accent, bgcolor=ground, bold=True)

    def _colour(self, code: int) -> RichColor | None:
        """The colour of a half block; None for the ground."""
        if code not in self._colours:
            self._colours[code] = self._mix(code)
        return self._colours[code]

    def _mix(self, code: int) -> RichColor | None:
        ansi = self.ansi
        accent = Color.parse(self.theme["accent"])
        if code == POINT:
            return accent.rich_color
        crossed = code >= CROSSED and code != BLANK
        uncrossed = code - CROSSED if CROSSED <= code < BLANK - 1 else BLANK if crossed else code
        ground = Color.parse(self.theme["background"])
        if uncrossed == BLANK:
            return ground.blend(accent, 0.35).rich_color if crossed else None
        state, level = state_of(uncrossed)
        by_share = self._by_share(level)
        undecided = state in (State.MASKED, State.NOISE, State.AHEAD, State.PREDICTED)
        if ansi and not by_share and undecided:  # few colours, none mixed
            return None if state is not State.PREDICTED else self.token_styles.style(look(State.MASKED)).color
        token_colour = self.token_styles.style(look(state, level)).color
        if token_colour is None or ansi:
            return accent.rich_color if crossed and not ansi else token_colour
        colour = Color.from_rich_color(token_colour)
        strength = _STRENGTH.get(state, 1.0)
        if by_share and level is not None:  # bright where it was computed anew
            strength = _CACHED + (1 - _CACHED) * level / (LEVELS - 1)
        colour = ground.blend(colour, strength)
        return (colour.blend(accent, 0.5) if crossed else colour).rich_color
