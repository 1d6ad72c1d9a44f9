"""A run in any of the export formats."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from llada_tui.export import ExportError
from llada_tui.export.export_format import ExportFormat, Rendering
from llada_tui.export.render_options import RenderOptions
from llada_tui.export.run_timeline import Frame, RunTimeline


def render(format: ExportFormat, timeline: RunTimeline, frames: Sequence[Frame], options: RenderOptions) -> Rendering:
    """Some frames of a timeline in a format. Raises `ExportError` for what cannot be drawn."""
    if format.needs_pillow and find_spec("PIL") is None:
        raise ExportError(f"{format.name} needs Pillow: pip install pillow.")
    return format.render(timeline, frames, options)
