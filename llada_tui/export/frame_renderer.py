"""A frame as lines of text: the question, the canvas, how far the run is, and what the looks of tokens mean.

Most formats draw these lines. All lines have one width, and all frames of a renderer one height.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from llada_tui.analysis.colour_scale import LEVELS, ColourBy
from llada_tui.analysis.recomputed import is_recorded
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.drawing.palette import Palette
from llada_tui.drawing.row_segments import PLAIN, draw_row
from llada_tui.drawing.run_states import undecided
from llada_tui.drawing.state_labels import legend
from llada_tui.drawing.text_flow import TextFlow
from llada_tui.drawing.token_styles import TokenStyles, look, state_of
from llada_tui.export.run_timeline import Frame, RunTimeline
from llada_tui.trace.cell import State
from llada_tui.trace.events import FINISHED
from llada_tui.trace.text import clean

MARGIN = 2
"""Blank columns at either side."""
_MOST_QUESTION = 4
"""Lines of the question that are shown."""

Line = list[Segment]


class FrameRenderer:
    """Draws frames of a timeline in the colours of a palette, as wide as ``width`` columns."""

    def __init__(
        self,
        timeline: RunTimeline,
        palette: Palette,
        frames: Sequence[Frame] | None = None,
        *,
        width: int = 100,
        colour_by: ColourBy = ColourBy.STATE,
        show_guesses: bool = True,
        fill_background: bool = True,
    ) -> None:
        """``frames``: those that will be drawn, in this order, all where none are named; the height fits the highest of
        them. Where tokens stand in a frame depends on the frames before it, so that little moves.

        ``show_guesses``: whether masks show what the model predicted. ``fill_background``: whether the palette's
        background lies under everything.
        """
        if colour_by is ColourBy.RECOMPUTED and not is_recorded(timeline.run):
            colour_by = ColourBy.STATE
        self.timeline, self.width, self.colour_by, self.show_guesses = timeline, width, colour_by, show_guesses
        self.frames = list(timeline.frames if frames is None else frames)
        variables = palette.variables()
        self.background, self.foreground = (Color.parse(variables[name]) for name in ("background", "foreground"))
        self.base = base = Style(
            color=self.foreground.rich_color, bgcolor=self.background.rich_color if fill_background else None
        )
        self._strong = base + Style(bold=True)
        self._quiet = base + Style(color=self.background.blend(self.foreground, 0.6).rich_color)
        self._faint = base + Style(color=self.background.blend(self.foreground, 0.25).rich_color)
        self._accent = base + Style(color=Color.parse(variables["accent"]).rich_color)
        self.token_styles = TokenStyles(variables, base)
        self.token_styles.colour_by = colour_by
        self._frame_rows = FrameRows()
        self._at = -1
        """The index of the frame that ``_frame_rows`` shows."""
        self._question = self._wrapped(clean(timeline.run.question))
        self._present: set[State] = set()
        self._has_end = False
        self.rows = 0
        for frame in self.frames:
            self._show(frame)
            self.rows = max(self.rows, len(self._frame_rows.rows))
            self._present.update(map(state_of, set(self._frame_rows.looks)))
            self._has_end = self._has_end or self._frame_rows.has_end

    @property
    def text_width(self) -> int:
        """Columns between the margins."""
        return self.width - 2 * MARGIN

    @property
    def height(self) -> int:
        """Lines of a frame."""
        return len(self._question) + self.rows + 6

    @property
    def styles(self) -> list[Style]:
        """Every style of what is not a token."""
        return [self.base, self._strong, self._quiet, self._faint, self._accent]

    def _show(self, frame: Frame) -> None:
        """Show one of the frames, after those before it."""
        last, self._at = self._at, self.frames.index(frame)
        if self._at < last:
            last, self._frame_rows = -1, FrameRows()
        for each in self.frames[last + 1 : self._at + 1]:
            self._frame_rows.show(each.run, each.run_frame, self.colour_by, self.show_guesses, self.text_width)

    def _wrapped(self, text: str) -> list[str]:
        words = re.findall(r"\s*\S+", " ".join(text.split()))
        rows = TextFlow(words, [False] * len(words), self.text_width).flow() if words else []
        lines = ["".join(span.text for span in row) for row in rows]
        if len(lines) > _MOST_QUESTION:
            lines = lines[:_MOST_QUESTION]
            lines[-1] = set_cell_size(lines[-1], min(cell_len(lines[-1]), self.text_width - 2)) + " …"
        return lines

    # -- lines --------------------------------------------------------------------------------------------------------

    def lines(self, frame: Frame) -> list[Line]:
        """A frame, every line ``width`` columns wide."""
        self._show(frame)
        looks = self._frame_rows.looks
        canvas = [
            draw_row([(span.text, looks[span.position], PLAIN) for span in row], self.token_styles)
            for row in self._frame_rows.rows
        ]
        canvas += [[] for _ in range(self.rows - len(canvas))]
        question = [[Segment(line, self._strong)] for line in self._question]
        lines: list[Line] = [[], *question, [], *canvas, [], self._progress(frame), self._legend(), []]
        return [self._padded(line) for line in lines]

    def plain(self, frame: Frame) -> str:
        """A frame as text, without the legend, which explains looks."""
        lines = ["".join(segment.text for segment in line)[MARGIN:].rstrip() for line in self.lines(frame)]
        return "\n".join([*lines[1:-2], ""])

    def canvas(self, frame: Frame) -> str:
        """The canvas of a frame as text."""
        self._show(frame)
        return "\n".join("".join(span.text for span in row).rstrip() for row in self._frame_rows.rows)

    def _padded(self, line: Line) -> Line:
        """A line with its margins, exactly ``width`` columns wide."""
        fitted = Segment.adjust_line_length(line, self.text_width, self.base)
        return [Segment(" " * MARGIN, self.base), *fitted, Segment(" " * MARGIN, self.base)]

    def _progress(self, frame: Frame) -> Line:
        """The progress of the run, in words and as a bar, and the model."""
        words = f"{caption(self.timeline, frame, steady=len(self.frames) > 1)}  "
        model = f"  {clean(self.timeline.run.start.model.id).replace(chr(10), ' ').rstrip('/').rpartition('/')[2]}"
        size = self.text_width - cell_len(words) - cell_len(model)
        if size < 8:
            model, size = "", self.text_width - cell_len(words)
        if size < 8:
            return [Segment(words.rstrip(), self.base)]
        first = self.timeline.steps[0]
        done = round((size - 1) * (frame.step - first) / max(self.timeline.total - first, 1))
        return [
            Segment(words, self.base),
            Segment("━" * done + "●", self._accent),
            Segment("━" * (size - 1 - done), self._faint),
            Segment(model, self._quiet),
        ]

    def _legend(self) -> Line:
        if self.colour_by is ColourBy.STATE:
            line: Line = []
            for sample in legend(self._present, self.text_width, has_end=self._has_end):
                line += (
                    Segment(sample.text, self.token_styles.style(look(sample.state))),
                    Segment(" " * sample.gap, self.base),
                )
            return line
        first, last = self.colour_by.ends
        scale = [Segment("■", self.token_styles.style(look(State.COMMITTED, level))) for level in range(LEVELS)]
        words = Segment(f"{self.colour_by.value}: {first} ", self._quiet)
        return [words, *scale, Segment(f" {last}", self._quiet)]


def caption(timeline: RunTimeline, frame: Frame, *, steady: bool = False) -> str:
    """The place of a frame in the run: ``step 23/64 · 41 masks``. ``steady``: numbers have the same width in every
    frame."""
    last = timeline.total
    step = f"{frame.step:>{len(str(last))}}" if steady else f"{frame.step}"
    masks = undecided(frame.run, frame.run_frame, width=len(str(timeline.longest)) if steady else 0)
    words = f"step {step}/{last} · {masks}"
    end = frame.run.end
    if frame.by_hand:
        return f"{words} · changed by hand"
    if end is not None and end.reason != FINISHED and frame.step == last:
        return f"{words} · {clean(end.reason)[:20]}"
    return words
