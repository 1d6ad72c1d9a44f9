"""A picture as SVG (https://www.w3.org/TR/SVG11/)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llada_tui.export.export_format import ExportFormat, Rendering

if TYPE_CHECKING:
    from llada_tui.export.render_options import RenderOptions
    from llada_tui.export.run_timeline import Frame, RunTimeline


class Svg(ExportFormat):
    name = "svg"
    suffixes = (".svg",)
    summary = "a picture of the last of the steps"
    options = frozenset({"width", "theme"})
    is_screen_picture = True

    def render(self, timeline: RunTimeline, frames: Sequence[Frame], options: RenderOptions) -> Rendering:
        from llada_tui.export.frame_renderer import caption
        from llada_tui.export.svg_picture import render_svg

        frame = frames[-1]
        words = caption(timeline, frame)
        pictures, notes = timeline.small_pictures
        renderer = options.renderer(timeline, [frame])
        return Rendering(render_svg(renderer, frame, f"{timeline.title}: {words}", pictures), words, notes)
