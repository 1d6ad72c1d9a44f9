"""How a token looks: a style for each state, by state, by confidence, or by order of commitment.

Never colour alone: masked is a shade block, predicted is italic, and so is what was seen by looking ahead, with shade
for its blanks; committed now is bold on a bright ground, a token taken back is struck, a pinned or given one
underlined.
"""

from __future__ import annotations

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color

from llada_tui.analysis.colour_scale import LEVELS, ColourBy, level
from llada_tui.trace.run import Cell, State

SHAPES = {
    State.MASKED: Style(),
    State.PREDICTED: Style(italic=True),
    State.AHEAD: Style(italic=True),
    State.COMMITTED_NOW: Style(bold=True, reverse=True),
    State.COMMITTED: Style(),
    State.REMASKED: Style(strike=True, bold=True),
    State.EDITED: Style(bold=True, italic=True),
    State.GIVEN: Style(underline=True),
    State.PINNED: Style(bold=True, underline=True),
}
"""What tells states apart without any colour."""

_POINTED = 0.3
"""Share of the accent colour in the ground of what is pointed at."""
_STATES = tuple(State)
_CODES = {id(state): index * (LEVELS + 1) for index, state in enumerate(_STATES)}
"""By identity: an enum's hash is computed in Python, a thousand times a frame."""

Look = int
"""A state and a level on the scale (or none, where the state's own colour is used): all that a style depends on."""


def look(state: State, at: int | None = None) -> Look:
    """The look of a state, at a level on the scale or in its own colour."""
    return _CODES[id(state)] + (0 if at is None else at + 1)


def state_of(look: Look) -> State:
    """The state that a look is of."""
    return _STATES[look // (LEVELS + 1)]


def look_of(cell: Cell, by: ColourBy, frame: int, sureness: float | None = None) -> Look:
    """How a cell is to be painted; ``sureness`` is how far its entropy is from wavering, where that is known."""
    state = cell.state
    if by is ColourBy.STATE or state is State.MASKED or state is State.GIVEN or state is State.PINNED:
        return _CODES[id(state)]
    if by is ColourBy.ENTROPY:
        share = sureness
    elif by is ColourBy.CONFIDENCE:
        share = cell.confidence
    else:
        share = 1.0 if cell.guessed or frame <= 0 else cell.since / frame
    return look(state, None if share is None else level(share))


class Painter:
    """Styles for looks, from a theme's CSS variables. Built once for a theme."""

    def __init__(self, variables: dict[str, str], base: Style, *, ansi: bool = False, plain: bool = False) -> None:
        """``base``: what lies under every token. ``plain``: without colours, what is unsure is dimmed as well."""
        self._colours = {
            name.removeprefix("token-"): value for name, value in variables.items() if name.startswith("token-")
        }
        self.base = base
        self.by = ColourBy.STATE
        self._ansi = ansi
        self._plain = plain
        self._styles: dict[tuple[Look, bool, bool, ColourBy], Style] = {}
        accent, ground = variables.get("accent", "white"), variables.get("background", "black")
        self._selected = Style(bgcolor=_rich(accent), color=_rich(ground), bold=True)
        self._pointed = Style(underline=True, bold=True)
        shade = None if ansi else Color.parse(ground).blend(Color.parse(accent), _POINTED).rich_color
        self._shaded = self._pointed + Style(bgcolor=shade)

    def style(self, look: Look, *, selected: bool = False, pointed: bool = False) -> Style:
        """The style of a look; a selected token stands on the accent colour, one that is pointed at on a shade of it,
        underlined."""
        key = (look, selected, pointed, self.by)
        if (style := self._styles.get(key)) is None:
            style = self.base + self._make(look, selected)
            if pointed and not selected:  # a shade under reversed words would be the words' own colour
                style += self._pointed if style.reverse else self._shaded
            self._styles[key] = style
        return style

    def _make(self, look: Look, selected: bool) -> Style:
        index, level = divmod(look, LEVELS + 1)
        state, level = _STATES[index], level - 1
        shape = SHAPES[state]
        if selected:
            return shape + Style(reverse=self._ansi, dim=False) + (Style() if self._ansi else self._selected)
        if self._plain and state in (State.MASKED, State.PREDICTED, State.AHEAD):
            shape += Style(dim=True)
        if level < 0:
            return shape + Style(color=self._colour(state.value.replace(" ", "-")))
        return shape + Style(color=self._scale(level), dim=state is State.AHEAD)

    def _colour(self, name: str) -> RichColor | None:
        return _rich(self._colours[name]) if name in self._colours else None

    def _scale(self, level: int) -> RichColor | None:
        """The colour at a level: from unsure to sure, or, by order, from the first tokens to the latest."""
        ends = ("masked", "committed-now") if self.by is ColourBy.ORDER else ("low", "high")
        low, high = (self._colours.get(end) for end in ends)
        if low is None or high is None:
            return None
        if self._ansi:
            return _rich(high if level >= LEVELS // 2 else low)
        return Color.parse(low).blend(Color.parse(high), level / (LEVELS - 1)).rich_color


def _rich(value: str) -> RichColor:
    return Color.parse(value).rich_color
