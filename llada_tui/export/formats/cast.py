"""A terminal recording as asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llada_tui.export.export_format import ExportFormat, Rendering, counted

if TYPE_CHECKING:
    from llada_tui.export.render_options import RenderOptions
    from llada_tui.export.run_timeline import Frame, RunTimeline


class Cast(ExportFormat):
    name = "cast"
    suffixes = (".cast",)
    summary = "a recording for asciinema and its player"
    options = frozenset({"speed", "width", "theme"})

    def render(self, timeline: RunTimeline, frames: Sequence[Frame], options: RenderOptions) -> Rendering:
        from llada_tui.export.asciicast import render_cast
        from llada_tui.export.timed_frames import time_frames

        timed_frames = time_frames(timeline, frames, options.speed)
        renderer = options.renderer(timeline, [timed.frame for timed in timed_frames], fill_background=False)
        text = render_cast(renderer, timed_frames, timeline.title, timeline.run.start.time)
        return Rendering(text, counted(len(timed_frames), "frame"))
