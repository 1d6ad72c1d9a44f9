"""A session of somebody else that is followed: it grows with each line that its server sends. No widgets."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from llada_tui.server_address import TOKEN_VARIABLE, split_token
from llada_tui.trace.events import FORMAT, VERSION, AnyEvent, PictureEvent, SessionEvent, decode
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.run import TraceError
from llada_tui.trace.session import Session
from llada_tui.trace.session_folder import new_path
from llada_tui.trace.text import clean
from llada_tui.tui.model_link.presented_page import PresentedPage, page_in
from llada_tui.version import __version__
from llada_tui.worker.process import WorkerProcess

_MOST_PROBLEMS = 20
_GRACE = 1.0


class FollowedSession:
    """Folds the lines of a session on show, and tells its observer of each event, and of the end. It is in no file
    until somebody saves it."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.page: PresentedPage | None = None
        """The page of the lesson that is open there; None where there is no lesson."""
        self.ended = ""
        """Why no more comes, in a sentence; empty while it is followed."""
        self.is_end_told = False
        """Whether a reader was told that it ended."""
        self.observer: Callable[[AnyEvent | None], None] = lambda event: None
        """Called with each event; with None for another page, and at the end."""
        self._address, self._token = split_token(url)
        self._recorder = SessionRecorder(None, f"llada-tui {__version__}")
        self._process: WorkerProcess | None = None
        self._has_header = False

    @property
    def session(self) -> Session:
        """The session, as far as it has come."""
        return self._recorder.session

    async def start(self) -> None:
        """Follow it from its first line on."""
        command = [sys.executable, "-P", "-m", "llada_tui.serving.follow_process", self._address, self.name]
        self._process = WorkerProcess(self._take_line, self._exited)
        await self._process.start(command, {TOKEN_VARIABLE: self._token} if self._token else {})

    async def stop(self) -> None:
        """Follow it no longer."""
        process, self._process = self._process, None
        if process is not None:
            await process.end(_GRACE)

    # -- what a replay does with it -----------------------------------------------------------------------------------

    def copy(self, path: Path) -> None:
        """Write what has come under a name. Raises `OSError`."""
        self._recorder.copy(path)

    def file_for_branch(self, folder: Path) -> Path:
        """A file of a folder with what has come, of which a branch may be made. Raises `OSError`."""
        folder.mkdir(parents=True, exist_ok=True)
        path = new_path(folder, f"{self.name} {self.session.title}", time.time())
        self.copy(path)
        return path

    # -- what comes ---------------------------------------------------------------------------------------------------

    def _take_line(self, line: bytes | None) -> None:
        session = self.session
        try:
            event = decode(line) if line is not None else None
            if not self._has_header:
                self._check_header(event)
                return
            if isinstance(event, PictureEvent):  # a path would be one of another machine
                event = msgspec.structs.replace(event, path="") if event.content else None
            if self._process is None or line is None:
                return
            if event is None:
                self._take_page(line)
                return
            session.add(event)
        except (msgspec.DecodeError, TraceError) as error:
            if len(session.problems) < _MOST_PROBLEMS:
                session.problems.append(clean(f"A line could not be read and was left out: {error}"))
            return
        self.observer(event)
        if session.is_too_large:
            self._end("The session is too large to be followed further.")

    def _take_page(self, line: bytes) -> None:
        if (page := page_in(line)) is not None:
            self.page = page
            self.observer(None)

    def _check_header(self, event: AnyEvent | None) -> None:
        if not isinstance(event, SessionEvent) or event.format != FORMAT:
            self._end("What is on show there is no session of llada-tui.")
        elif event.version > VERSION:
            self._end("The session is shown by a newer llada-tui: update llada-tui to follow it.")
        self._has_header = True

    def _end(self, words: str) -> None:
        if self._process is not None:
            self._process.kill()
            self._over(words)

    def _exited(self, process: WorkerProcess) -> None:
        if process is self._process:
            self._over(next(reversed(process.log.lines()), "") or "The session is followed no longer.")

    def _over(self, words: str) -> None:
        self._process = None
        self.ended = clean(words)
        for run in self.session.runs.values():
            run.interrupt()
        self.observer(None)
