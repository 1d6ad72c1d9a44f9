"""Options of what the program opens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from llada_tui.lessons.lesson import Lesson
    from llada_tui.settings.vary import Lane
    from llada_tui.trace.run import Run
    from llada_tui.trace.session import Session


class LanesOptions(msgspec.Struct, frozen=True):
    """The options of ``llada-tui compare --screen``: a question, and the lanes that answer it."""

    question: str
    lanes: list[Lane]
    system: str | None = None
    named: list[str] = []
    """The settings that were named for all lanes."""
    images: list[Path] = []
    """Pictures that go with the question."""


class ShareOptions(msgspec.Struct, frozen=True):
    """The options of showing a session to others: its name, and the address of a server, or of this machine. ``screen``
    is the kind of screen whose session is on show from its beginning: chat, lesson, or none."""

    screen: str = ""
    name: str = ""
    where: str = ""


class ChatOptions(msgspec.Struct, frozen=True):
    """The options of ``llada-tui chat``. ``settings`` holds only the settings that were named."""

    model: str | None = None
    dtype: str = "auto"
    device: str = "auto"
    quantization: str | None = None
    force: bool = False
    compile: bool = False
    worker: str | None = None
    resume: Path | None = None
    theme: str | None = None
    settings: dict[str, Any] = {}
    preset: str | None = None
    lanes: LanesOptions | None = None
    share: ShareOptions = ShareOptions()
    raw_tokens: bool = False
    present: bool = False
    images: list[Path] = []
    """Pictures that go with the first question."""
    link_images: bool = False
    """Whether sessions link to picture files instead of holding them."""


class LessonOptions(msgspec.Struct, frozen=True):
    """The lesson to open, or None for the contents, from which page on (None: where it was left; for a class the
    first)."""

    lesson: Lesson | None = None
    page: int | None = None
    present: bool = False


class FollowOptions(msgspec.Struct, frozen=True):
    """The session on show to follow: the address of its server, and its name. ``model`` is the id of the server's own
    model: a reader's branches of its runs are made there."""

    url: str
    name: str
    model: str | None = None
    present: bool = False


class ReplayOptions(msgspec.Struct, frozen=True):
    """The session file to open, read already or not, and the run and the frame."""

    path: Path
    session: Session | None = None
    run: Run | None = None
    frame: int | None = None
    present: bool = False
