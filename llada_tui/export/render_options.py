"""Options of drawing frames for an export: palette, pace, width, font and colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.drawing.palette import Palette
from llada_tui.export.frame_renderer import FrameRenderer
from llada_tui.export.run_timeline import Frame, RunTimeline


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """Options of drawing frames. A format takes what its ``options`` state and leaves the rest."""

    palette: Palette
    palettes: dict[str, Palette]
    """Every palette by its name, for a file that lets its reader choose."""
    palette_named: bool = False
    """Whether somebody asked for ``palette``; otherwise it is the configured one."""
    speed: float = 1.0
    """Multiplies the pace of animations."""
    width: int = 100
    """In columns."""
    font: Path | None = None
    """A font file with characters that the usual font lacks."""
    scale: int = 1
    """The factor by which a picture of pixels is larger."""
    colour_by: ColourBy = ColourBy.STATE
    show_guesses: bool = True
    """Whether masks show what the model predicted for them."""

    def renderer(
        self,
        timeline: RunTimeline,
        frames: Sequence[Frame],
        *,
        show_guesses: bool | None = None,
        fill_background: bool = True,
    ) -> FrameRenderer:
        """The renderer of frames with these options."""
        return FrameRenderer(
            timeline,
            self.palette,
            frames,
            width=self.width,
            colour_by=self.colour_by,
            show_guesses=self.show_guesses if show_guesses is None else show_guesses,
            fill_background=fill_background,
        )
