"""A recorded session on show: the process that shows it, which gets each of the session's lines. No widgets."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from collections.abc import Callable

import msgspec

from llada_tui.paths import reason
from llada_tui.server_address import TOKEN_VARIABLE, is_server_address, split_token
from llada_tui.trace.events import (
    FORMAT,
    INTERRUPTED,
    VERSION,
    DeleteEvent,
    Event,
    NameEvent,
    PictureEvent,
    RunEvent,
    SessionEvent,
    SummaryEvent,
    encode,
)
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.run import Run
from llada_tui.trace.session import title_of
from llada_tui.tui.model_link.presented_page import PresentedPage
from llada_tui.worker.process import WorkerProcess, printable_line

_GRACE = 2.0
"""Seconds for the followers to hear of the end."""
_CHUNK = 2**16
"""Bytes of lines that are written together, about: the screen has a turn after each."""


class SharePlace(msgspec.Struct, frozen=True):
    """The place of a session on show: its name at the address of a server, and the token that the server needs, if it
    is one that was made for this session."""

    name: str
    url: str
    token: str | None = None

    @property
    def command(self) -> str:
        """The command that follows it, for a shell as on Linux and macOS. The token is in a variable: others who are
        logged in on a follower's machine see the arguments of a command."""
        words = f"llada-tui follow {printable_line(self.url, 200)} {printable_line(self.name, 40)}"
        return f"{TOKEN_VARIABLE}={self.token} {words}" if self.token else words


class Watchers(msgspec.Struct, frozen=True):
    """The number of those who follow a session on show."""

    watchers: int


class SessionShare:
    """Puts a recorder's session on show from its first line on. ``on_change`` is called once the place is known, with
    each who comes or goes, and when the showing is over: then ``problem`` says why, in a sentence."""

    def __init__(self, recorder: SessionRecorder, on_change: Callable[[], object]) -> None:
        self.place: SharePlace | None = None
        self.watchers = 0
        self.problem = ""
        self._recorder, self._on_change = recorder, on_change
        self._process: WorkerProcess | None = None
        self._pictures_sent: set[str] = set()
        self._runs_sent: set[str] = set()
        self._page: PresentedPage | None = None
        self._waiting: deque[Event | PresentedPage] = deque()
        """The events to be sent, while there are more than the process takes at once. The session holds them all."""
        self._sending: asyncio.Future[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether the session is on show, or about to be."""
        return self._process is not None

    async def start(self, name: str, where: str) -> None:
        """Show the session under a name, at the address of a server or an address of this machine."""
        address, token = split_token(where) if is_server_address([where]) else (where, "")
        command = [sys.executable, "-P", "-m", "llada_tui.serving.share_process", name, address]
        self._process = process = WorkerProcess(self._take_line, self._exited)
        try:
            await process.start(command, {TOKEN_VARIABLE: token} if token else {})
        except OSError as error:
            self._break_off(f"No process can be started: {reason(error)}.")
            return
        session = self._recorder.session
        self._sending = asyncio.ensure_future(self._send_waiting(process))
        self._send(SessionEvent(FORMAT, VERSION, self._recorder.tool, time.time()))
        for event in session.events(deleted=False):
            self._take_event(event)
        for run in session.listed():
            self._send_interruption(run)
        if self._page is not None:
            self._send(self._page)
        self._recorder.on_event = self._take_event

    def present(self, page: PresentedPage) -> None:
        """Tell the followers which page of a lesson is open, now or once the session is on show."""
        self._page = page
        if self._sending is not None:
            self._send(page)

    async def stop(self) -> None:
        """Take the session off show."""
        process = self._process
        self._close()
        if process is not None:
            process.write(b"\n")
            await process.end(_GRACE)

    def _close(self) -> None:
        self._process = None
        self._recorder.on_event = lambda event: None
        self._waiting.clear()
        if self._sending is not None:
            self._sending.cancel()

    def _break_off(self, problem: str) -> None:
        process = self._process
        self._close()
        if process is not None:
            process.write(b"\n")
            process.close_stdin()
        self.problem = problem
        self._on_change()

    # -- what is shown ------------------------------------------------------------------------------------------------

    def _take_event(self, event: Event | None) -> None:
        if event is None:
            self._break_off("Another was begun.")
            return
        session = self._recorder.session
        if isinstance(event, RunEvent):
            self._runs_sent.add(event.run)
            for picture in filter(None, map(session.picture_event, event.prompt.picture_names)):
                self._send(picture)
        elif isinstance(event, DeleteEvent) and not event.deleted:
            for name in event.runs:
                if name in session.runs and name not in self._runs_sent:
                    self._send_run(session.runs[name])
        elif isinstance(event, SummaryEvent):
            event = msgspec.structs.replace(event, title=self._title())
        elif (run := getattr(event, "run", None)) is not None and run not in self._runs_sent:  # it was deleted before
            return
        self._send(event)

    def _send_run(self, run: Run) -> None:
        """Send a run that was deleted when the showing began, and is listed again."""
        session = self._recorder.session
        for event in session.events_of(run):
            self._take_event(event)
        self._send_interruption(run)
        if run.id in session.names:
            self._send(NameEvent(run.id, session.names[run.id]))

    def _send_interruption(self, run: Run) -> None:
        if run.end is not None and run.end.reason == INTERRUPTED:  # which a reader of the file would say
            self._send(run.end)

    def _title(self) -> str:
        """The session's title; that of its first run on show where it is the question of one that was deleted."""
        session = self._recorder.session
        titles = [title_of(run.question) for run in session.listed()]
        deleted = {title_of(session.runs[name].question) for name in session.deleted}
        return session.title if session.title in titles or session.title not in deleted else "".join(titles[:1])

    def _send(self, event: Event | PresentedPage) -> None:
        if isinstance(event, PictureEvent):
            if event.name in self._pictures_sent or not event.content:
                return
            self._pictures_sent.add(event.name)
            event = msgspec.structs.replace(event, path="")  # where the file lies is nobody's business
        process = self._process
        if self._sending is not None and not self._sending.done():
            self._waiting.append(event)
        elif process is not None and not process.write(_line(event)):
            self.problem = "Its lines were not taken in time."
            process.kill()  # it may be over already: then its own words say why

    async def _send_waiting(self, process: WorkerProcess) -> None:
        """Send what waits, no faster than it is taken."""
        while self._waiting:
            lines, size = list[bytes](), 0
            while self._waiting and size < _CHUNK:
                lines.append(_line(self._waiting.popleft()))
                size += len(lines[-1])
            if not process.write(b"".join(lines)):
                return
            await process.drain()

    # -- what the process says ----------------------------------------------------------------------------------------

    def _take_line(self, line: bytes | None) -> None:
        try:
            if self.place is None:
                self.place = msgspec.json.decode(line or b"", type=SharePlace)
            else:
                self.watchers = msgspec.json.decode(line or b"", type=Watchers).watchers
        except msgspec.DecodeError:
            return
        self._on_change()

    def _exited(self, process: WorkerProcess) -> None:
        if process is self._process:
            self._close()
            words = next(reversed(process.log.lines()), "")
            self.problem = words or self.problem or "The process that showed it ended."
            self._on_change()


def _line(event: Event | PresentedPage) -> bytes:
    return (msgspec.json.encode(event) if isinstance(event, PresentedPage) else encode(event)) + b"\n"
