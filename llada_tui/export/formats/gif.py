"""An animated GIF (https://www.w3.org/Graphics/GIF/spec-gif89a.txt)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llada_tui.export.export_format import ExportFormat, Rendering, counted

if TYPE_CHECKING:
    from llada_tui.export.render_options import RenderOptions
    from llada_tui.export.run_timeline import Frame, RunTimeline

LARGEST = 5_000_000
"""Bytes that a GIF may have: where there would be more, steps are left out."""


class Gif(ExportFormat):
    name = "gif"
    suffixes = (".gif",)
    summary = "an animation"
    options = frozenset({"speed", "width", "theme", "font", "scale"})
    is_text = False
    needs_pillow = True

    def render(self, timeline: RunTimeline, frames: Sequence[Frame], options: RenderOptions) -> Rendering:
        from llada_tui.export.gif_animation import LEAST_SECONDS, most_frames, render_gif
        from llada_tui.export.glyphs import GlyphRenderer
        from llada_tui.export.timed_frames import time_frames

        glyphs = GlyphRenderer(options.font, options.scale)
        renderer = options.renderer(timeline, frames)
        most = most_frames(renderer, glyphs)
        while True:
            timed_frames = time_frames(timeline, frames, options.speed, least_seconds=LEAST_SECONDS, most_frames=most)
            renderer = options.renderer(timeline, [timed.frame for timed in timed_frames])
            data = render_gif(renderer, timed_frames, glyphs)
            if len(data) <= LARGEST or len(timed_frames) <= 2:
                break
            most = max(2, len(timed_frames) * LARGEST // len(data))
        notes = []
        if len(timed_frames) < len(frames):
            notes.append(
                f"The GIF shows {len(timed_frames)} of {len(frames)} steps: name fewer with --steps to see every one."
            )
        if glyphs.missing:
            some = " ".join(sorted(glyphs.missing)[:8])
            missing = counted(len(glyphs.missing), "character")
            notes.append(f"The font lacks {missing} ({some}): --font FILE names another.")
        return Rendering(data, counted(len(timed_frames), "frame"), notes)
