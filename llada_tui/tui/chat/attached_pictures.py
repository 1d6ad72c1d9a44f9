"""Pictures that go with the next question: ``/image PATH`` attaches one, and shows it in the conversation;
``/image -2`` takes the second off, and ``/image`` alone all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from llada_tui import pictures
from llada_tui.pictures import PictureFile
from llada_tui.trace.run import TraceError
from llada_tui.trace.text import clean
from llada_tui.tui.chat.conversation_view import ConversationView
from llada_tui.tui.chat.picture_paths import written_path
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.tui.player.picture_drawing import SIDE
from llada_tui.tui.shell.threads import in_thread
from llada_tui.units import size_words

if TYPE_CHECKING:
    from PIL.Image import Image

COMMAND = "/image"


class AttachedPictures:
    """``worker`` keeps the pictures for its session, and has the model that is to see them; ``view`` shows them."""

    def __init__(self, worker: WorkerSession, view: ConversationView, *, link: bool = False) -> None:
        """``link``: whether the session file links to the pictures' files instead of holding them."""
        self._recorder, self._link, self._view = worker.recorder, worker.link, view
        self._link_files = link
        self._pictures: list[PictureFile] = []
        self.folder = Path.cwd()
        """The folder of the picture that was attached last."""

    @staticmethod
    def path_in(text: str) -> Path | None:
        """The path of a line that attaches a picture; None for any other text."""
        command, _, words = text.strip().partition(" ")
        return written_path(words.strip()) if command == COMMAND else None

    @staticmethod
    def number_in(text: str) -> int:
        """The number of the picture that a line takes off, counted from 1; 0 for any other text."""
        match = re.fullmatch(rf"{COMMAND}\s+-([0-9]{{1,4}})", text.strip())
        return int(match[1]) if match else 0

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the pictures that go with the next question."""
        return tuple(pictures.name_of(file.content) for file in self._pictures)

    @property
    def may_be_seen(self) -> bool:
        """Whether the model may see a picture: it does, or is not there yet."""
        return (model := self._link.model) is None or model.sees

    async def attach(self, path: Path) -> None:
        """Have a picture go with the next question, or say why it cannot."""
        try:
            if (model := self._link.model) is not None and not self.may_be_seen:
                raise pictures.PictureError(pictures.unseen(clean(model.id)))
            file, words, small = await in_thread(lambda: _read(path, self._link_files))
            self._recorder.attach(file)
        except (pictures.PictureError, TraceError) as error:
            self._view.notice(str(error), bad=True)
            return
        self._pictures.append(file)
        self.folder = path.absolute().parent
        self._view.show_picture(small)
        number = len(self._pictures)
        how = (
            f"{COMMAND} alone takes it off" if number == 1 else f"{COMMAND} -{number} takes it off, {COMMAND} alone all"
        )
        self._view.notice(f"{path.name} ({words}) goes with the next question; {how}.")

    def take_off_one(self, number: int) -> None:
        """Have one picture, counted from 1, not go with the next question, and say so."""
        count = len(self._pictures)
        if not 1 <= number <= count:
            self._view.notice(f"There is no picture {number}: {_count(count)} with the next question.")
            return
        del self._pictures[number - 1]
        left = f"{_count(count - 1)} with the next question" if count > 1 else "none goes with the next question"
        self._view.notice(f"Picture {number} was taken off; {left}.")

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
        names = tuple(self._recorder.attach(file) for file in self._pictures)  # a new session has none yet
        self._pictures.clear()
        return names

    def give_back(self, names: tuple[str, ...]) -> None:
        """A question was not asked: its pictures go with the next."""
        session = self._recorder.session
        kept = [
            PictureFile(session.pictures[name], session.links.get(name, ""))
            for name in names
            if name in session.pictures
        ]
        self._pictures[:0] = kept
        if names:
            self._view.notice(f"{_count(len(names))} with the next question; {COMMAND} alone takes that off.")


def _count(pictures: int) -> str:
    return "1 picture goes" if pictures == 1 else f"{pictures} pictures go"


def _read(path: Path, link: bool) -> tuple[PictureFile, str, Image]:
    """A picture as it is attached, its size in words, and the picture made small."""
    file = pictures.attached_file(path, link=link)
    picture = pictures.decode(file.content)
    words = f"{picture.width} x {picture.height} pixels, {size_words(len(file.content))}"
    picture.thumbnail((SIDE, SIDE))
    return file, words, picture
