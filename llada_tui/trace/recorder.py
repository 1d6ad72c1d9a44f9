"""A session that grows, and the file that it is recorded in. No widgets."""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from llada_tui.paths import copy_new
from llada_tui.pictures import PictureFile, name_of
from llada_tui.trace.events import CANCELLED, AnyEvent, EndEvent, Event, PictureEvent, PiecesEvent, RunEvent
from llada_tui.trace.session import Session, SessionError, read_session, reason, title_of
from llada_tui.trace.session_writer import SessionInUse, SessionWriter


class Recorded(NamedTuple):
    """A recorded session that was read to go on with. ``in_use`` says that the file is another window's, or nothing."""

    path: Path
    session: Session
    writer: SessionWriter
    in_use: str


class SessionRecorder:
    """Folds events into a session and writes them to its file.

    The file is ``path``, or a new one in ``folder``, named by the first question; without either nothing is written.
    ``on_problem`` is called with a sentence, and details, once recording has to stop: where the file cannot be written,
    or with what comes would be too large to be opened. ``failure`` keeps the error.
    """

    def __init__(
        self,
        folder: Path | None,
        tool: str,
        on_problem: Callable[[str, str], None] = lambda message, details: None,
        path: Path | None = None,
    ) -> None:
        self.folder, self.tool = folder, tool
        self.session = Session()
        self.path = path
        """The session's file; None until there is something to record."""
        self.recording = True
        self.failure: OSError | SessionError | None = None
        """Why recording stopped; None while it goes on."""
        self.on_problem = on_problem
        self.on_event: Callable[[Event | None], None] = lambda event: None
        """Called with each event of the session that is recorded, or would be; with None once it is another session.
        The bytes of pictures are not among them."""
        self._writer: SessionWriter | None = None
        self._begun = False
        """Whether the file is written into since it was opened."""
        self._copies = False
        """Whether the session was read from another window's file, and is copied before anything is added."""
        self._unended: list[str] = []
        """Runs that began here and have no end yet."""
        self._pictures_written: set[str] = set()
        """Names of the pictures that are in the file."""

    def renew(self, session: Session | None = None, path: Path | None = None) -> None:
        """Begin another session, or go on with a recorded one; the one so far stays in its file."""
        self.close()
        self.on_event(None)
        pieces_before = self.session.token_bytes
        self.session, self.path, self.recording, self.failure = session or Session(), path, True, None
        self._unended.clear()
        self._begun = self._copies = False
        self._pictures_written = {*self.session.pictures, *self.session.links} if path is not None else set()
        for model, pieces in pieces_before.items():
            self.session.add(pieces.event(model))

    def resume(self, path: Path) -> str:
        """Go on with a recorded session; the one so far stays in its own file. Returns what a person must know, as
        `go_on` does. Raises `SessionError`, changing nothing."""
        return self.go_on(self.read(path))

    def read(self, path: Path) -> Recorded:
        """Read a recorded session to go on with, and keep others from writing into its file. Takes long for a large
        one, and may be done in a thread. Raises `SessionError`, changing nothing."""
        if path.exists() and not path.is_file():
            raise SessionError(f"{path} is no plain file, so it cannot be gone on with.")
        open_writer = self._writer if self.records_into(path) else None
        writer, in_use = open_writer or SessionWriter(path, self.tool), ""
        try:
            with contextlib.suppress(OSError):  # what cannot be written is told when there is something to write
                writer.hold()
        except SessionInUse as error:
            in_use = str(error)
        try:
            session = read_session(path)
            session.summary()  # counts the masks of all runs, once: else the first event that is written waits for it
        except SessionError:
            if writer is not open_writer:
                _close(writer)
            raise
        return Recorded(path, session, writer, in_use)

    def go_on(self, recorded: Recorded) -> str:
        """Go on with a session that was read.

        Returns what a person must know: that the file is another window's, so that everything goes into a file of its
        own from the next event on, or that its disk has no locks.
        """
        path, session, writer, in_use = recorded
        if writer is self._writer:
            self._writer = None
        self.renew(session, None if in_use else path)
        self._writer = writer if writer.held else None
        self._copies = bool(in_use)
        if in_use:
            return f"{in_use} What is asked here goes into a file of its own."
        if not writer.protected:
            return f"{path.name} is on a disk without locks: another window can write into it too."
        return ""

    def let_go(self, recorded: Recorded) -> None:
        """Do not go on with a session that was read: others may."""
        if recorded.writer is not self._writer:
            _close(recorded.writer)

    def claim(self, path: Path) -> None:
        """Record into a file that is not there or empty, and keep others off it. Raises as `SessionWriter` does."""
        self.renew(None, path)
        self._writer = SessionWriter(path, self.tool)
        self._writer.hold(make=True)

    def records_into(self, path: Path) -> bool:
        """Whether a file, by whatever name, is the session's."""
        if self.path is None:
            return False
        try:
            return path == self.path or path.samefile(self.path)
        except OSError:
            return False

    def rename(self, title: str) -> None:
        """Give the session another title. Raises `SessionError` for one that is none."""
        if not title_of(title):
            raise SessionError("A session needs a title of at least one letter.")
        self.session.title = title_of(title)
        self.record(self.session.summary())

    def copy(self, path: Path) -> None:
        """Write the session under another name, where nothing is yet. Raises OSError."""
        if self.path is not None and self.recording and not self._copies:
            copy_new(self.path, path)  # with what a newer version put there
            return
        if self.session.is_too_large:
            raise OSError(errno.EFBIG, "the session is too large to be opened again")
        writer = SessionWriter(path, self.tool)
        writer.hold(new=True)
        try:
            for event in self.session.events():
                writer.write(event)
            writer.close()
        except OSError:
            _close(writer)
            with contextlib.suppress(OSError):
                path.unlink()
            raise

    def know(self, other: Session) -> None:
        """Know the text of the tokens that another session knows: a worker tells it once."""
        for model, pieces in other.token_bytes.items():
            event = pieces.event(model)
            self.session.add(event)
            self.on_event(event)
            if self._begun:  # else it is written with the first event
                self._write(event)

    def attach(self, picture: PictureFile) -> str:
        """Keep a picture for runs to come; it is recorded with the first that is about it, as a link where it has a
        path. Returns its name. Raises `TraceError` for more than a session holds."""
        name, session = name_of(picture.content), self.session
        is_here, link = name in session.pictures, session.links.get(name)
        session.add(PictureEvent(name, *picture))
        if not is_here or session.links.get(name) != link:  # the file has another link, which may be dead
            self._pictures_written.discard(name)
        return name

    def begin_recording(self) -> None:
        """Record from now on, with all that there was before."""
        self.recording = True
        for event in self.session.events():
            if not isinstance(event, PiecesEvent | PictureEvent):  # those are written when they are needed
                self._write(event)

    def close(self) -> None:
        """Close the file; writing opens it again. What did not reach the disk is told."""
        writer, self._writer, self._begun = self._writer, None, False
        if writer is not None:
            try:
                writer.close()
            except OSError as error:
                self._stop(error)

    def finish(self) -> None:
        """End the runs that have no end as cancelled, sum the session up and close the file."""
        for name in [*self._unended]:
            self.add(self.session.runs[name].end_event(CANCELLED))
        if self._begun:
            self.record(self.session.summary())
        made = self._writer is not None and not self._begun
        self.close()
        if made and self.path is not None:
            _remove_empty(self.path)

    def add(self, event: AnyEvent) -> None:
        """Fold an event and record it. Raises `TraceError`, changing nothing, for one that does not fit."""
        if self._copies:
            self._copies = False
            self.begin_recording()
        self.session.add(event)
        if isinstance(event, RunEvent):
            self._unended.append(event.run)
        elif isinstance(event, EndEvent) and event.run in self._unended:
            self._unended.remove(event.run)
        self.record(event)

    def record(self, event: Event) -> None:
        """Write an event that the session has already."""
        self.on_event(event)
        self._write(event)

    def _write(self, event: Event) -> None:
        if not self.recording:
            return
        try:
            if self._writer is None:
                if self.path is None and self.folder is None:
                    return
                question = event.messages[-1].content if isinstance(event, RunEvent) and event.messages else ""
                self._writer = self._new_file(question) if self.path is None else SessionWriter(self.path, self.tool)
                self.path = self._writer.path
            if self.session.is_too_large:
                raise SessionError("it holds as much as can be opened again; what comes next needs a new session")
            if not self._begun:
                # a worker names a token's bytes once, whichever file it was for
                for model, pieces in self.session.token_bytes.items():
                    if len(pieces):
                        self._writer.write(pieces.event(model))
            for name in event.prompt.picture_names if isinstance(event, RunEvent) else ():
                if name not in self._pictures_written and (picture := self.session.picture_event(name)) is not None:
                    self._writer.write(picture)
                    self._pictures_written.add(name)
            self._writer.write(event)
            self._begun = True
        except (OSError, SessionError) as error:
            self._stop(error)

    def _new_file(self, question: str) -> SessionWriter:
        """A new file in the folder, which no other window has."""
        from llada_tui.trace.session_folder import new_path  # with the first event: a start need not wait for it

        assert self.folder is not None
        while True:
            self.path = new_path(self.folder, question or self.session.title, time.time())
            self.folder.mkdir(parents=True, exist_ok=True)
            writer = SessionWriter(self.path, self.tool)
            try:
                writer.hold(new=True)
            except (FileExistsError, SessionInUse):  # another window was faster
                continue
            return writer

    def _stop(self, error: OSError | SessionError) -> None:
        """Record no more, and tell why."""
        self.recording, self.failure = False, error
        writer, self._writer = self._writer, None
        if writer is not None:
            _close(writer)
        if not self._begun and self.folder is not None and self.path is not None:
            _remove_empty(self.path)
        self.on_problem(f"Recording stopped, since {self.path} cannot be written: {reason(error)}.", str(error))

    def free_names(self, count: int) -> list[str]:
        """Names that no run has."""
        names: list[str] = []
        number = len(self.session.runs)
        while len(names) < count:
            number += 1
            if f"run-{number}" not in self.session.runs:
                names.append(f"run-{number}")
        return names


def _close(writer: SessionWriter) -> None:
    """Close a file of which it is known already that it cannot be written, or that nothing was."""
    with contextlib.suppress(OSError):
        writer.close()


def _remove_empty(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_file() and not path.stat().st_size:
            path.unlink()
