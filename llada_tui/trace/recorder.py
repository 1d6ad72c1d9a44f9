"""A session that grows, and the file that it is recorded in. No widgets."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from llada_tui.trace.events import CANCELLED, AnyEvent, EndEvent, Event, PiecesEvent, RunEvent
from llada_tui.trace.session import Session, SessionError, SessionWriter
from llada_tui.trace.session_folder import new_path


class SessionRecorder:
    """Folds events into a session and writes them to its file.

    The file is ``path``, or a new one in ``folder``, named by the first question; without either nothing is written.
    ``on_problem`` is called with a sentence, and details, once recording has to stop. ``failure`` keeps the error.
    """

    def __init__(
        self,
        folder: Path | None,
        tool: str,
        on_problem: Callable[[str, str], None] = lambda message, details: None,
        session: Session | None = None,
        path: Path | None = None,
    ) -> None:
        self.folder, self.tool = folder, tool
        self.session = session or Session()
        self.path = path
        """The session's file; None until there is something to record."""
        self.recording = True
        self.failure: OSError | SessionError | None = None
        """Why recording stopped; None while it goes on."""
        self._on_problem = on_problem
        self._writer: SessionWriter | None = None
        self._unended: list[str] = []
        """Runs that began here and have no end yet."""

    def renew(self, session: Session | None = None, path: Path | None = None) -> None:
        """Begin another session, or go on with a recorded one; the one so far stays in its file."""
        self.close()
        pieces_before = self.session.pieces
        self.session, self.path, self.recording, self.failure = session or Session(), path, True, None
        self._unended.clear()
        for model, pieces in pieces_before.items():
            self.session.add(pieces.event(model))

    def know(self, other: Session) -> None:
        """Know the text of the tokens that another session knows: a worker tells it once."""
        for model, pieces in other.pieces.items():
            event = pieces.event(model)
            self.session.add(event)
            if self._writer is not None:  # else it is written with the first event
                self.record(event)

    def begin_recording(self) -> None:
        """Record from now on, with all that there was before."""
        self.recording = True
        for event in self.session.events():
            if not isinstance(event, PiecesEvent):  # those are written with the first
                self.record(event)

    def close(self) -> None:
        """Close the file; writing opens it again."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def finish(self) -> None:
        """End the runs that have no end as cancelled, sum the session up and close the file."""
        for name in [*self._unended]:
            self.add(self.session.runs[name].end_event(CANCELLED))
        if self._writer is not None:
            self.record(self.session.summary())
        with contextlib.suppress(OSError):
            self.close()

    def add(self, event: AnyEvent) -> None:
        """Fold an event and record it. Raises `TraceError`, changing nothing, for one that does not fit."""
        self.session.add(event)
        if isinstance(event, RunEvent):
            self._unended.append(event.run)
        elif isinstance(event, EndEvent) and event.run in self._unended:
            self._unended.remove(event.run)
        self.record(event)

    def record(self, event: Event) -> None:
        """Write an event that the session has already."""
        if not self.recording:
            return
        try:
            if self._writer is None:
                question = event.messages[-1].content if isinstance(event, RunEvent) and event.messages else ""
                if self.path is None:
                    if self.folder is None:
                        return
                    self.path = new_path(self.folder, question or self.session.title, time.time())
                self._writer = SessionWriter(self.path, self.tool)
                # a worker names a token's bytes once, whichever file it was for
                for model, pieces in self.session.pieces.items():
                    if len(pieces):
                        self._writer.write(pieces.event(model))
            self._writer.write(event)
        except (OSError, SessionError) as error:
            self.recording, self.failure = False, error
            reason = (getattr(error, "strerror", None) or str(error)).lower().removesuffix(".")
            self._on_problem(f"Recording stopped, since {self.path} cannot be written: {reason}.", str(error))

    def free_names(self, count: int) -> list[str]:
        """Names that no run has."""
        names: list[str] = []
        number = len(self.session.runs)
        while len(names) < count:
            number += 1
            if f"run-{number}" not in self.session.runs:
                names.append(f"run-{number}")
        return names
