"""Pictures that go with the next question: ``/image PATH`` attaches one, and shows it in the conversation; ``/image``
alone takes them off."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from textual.content import Content

from llada_tui import pictures
from llada_tui.paths import typed_path
from llada_tui.trace.run import TraceError
from llada_tui.trace.text import clean
from llada_tui.tui.chat.conversation_view import ConversationView
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.units import size_words

if TYPE_CHECKING:
    from PIL.Image import Image

COMMAND = "/image"
COLUMNS, ROWS = 40, 12
"""Cells of a picture in the conversation, at most."""


class AttachedPictures:
    """``worker`` keeps the pictures for its session, and has the model that is to see them; ``view`` shows them."""

    def __init__(self, worker: WorkerSession, view: ConversationView) -> None:
        self._recorder, self._link, self._view = worker.recorder, worker.link, view
        self._pictures: list[bytes] = []

    @staticmethod
    def path_in(text: str) -> Path | None:
        """The path of a line that attaches a picture; None for any other text."""
        command, _, words = text.strip().partition(" ")
        return _path(words.strip()) if command == COMMAND else None

    async def attach(self, path: Path) -> None:
        """Have a picture go with the next question, or say why it cannot."""
        try:
            if (model := self._link.model) is not None and not model.sees:
                raise pictures.PictureError(pictures.unseen(clean(model.id)))
            content, words, cells = await asyncio.to_thread(_read, path)
            self._recorder.attach(content)
        except (pictures.PictureError, TraceError) as error:
            self._view.notice(str(error), bad=True)
            return
        self._pictures.append(content)
        self._view.show_picture(cells)
        self._view.notice(f"{path.name} ({words}) goes with the next question; {COMMAND} alone takes it off.")

    def take_off(self) -> None:
        """Have no picture go with the next question, and say so."""
        count = len(self._pictures)
        self.forget()
        self._view.notice(f"{_count(count)} with no question." if count else "There was no picture to take off.")

    def forget(self) -> None:
        """The conversation is another one: no picture goes with its next question."""
        self._pictures.clear()

    def take(self) -> tuple[str, ...]:
        """The names of the pictures that go with a question, which is asked now."""
        names = tuple(self._recorder.attach(content) for content in self._pictures)  # a new session has none yet
        self._pictures.clear()
        return names

    def give_back(self, names: tuple[str, ...]) -> None:
        """A question was not asked: its pictures go with the next."""
        kept = self._recorder.session.pictures
        self._pictures[:0] = [kept[name] for name in names if name in kept]
        if names:
            self._view.notice(f"{_count(len(names))} with the next question; {COMMAND} alone takes that off.")


def _count(pictures: int) -> str:
    return "1 picture goes" if pictures == 1 else f"{pictures} pictures go"


def _read(path: Path) -> tuple[bytes, str, Content]:
    """The bytes of a picture as it is attached, its size in words, and what is shown of it in cells."""
    content = pictures.attachable(pictures.read(path), str(path))
    picture = pictures.decode(content)
    words = f"{picture.width} x {picture.height} pixels, {size_words(len(content))}"
    return content, words, half_blocks(picture)


def _path(words: str) -> Path:
    """A path as it is typed, quoted, or dropped on a terminal."""
    if len(words) > 1 and words[0] == words[-1] and words[0] in "'\"":
        words = words[1:-1]
    if words.startswith("file://"):
        words = unquote(urlsplit(words).path)
    return typed_path(words)


def half_blocks(picture: Image) -> Content:
    """A picture in cells, each of two pixels, one above the other. It keeps its proportions, and is made that small."""
    picture.thumbnail((COLUMNS, 2 * ROWS))
    width, height = picture.size
    pixels = [[_colour(picture.getpixel((x, y))) for x in range(width)] for y in range(height)]
    parts: list[tuple[str, str]] = []
    for upper, lower in zip(pixels[::2], [*pixels[1::2], None][: len(pixels[::2])], strict=True):
        if lower is None:
            parts += [("▀", colour) for colour in upper]
        else:
            parts += [("▀", f"{above} on {below}") for above, below in zip(upper, lower, strict=True)]
        parts.append(("\n", ""))
    return Content.assemble(*parts[:-1])


def _colour(pixel: object) -> str:
    assert isinstance(pixel, tuple)
    return "#{:02x}{:02x}{:02x}".format(*pixel)
