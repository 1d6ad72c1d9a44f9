"""The interface of an export format. The formats themselves are the files of `llada_tui.export.formats`.

Nothing heavy is imported here: the command line lists the formats in its help.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from llada_tui.export.render_options import RenderOptions
    from llada_tui.export.run_timeline import Frame, RunTimeline

OPTIONS = ("speed", "width", "theme", "font", "scale")
"""Options of the command that a format may take. Every format takes a run and its steps."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """A file's content, what it shows in a few words, and sentences about what may be unexpected in it."""

    content: str | bytes
    summary: str
    notes: list[str] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        """The content as bytes, text as UTF-8."""
        return self.content.encode() if isinstance(self.content, str) else self.content


class ExportFormat(ABC):
    """A kind of file that a recorded run can be written as.

    A format is a class in a file of its own under ``formats/``, which states what is below and implements `render`.
    That file imports what draws inside of `render`, so that help texts do not wait for it.
    """

    name: ClassVar[str]
    """The name that ``--format`` takes."""
    suffixes: ClassVar[tuple[str, ...]]
    """Ends of file names, in lower case with their dot; new files get the first one."""
    summary: ClassVar[str]
    """A description in at most 60 characters, for help and docs: no capital at the start, no full stop."""
    options: ClassVar[frozenset[str]]
    """Those of `OPTIONS` that it takes."""
    is_text: ClassVar[bool] = True
    """Whether `render` gives text, to be written as UTF-8, or bytes."""
    needs_pillow: ClassVar[bool] = False
    is_screen_picture: ClassVar[bool] = False
    """Whether the screen saves its pictures in this format. One format is that."""

    @abstractmethod
    def render(self, timeline: RunTimeline, frames: Sequence[Frame], options: RenderOptions) -> Rendering:
        """Some frames of a timeline, one at least. Raises `ExportError` for what cannot be drawn."""


def counted(number: int, noun: str) -> str:
    """``1 step``, ``2 steps``."""
    return f"{number} {noun}{'s' * (number != 1)}"
