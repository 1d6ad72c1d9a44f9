"""A run as a web page that needs nothing else: no network, no font, no library.

The page gets the canvas of the first frame and what changed in each frame after it. The state of every position is
decided here, as for every other format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from textual.color import Color

from llada_tui.analysis.colour_scale import GUESS_STEPS, ColourBy, level
from llada_tui.analysis.recomputed import Recomputed, is_recorded
from llada_tui.analysis.revisions import REVISION_STEPS, Revisions
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.drawing.palette import Palette
from llada_tui.drawing.state_labels import labels_for
from llada_tui.drawing.token_styles import SHADED, SHAPES
from llada_tui.export.frame_renderer import caption
from llada_tui.export.run_timeline import Frame, RunTimeline
from llada_tui.export.settings_words import settings_of
from llada_tui.export.small_pictures import SmallPicture
from llada_tui.export.timed_frames import TimedFrame
from llada_tui.trace.canvas_positions import splices
from llada_tui.trace.cell import Cell, State
from llada_tui.trace.run import Run
from llada_tui.trace.text import MASK, clean

_STATES = tuple(State)
_NAMES = [state.value.replace(" ", "-") for state in _STATES]
_36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_DIGITS = [_36[number // 36] + _36[number % 36] for number in range(1001)]
"""Thousandths in two digits of base 36."""


def render_html(
    timeline: RunTimeline,
    timed_frames: Sequence[TimedFrame],
    palettes: tuple[Palette, Palette],
    *,
    title: str,
    width: int,
    open_in: str = "",
    pictures: Sequence[SmallPicture] = (),
) -> str:
    """The frames as an HTML document, in a dark and a light palette; ``width`` is in columns, and ``pictures`` are
    shown below the question.

    ``open_in``: dark or light, where the page is not to follow the reader's own choice.
    """
    run = timeline.run
    data = json.dumps(PageData(timeline).all(timed_frames), ensure_ascii=False, separators=(",", ":"))
    model = run.start.model
    return Template(page_part("page.html")).substitute(
        theme=f' data-theme="{open_in}"' if open_in else "",
        title=escape(title),
        question=escape(clean(run.question)),
        pictures=_pictures(pictures),
        answer=escape(clean(run.answer())),
        origin=escape(
            clean(f"{model.id} · {model.dtype} · {model.device} · {timeline.steps[1]} steps · made with llada-tui")
        ),
        settings="".join(
            f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>"
            for name, value in settings_of(run.settings_at(run.last))
        ),
        style=page_style(palettes, width),
        controls=page_part("controls.html"),
        script=page_part("page.js"),
        data=_harmless(data),
    )


def _pictures(pictures: Sequence[SmallPicture]) -> str:
    shown = "".join(
        f'<img src="{picture.address}" width="{picture.width}" height="{picture.height}" '
        f'alt="picture {picture.number}">\n'
        for picture in pictures
    )
    return f'<div id="pictures">\n{shown}</div>\n' if shown else ""


def page_part(name: str) -> str:
    """A file of the page: its frame, ``controls.html``, style sheet or script."""
    return (files("llada_tui.export") / "page" / name).read_text("utf-8")


def _harmless(data: str) -> str:
    """JSON that can stand in a script element: nothing in it can end the element."""
    for char in "<>&\u2028\u2029":
        data = data.replace(char, f"\\u{ord(char):04x}")
    return data


# -- colours ----------------------------------------------------------------------------------------------------------


def page_style(palettes: tuple[Palette, Palette], width: int) -> str:
    """The style sheet of a page, in a dark and a light palette; ``width`` is in columns."""
    dark, light = (_variables(palette) for palette in palettes)
    return "\n".join(
        [
            f":root {{ color-scheme: light; {light} }}",
            f"@media (prefers-color-scheme: dark) {{ :root {{ color-scheme: dark; {dark} }} }}",
            f":root[data-theme=light] {{ color-scheme: light; {light} }}",
            f":root[data-theme=dark] {{ color-scheme: dark; {dark} }}",
            Template(page_part("page.css")).substitute(widthch=f"{width}ch"),
            *(
                f".{name} b {{ {_look(state)} }}"
                for state, name in zip(_STATES, _NAMES, strict=True)
                if name != "masked"
            ),
        ]
    )


def _variables(palette: Palette) -> str:
    colours = {name: Color.parse(value) for name, value in palette.variables().items()}
    background, foreground = colours["background"], colours["foreground"]
    colours |= {"quiet": background.blend(foreground, 0.65), "line": background.blend(foreground, 0.25)}
    return " ".join(f"--{name}: {colour.hex6.lower()};" for name, colour in colours.items())


def _look(state: State) -> str:
    """CSS rules for a state: its colour, and the shapes that the screen gives it."""
    shape, colour = SHAPES[state], f"var(--hue, var(--token-{state.value.replace(' ', '-')}))"
    rules = [f"color: {colour}"]
    if shape.reverse:
        rules = ["color: var(--background)", f"background: {colour}"]
    marks = ("underline", shape.underline), ("line-through", shape.strike), ("underline dotted", state in SHADED)
    lines = [name for name, on in marks if on]
    rules += ["font-weight: bold"] * bool(shape.bold) + ["font-style: italic"] * bool(shape.italic)
    rules += [f"text-decoration: {' '.join(lines)}"] * bool(lines)
    return "; ".join(rules)


# -- data -------------------------------------------------------------------------------------------------------------


class PageData:
    """The data that the page's script reads: each text once, and for each frame what differs from the frame before."""

    def __init__(self, timeline: RunTimeline) -> None:
        self.timeline = timeline
        self._texts: dict[str, int] = {"": 0}
        self._frame_rows = FrameRows()
        self._before: list[tuple[object, ...]] = []
        """By place: what was sent last."""
        self._revisions = {run.id: Revisions(run) for run in timeline.lineage}
        self._counts: list[int] = []
        """Revisions by place, as they were sent last."""
        self._recomputed = {run.id: Recomputed(run) for run in timeline.lineage}
        self._is_recorded = any(map(is_recorded, timeline.lineage))
        self._anew = ""
        """The signs of `_recomputed_at`, as they were sent last."""
        self._shown: tuple[Run | None, Sequence[int]] = None, ()
        """The run of the frame before, and the positions of its canvas."""
        self._present: set[State] = set()
        self._has_end = False

    @property
    def legend(self) -> list[tuple[str, str]]:
        """The states that were seen so far, with their words."""
        return [
            (state.value.replace(" ", "-"), label.long.replace(MASK, " ").strip())
            for state, label in labels_for(self._present, self._has_end)
        ]

    @property
    def texts(self) -> list[str]:
        """The texts that moments name by their numbers, so far."""
        return list(self._texts)

    def all(self, timed_frames: Sequence[TimedFrame]) -> dict[str, Any]:
        """Everything, of these frames."""
        first = timed_frames[0].frame
        self._shown = first.run, first.run.positions.of(first.run_frame)
        self._before, self._counts = [()] * len(self._shown[1]), [0] * len(self._shown[1])
        moments = [self.moment(timed) for timed in timed_frames]
        return {
            "length": first.run.length_at(first.run_frame),
            "states": _NAMES,
            "legend": self.legend,
            "revisionSteps": REVISION_STEPS,
            "recorded": self._is_recorded,
            "guessSteps": [round(1000 * step) for step in GUESS_STEPS],
            "texts": self.texts,
            "moments": moments,
        }

    def moment(self, timed: TimedFrame) -> dict[str, Any]:
        """The next frame: what differs in it from the one before."""
        frame = timed.frame
        cells = self.timeline.cells(frame)
        changed_places = self._resize(frame)
        self._frame_rows.show(frame.run, frame.run_frame, ColourBy.STATE, True, 100)
        self._has_end = self._has_end or self._frame_rows.has_end
        changes: list[int] = []
        sure: list[str] = []
        for place, (cell, text) in enumerate(zip(cells, self._frame_rows.texts, strict=True)):
            if cell.position in self._frame_rows.folded:
                cell = Cell(cell.position, State.MASKED, None, 0.0, 0)
            _, state, token, confidence, since = cell
            guess = cell.guessed
            if guess:
                sure.append(_DIGITS[_thousandths(confidence)])
                confidence, since = 0.0, 0
            now = (state, token, confidence, since, text)
            if self._before[place] == now:
                continue
            self._before[place] = now
            self._present.add(state)
            label = 0 if token is None else self._text(frame.run.token_bytes.label(token))
            committed = (0, 0) if guess or state in (State.MASKED, State.NOISE) else (since, _thousandths(confidence))
            changes += (place, _STATES.index(state), self._text(text), label, *committed)
        moment = {
            "step": frame.step,
            "caption": caption(self.timeline, frame, steady=True),
            "ms": round(timed.seconds * 1000),
            "l": changed_places,
            "c": changes,
            "p": "".join(sure),
            "a": list(self._candidates(frame, cells)),
            "r": self._revised(frame),
        }
        if self._is_recorded and (anew := self._recomputed_at(frame)) != self._anew:
            moment["n"] = self._anew = anew
        return {name: value for name, value in moment.items() if value or name in ("step", "c", "p", "ms")}

    def _resize(self, frame: Frame) -> list[int]:
        """The differences between this canvas and the one before: a place, how many are removed there and how many
        inserted, in turn."""
        run, positions = frame.run, frame.run.positions.of(frame.run_frame)
        before = self._shown[1] if self._shown[0] is run else range(len(self._before))
        self._shown = run, positions
        changes: list[int] = []
        for place, removed, inserted in splices(before, positions):
            self._before[place : place + removed] = [()] * inserted
            self._counts[place : place + removed] = [0] * inserted
            changes += (place, removed, inserted)
        return changes

    def _revised(self, frame: Frame) -> list[int]:
        """Places and their numbers of revisions, in turn, where these are others than in the frame before."""
        revised: list[int] = []
        for place, cell in enumerate(self._frame_rows.cells):
            count = self._revisions[frame.run.id].of(cell, frame.run_frame)
            if self._counts[place] != count:
                self._counts[place] = count
                revised += (place, count)
        return revised

    def _recomputed_at(self, frame: Frame) -> str:
        """A sign for each place: the level of the part of the layers that computed it anew, or - where that is not
        known."""
        recomputed = self._recomputed[frame.run.id]
        shares = (recomputed.share(cell.position, frame.run_frame) for cell in self._frame_rows.cells)
        return "".join("-" if share is None else str(level(share)) for share in shares)

    def _candidates(self, frame: Frame, cells: Sequence[Cell]) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """Places whose token was committed in this frame, with the recorded candidates and their probabilities."""
        if not frame.run_frame:
            return
        for candidates in frame.run.steps[frame.run_frame - 1].alternatives:
            place = frame.run.positions.place_of(candidates.position, frame.run_frame)
            if place is not None and cells[place].state in (State.COMMITTED_NOW, State.EDITED):
                pairs = zip(candidates.tokens, candidates.confidences, strict=False)
                labels = frame.run.token_bytes.label
                yield place, [(self._text(labels(token)), _thousandths(share)) for token, share in pairs]

    def _text(self, text: str) -> int:
        return self._texts.setdefault(text, len(self._texts))


def _thousandths(share: float) -> int:
    """A probability in thousandths; a file may say anything."""
    return round(1000 * max(0.0, min(share, 1.0)))
