"""The page at ``/``: a run drawn while it is made, with the canvas code of the exported page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from llada_tui.drawing.palette import DARK, LIGHT, load_palettes
from llada_tui.export.html_page import PageData, page_part, page_style
from llada_tui.export.run_timeline import Frame, RunTimeline
from llada_tui.export.timed_frames import TimedFrame
from llada_tui.paths import themes_folders
from llada_tui.serving.model_host import ModelHost
from llada_tui.settings.presets import first_settings
from llada_tui.settings.sampler_settings import KINDS, KNOBS
from llada_tui.trace.events import AnyEvent, EndEvent, RunEvent, StepEvent
from llada_tui.trace.model_blocks import in_blocks_of
from llada_tui.trace.session import Session

SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""Nothing is loaded from elsewhere, and nothing in the page's text is run."""
_SHOWN = 0.05
"""Seconds that a step stays on show when the run is played again."""


def live_page(host: ModelHost) -> str:
    """The page, with a field for each setting that the program is about."""
    palettes, _ = load_palettes(themes_folders())
    model = host.model
    return Template(_text("live.html")).substitute(
        model=escape(model.id if model else ""),
        fields="".join(_fields(host)),
        controls=page_part("controls.html"),
        style=page_style((palettes[DARK], palettes[LIGHT]), 100) + _text("live.css"),
    )


def script(name: str) -> str:
    """One of the page's two scripts: the export's, and what feeds it."""
    return page_part(name) if name == "page.js" else _text("live.js")


def _text(name: str) -> str:
    return (files("llada_tui.serving") / "page" / name).read_text("utf-8")


def _fields(host: ModelHost) -> Iterator[str]:
    model = host.model
    settings = in_blocks_of(model, first_settings(model.id)) if model else first_settings("")
    for name, knob in KNOBS.items():
        value, label = getattr(settings, name), escape(knob.label)
        if not knob.main and name != "seed":
            continue
        if name == "remasking":
            choices = "".join(
                f"<option{' selected' if strategy.name == value else ''}>{escape(strategy.name)}</option>"
                for strategy in host.strategies
                if model is None or model.knows_noise(strategy.noise)
            )
            yield f'<label>{label} <select name="{name}">{choices}</select></label>\n'
        else:
            step = "1" if KINDS[name] is int else "any"
            high = knob.high
            if name in ("steps", "gen_length"):
                high = min(high, host.limits.canvas)
                value = min(value, high)
            bounds = f'min="{knob.low:g}" max="{high:.0f}" step="{step}"'
            yield f'<label>{label} <input name="{name}" type="number" {bounds} value="{value}"></label>\n'


class LiveMoments:
    """The lines that the page's script takes: the page's data at the run's beginning, and what each step adds."""

    def __init__(self) -> None:
        self._session = Session()
        self._timeline: RunTimeline | None = None
        self._data: PageData | None = None
        self._texts_sent = 0

    def add(self, event: AnyEvent) -> dict[str, Any] | None:
        """The line for an event; None where it changes nothing that is drawn."""
        self._session.add(event)
        if isinstance(event, RunEvent):
            return None
        run = next(iter(self._session.runs.values()), None)
        if run is None:
            return None
        line: dict[str, Any] = {}
        if self._timeline is None or self._data is None:
            # after the bytes of the canvas's tokens, which come behind the run's beginning
            self._timeline = RunTimeline(self._session, run)
            self._timeline.frames = self._timeline.frames[:1]
            self._data = PageData(self._timeline)
            (first,) = self._timeline.frames
            line["run"] = self._data.all([TimedFrame(first, _SHOWN)])
            self._texts_sent = len(self._data.texts)
        if isinstance(event, StepEvent):
            frame = Frame(event.index + 1, run, run.last)
            self._timeline.frames.append(frame)
            line["moment"] = self._data.moment(TimedFrame(frame, _SHOWN))
            line["texts"] = self._data.texts[self._texts_sent :]
            line["legend"] = self._data.legend
            self._texts_sent = len(self._data.texts)
        elif isinstance(event, EndEvent):
            line["end"] = {"reason": event.reason, "text": event.text, "message": event.message}
        return line or None
