"""A web page with a slider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llada_tui.export.export_format import ExportFormat, Rendering, counted

if TYPE_CHECKING:
    from llada_tui.export.render_options import RenderOptions
    from llada_tui.export.run_timeline import Frame, RunTimeline


class Html(ExportFormat):
    name = "html"
    suffixes = (".html",)
    summary = "a page with a slider, which needs nothing but a browser"
    options = frozenset({"speed", "width", "theme"})

    def render(self, timeline: RunTimeline, frames: Sequence[Frame], options: RenderOptions) -> Rendering:
        from llada_tui.drawing.palette import DARK, LIGHT
        from llada_tui.export.html_page import render_html
        from llada_tui.export.timed_frames import time_frames

        chosen = options.palette
        palettes = {True: options.palettes[DARK], False: options.palettes[LIGHT], chosen.dark: chosen}
        open_in = ("dark" if chosen.dark else "light") if options.palette_named else ""
        timed_frames = time_frames(timeline, frames, options.speed)
        pictures, notes = timeline.small_pictures
        text = render_html(
            timeline,
            timed_frames,
            (palettes[True], palettes[False]),
            title=timeline.title,
            width=options.width,
            open_in=open_in,
            pictures=pictures,
        )
        return Rendering(text, counted(len(timed_frames), "step"), notes)
