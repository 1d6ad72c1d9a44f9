"""The looks of a token: a style for each state, coloured by what a `ColourBy` names.

States never differ by colour alone. A mask is a shade block. Noise has shade for its blanks. A prediction is italic,
and brighter where it is surer; one beyond the block has such blanks too. A token committed now is bold on a bright
background, a remasked one is bold and struck, a pinned or given one underlined.
"""

from __future__ import annotations

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color

from llada_tui.analysis.colour_scale import GUESS_STEPS, LEVELS, ColourBy, guess_level, level
from llada_tui.drawing.palette import contrast
from llada_tui.trace.cell import Cell, State

SHAPES = {
    State.MASKED: Style(),
    State.NOISE: Style(),
    State.PREDICTED: Style(italic=True),
    State.AHEAD: Style(italic=True),
    State.COMMITTED_NOW: Style(bold=True, reverse=True),
    State.COMMITTED: Style(),
    State.REMASKED: Style(strike=True, bold=True),
    State.EDITED: Style(bold=True, italic=True),
    State.GIVEN: Style(underline=True),
    State.PINNED: Style(bold=True, underline=True),
}
"""The styles that distinguish states without colour."""

SHADED = frozenset({State.NOISE, State.AHEAD})
"""The states whose blanks are shade."""
TINT_STEPS = 4
"""The number of strengths of a tint, for a word and against it."""
_TINT = 0.5
"""Share of the colour in the ground of the strongest tint."""
_POINTED = 0.3
"""Share of the accent colour in the background of what is pointed at."""
_TILE_GROUND, _MASK_GROUND = 0.2, 0.6
"""Share of a state's colour in the ground of its tile, and of that of masks, which have no word on them."""
_GRADES = (Style(dim=True), Style(dim=False), Style(dim=False, bold=True))
"""The levels of a scale without colours, from unsure to sure."""
_STATES = tuple(State)
_ENDS = {
    ColourBy.ORDER: ("masked", "committed-now"),
    ColourBy.REVISIONS: ("committed", "taken-back"),
    ColourBy.RECOMPUTED: ("masked", "committed-now"),
}
"""The colours at the ends of the scales that are not from unsure to sure."""
READABLE = 4.5
"""Least contrast of a text to its ground (WCAG 2.2, level AA)."""
_UNSCALED = (State.MASKED, State.NOISE, State.REMASKED, State.GIVEN, State.PINNED)
"""States that have their own colour whatever colours tokens, but for what was computed anew: that is known of all."""
_CODES = {id(state): index * (LEVELS + 1) for index, state in enumerate(_STATES)}
"""By identity: an enum's hash is computed in Python, a thousand times a frame."""

Look = int
"""A state and a level of the colour scale, or no level where the state's own colour is used, as one number. Of a
prediction coloured by state the level is its `guess_level`."""


def look(state: State, scale_level: int | None = None) -> Look:
    """The look of a state, at a level of the scale or in its own colour."""
    return _CODES[id(state)] + (0 if scale_level is None else scale_level + 1)


def looks_by_state() -> list[Look]:
    """All looks there are while tokens are coloured by state."""
    guesses = [look(State.PREDICTED, level) for level in range(len(GUESS_STEPS) + 1)]
    return [*map(look, State), *guesses]


def looks_by(by: ColourBy) -> list[Look]:
    """All looks there are while tokens are coloured by a measure."""
    levels = range(LEVELS) if by is not ColourBy.STATE else ()
    return [*looks_by_state(), *(look(state, level) for state in State for level in levels)]


