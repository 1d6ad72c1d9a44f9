"""The picture of a moment: the question, the canvas, how far the run is, and what the looks mean, as lines of text.

Every format draws these same lines, of one width and, for all moments of a sheet, of one height.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from llada_tui.analysis.colour_scale import LEVELS, ColourBy
from llada_tui.drawing.frame_rows import Picture
from llada_tui.drawing.painter import Painter, look, state_of
from llada_tui.drawing.palette import Palette
from llada_tui.drawing.row_segments import PLAIN, draw_row
from llada_tui.drawing.state_labels import legend
from llada_tui.drawing.text_flow import Flow
from llada_tui.export.run_timeline import Moment, Story
from llada_tui.trace.events import FINISHED
from llada_tui.trace.run import State
from llada_tui.trace.text import clean

MARGIN = 2
"""Blank columns at either side."""
_MOST_QUESTION = 4
"""Lines of the question that are shown."""

Line = list[Segment]


class Sheet:
    """Draws moments of a story in the colours of a palette, as wide as ``width`` columns."""

    def __init__(
        self,
        story: Story,
        palette: Palette,
        *,
        width: int = 100,
        moments: Sequence[Moment] | None = None,
        by: ColourBy = ColourBy.STATE,
        guesses: bool = True,
        ground: bool = True,
    ) -> None:
        """``ground``: whether the palette's background lies under everything."""
        self.story, self.width, self.by, self.guesses = story, width, by, guesses
        self.moments = list(story.moments if moments is None else moments)
        variables = palette.variables()
        self.background, self.foreground = (Color.parse(variables[name]) for name in ("background", "foreground"))
        base = Style(color=self.foreground.rich_color, bgcolor=self.background.rich_color if ground else None)
        self.base = base
        self._strong = base + Style(bold=True)
        self._quiet = base + Style(color=self.background.blend(self.foreground, 0.6).rich_color)
        self._faint = base + Style(color=self.background.blend(self.foreground, 0.25).rich_color)
        self._accent = base + Style(color=Color.parse(variables["accent"]).rich_color)
        self.painter = Painter(variables, base)
        self.painter.by = by
        self._picture = Picture()
        self._question = self._wrapped(clean(story.run.question))
        self._present: set[State] = set()
        self.rows = 0
        for moment in self.moments:
            self._show(moment)
            self.rows = max(self.rows, len(self._picture.rows))
            self._present.update(map(state_of, set(self._picture.looks)))

    @property
    def room(self) -> int:
        """Columns between the margins."""
        return self.width - 2 * MARGIN

    @property
    def height(self) -> int:
        return len(self._question) + self.rows + 6

    @property
    def styles(self) -> list[Style]:
        """Every style in which something else than a token is drawn."""
        return [self.base, self._strong, self._quiet, self._faint, self._accent]

    def _show(self, moment: Moment) -> None:
        self._picture.show(moment.run, moment.frame, self.by, self.guesses, self.room)

    def _wrapped(self, text: str) -> list[str]:
        words = re.findall(r"\s*\S+", " ".join(text.split()))
        rows = Flow(words, [False] * len(words), self.room).all() if words else []
        lines = ["".join(span.text for span in row) for row in rows]
        if len(lines) > _MOST_QUESTION:
            lines = lines[:_MOST_QUESTION]
            lines[-1] = set_cell_size(lines[-1], min(cell_len(lines[-1]), self.room - 2)) + " …"
        return lines

    # -- lines --------------------------------------------------------------------------------------------------------

    def lines(self, moment: Moment) -> list[Line]:
        """The picture of a moment, every line as wide as the sheet."""
        self._show(moment)
        looks = self._picture.looks
        canvas = [
            draw_row([(span.text, looks[span.position], PLAIN) for span in row], self.painter)
            for row in self._picture.rows
        ]
        canvas += [[] for _ in range(self.rows - len(canvas))]
        question = [[Segment(line, self._strong)] for line in self._question]
        lines: list[Line] = [[], *question, [], *canvas, [], self._progress(moment), self._legend(), []]
        return [self._padded(line) for line in lines]

    def plain(self, moment: Moment) -> str:
        """The picture of a moment as text, without the legend, which is about looks."""
        lines = ["".join(segment.text for segment in line)[MARGIN:].rstrip() for line in self.lines(moment)]
        return "\n".join([*lines[1:-2], ""])

    def canvas(self, moment: Moment) -> str:
        """The canvas of a moment as text."""
        self._show(moment)
        return "\n".join("".join(span.text for span in row).rstrip() for row in self._picture.rows)

    def _padded(self, line: Line) -> Line:
        """A line with its margins, exactly as wide as the sheet."""
        fitted = Segment.adjust_line_length(line, self.room, self.base)
        return [Segment(" " * MARGIN, self.base), *fitted, Segment(" " * MARGIN, self.base)]

    def _progress(self, moment: Moment) -> Line:
        """How far the run is, in words and as a line."""
        words = f"{caption(self.story, moment, steady=len(self.moments) > 1)}  "
        model = f"  {clean(self.story.run.start.model.id).replace(chr(10), ' ').rstrip('/').rpartition('/')[2]}"
        size = self.room - cell_len(words) - cell_len(model)
        if size < 8:
            model, size = "", self.room - cell_len(words)
        if size < 8:
            return [Segment(words.rstrip(), self.base)]
        first = self.story.steps[0]
        done = round((size - 1) * (moment.step - first) / max(self.story.total - first, 1))
        return [
            Segment(words, self.base),
            Segment("━" * done + "●", self._accent),
            Segment("━" * (size - 1 - done), self._faint),
            Segment(model, self._quiet),
        ]

    def _legend(self) -> Line:
        if self.by is ColourBy.STATE:
            line: Line = []
            for sample in legend(self._present, self.room):
                line += (
                    Segment(sample.text, self.painter.style(look(sample.state))),
                    Segment(" " * sample.gap, self.base),
                )
            return line
        first, last = ("first", "latest") if self.by is ColourBy.ORDER else ("unsure", "sure")
        scale = [Segment("■", self.painter.style(look(State.COMMITTED, level))) for level in range(LEVELS)]
        words = Segment(f"{self.by.value}: {first} ", self._quiet)
        return [words, *scale, Segment(f" {last}", self._quiet)]


def caption(story: Story, moment: Moment, *, steady: bool = False) -> str:
    """Where a moment is: ``step 23/64 · 41 masks``. ``steady``: numbers keep their width from moment to moment."""
    last, left = story.total, moment.run.masks_left(moment.frame)
    step, masks = f"{moment.step}", f"{left}"
    if steady:
        step, masks = step.rjust(len(str(last))), masks.rjust(len(str(moment.run.length)))
    words = f"step {step}/{last} · {masks} mask{'s' * (left != 1)}"
    end = moment.run.end
    if moment.by_hand:
        return f"{words} · changed by hand"
    if end is not None and end.reason != FINISHED and moment.step == last:
        return f"{words} · {clean(end.reason)[:20]}"
    return words
