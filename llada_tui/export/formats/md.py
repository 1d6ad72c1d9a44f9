"""A document in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llada_tui.export.export_format import ExportFormat, Rendering, counted

if TYPE_CHECKING:
    from llada_tui.export.render_options import RenderOptions
    from llada_tui.export.run_timeline import Frame, RunTimeline


class Markdown(ExportFormat):
    name = "md"
    suffixes = (".md",)
    summary = "a document in Markdown with the text of each step"
    options = frozenset({"width"})

    def render(self, timeline: RunTimeline, frames: Sequence[Frame], options: RenderOptions) -> Rendering:
        from llada_tui.export.markdown_document import render_markdown

        pictures, notes = timeline.small_pictures
        renderer = options.renderer(timeline, frames, show_guesses=False)
        return Rendering(render_markdown(renderer, frames, pictures), counted(len(frames), "step"), notes)