def state_of(look: Look) -> State:
    """The state of a look."""
    return _STATES[look // (LEVELS + 1)]


def look_of(cell: Cell, by: ColourBy, frame: int, place: float | None = None) -> Look:
    """The look of a cell; ``place``, from 0 to 1, is its place on the scale of entropies, of revisions or of what was
    computed anew, if known."""
    state = cell.state
    if by is ColourBy.STATE:
        return _CODES[id(state)] + (1 + guess_level(cell.confidence) if state is State.PREDICTED else 0)
    if by is ColourBy.RECOMPUTED:
        return look(state, None if place is None else level(place))
    if state in _UNSCALED:
        return _CODES[id(state)]
    share: float | None
    if by is ColourBy.ENTROPY or by is ColourBy.REVISIONS:
        share = place
    elif by is ColourBy.CONFIDENCE:
        share = cell.confidence
    else:
        share = 1.0 if cell.guessed or frame <= 0 else cell.since / frame
    return look(state, None if share is None else level(share))


class TokenStyles:
    """The styles of looks, from a theme's CSS variables; made once for a theme."""

    def __init__(self, variables: dict[str, str], base: Style, *, ansi: bool = False, plain: bool = False) -> None:
        """``base``: the style under every token. ``ansi``: the terminal's own colours. ``plain``: no colours, so masks
        and predictions are dimmed, a selected token is reversed and underlined, and a scale has three grades."""
        self._colours = {
            name.removeprefix("token-"): value for name, value in variables.items() if name.startswith("token-")
        }
        self.base = base
        self._colour_by = ColourBy.STATE
        self.fades = False
        """Whether a guess coloured by its state fades in: its level is then that of its confidence."""
        self._ansi = ansi
        self._plain = plain
        self._styles: dict[tuple[Look, bool, bool, int], Style] = {}
        self.of_spans: dict[tuple[Look, int], tuple[Style, bool, bool]] = {}
        """The styles that `draw_row` has asked for, by look and mark, with what else it asks of them."""
        accent, ground = variables.get("accent", "white"), variables.get("background", "black")
        self._accent, self._ground = accent, Color.parse(ground)
        self._selected = Style(bgcolor=_rich(accent), color=_rich(ground), bold=True)
        self._pointed = Style(underline=True, bold=True)
        self._shade = None if ansi else Color.parse(ground).blend(Color.parse(accent), _POINTED)
        self._strongest = Color.parse("black" if Color.parse(ground).brightness > 0.5 else "white")

    @property
    def colour_by(self) -> ColourBy:
        """The measure that colours tokens."""
        return self._colour_by

    @colour_by.setter
    def colour_by(self, colour_by: ColourBy) -> None:
        self._colour_by = colour_by
        self._styles.clear()
        self.of_spans.clear()

    def style(self, look: Look, *, selected: bool = False, pointed: bool = False, tint: int = 0) -> Style:
        """The style of a look. A selected token has the accent colour as its background; one that is pointed at has a
        shade of it and is underlined; one with a ``tint`` has a shade of the accent colour, or of that for taken back
        where the tint is below 0."""
        key = (look, selected, pointed, tint)
        if (style := self._styles.get(key)) is None:
            style = self.base + self._make(look, selected)
            if tint and not selected and not style.reverse:
                style += self._tinted(style, tint)
            elif pointed and not selected:  # a shade under reversed words would be the words' own colour
                style += self._pointed if style.reverse else self._shaded(style)
            self._styles[key] = style
        return style

    def _shaded(self, style: Style) -> Style:
        """The change that makes a style that of something pointed at. Its colour is made stronger until it can be read
        there."""
        if self._shade is None or style.color is None:
            return self._pointed
        return self._pointed + self._readable(Color.from_rich_color(style.color), self._shade)

    def tint_ground(self, tint: int) -> Color | None:
        """The ground of a tint; None where there are no shades."""
        if self._shade is None or self._plain or self.base.bgcolor is None:
            return None
        colour = self._accent if tint > 0 else self._colours.get("taken-back", self._accent)
        ground = Color.from_rich_color(self.base.bgcolor)
        return ground.blend(Color.parse(colour), _TINT * abs(tint) / TINT_STEPS)

    def _tinted(self, style: Style, tint: int) -> Style:
        ground = self.tint_ground(tint)
        if ground is None or style.color is None:
            return self._pointed if tint > 0 else Style(underline=True)
        return self._readable(Color.from_rich_color(style.color), ground)

    def _readable(self, colour: Color, ground: Color) -> Style:
        """A colour on a ground; the colour is made stronger until it can be read there."""
        tried = (colour.blend(self._strongest, share / 10) for share in range(11))
        readable = next((shade for shade in tried if contrast(shade, ground) >= READABLE), self._strongest)
        return Style(bgcolor=ground.rich_color, color=readable.rich_color)

    def tile(self, look: Look, *, selected: bool = False, pointed: bool = False, tint: int = 0) -> Style:
        """The style of a large tile of this look: a shade of the state's colour is its ground. A mask is a tile of its
        own colour. Without colours, or with the terminal's own, only a word kept now has a ground."""
        style = self.style(look, selected=selected, pointed=pointed, tint=tint)
        shape = Style(dim=style.dim, bold=style.bold)
        if style.reverse and self._ansi:  # the terminal's own ground has no name as a colour of letters
            return shape + Style(color=style.color, reverse=True)
        if style.reverse:
            return shape + Style(color=self.base.bgcolor, bgcolor=style.color, reverse=style.color is None)
        if self._ansi or self._plain or style.color is None or self.base.bgcolor is None:
            return shape + Style(color=style.color)
        ground, colour = Color.from_rich_color(self.base.bgcolor), Color.from_rich_color(style.color)
        if selected or pointed or tint:
            return shape + Style(color=style.color, bgcolor=style.bgcolor)
        share = _MASK_GROUND if state_of(look) is State.MASKED else _TILE_GROUND
        return shape + self._readable(colour, ground.blend(colour, share))

    def _make(self, look: Look, selected: bool) -> Style:
        index, level = divmod(look, LEVELS + 1)
        state, level = _STATES[index], level - 1
        shape = SHAPES[state]
        if selected and self._plain:
            return shape + Style(reverse=True, underline=True, bold=True, dim=False)
        if selected:
            return shape + Style(reverse=self._ansi, dim=False) + (Style() if self._ansi else self._selected)
        if self._plain and state in (State.MASKED, State.NOISE, State.PREDICTED, State.AHEAD):
            shape += Style(dim=True)
        if level < 0:
            return shape + Style(color=self._colour(state.value.replace(" ", "-")))
        if self.colour_by is ColourBy.STATE and self.fades and self._plain:
            return shape + _GRADES[level * len(_GRADES) // LEVELS]
        if self.colour_by is ColourBy.STATE and self.fades and not self._ansi:
            return shape + Style(color=self._faded("predicted", (level + 1) / LEVELS))
        if self.colour_by is ColourBy.STATE:
            return shape + Style(color=self._blend("predicted-unsure", "predicted", level / len(GUESS_STEPS)))
        if self._plain:
            grade = _GRADES[level * len(_GRADES) // LEVELS]
            return shape + grade + Style(bold=False if shape.reverse and grade.dim else None)  # no ground is dim
        ends = _ENDS.get(self.colour_by, ("low", "high"))
        is_dim = state is State.AHEAD and self.colour_by is not ColourBy.RECOMPUTED
        return shape + Style(color=self._blend(*ends, level / (LEVELS - 1)), dim=is_dim)

    def _colour(self, name: str) -> RichColor | None:
        return _rich(self._colours[name]) if name in self._colours else None

    def _faded(self, name: str, share: float) -> RichColor | None:
        """A colour on its way from the ground to itself."""
        if name not in self._colours:
            return None
        return self._ground.blend(Color.parse(self._colours[name]), share).rich_color

    def _blend(self, low: str, high: str, share: float) -> RichColor | None:
        """A colour between two: ``share`` is 0 at ``low``, 1 at ``high``. The terminal's own colours do not blend."""
        first, last = self._colours.get(low), self._colours.get(high)
        if first is None or last is None:
            return None
        if self._ansi:
            return _rich(last if share >= 0.5 else first)
        return Color.parse(first).blend(Color.parse(last), share).rich_color


def _rich(value: str) -> RichColor:
    return Color.parse(value).rich_color
