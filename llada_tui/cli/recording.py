"""The session that a command's runs go into: in memory, and in a file where one was named."""

from __future__ import annotations

import contextlib
from itertools import count, islice
from pathlib import Path

from llada_tui import __version__
from llada_tui.cli.output import USAGE, CommandError, warn
from llada_tui.trace.events import CANCELLED, AnyEvent, EndEvent
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session, SessionError, SessionWriter, read_session


class Recording:
    """Takes the events of runs. Whatever happens, `finish` leaves a file that can be replayed."""

    def __init__(self, path: Path | None, runs: int = 1) -> None:
        """Raises `CommandError` for a file that is no session, before any work is done."""
        self.session = Session()
        self.problem = ""
        self._writer: SessionWriter | None = None
        if path is not None:
            self._writer = SessionWriter(path, f"llada-tui {__version__}")
            try:
                if path.exists() and (path.is_dir() or path.stat().st_size):
                    self.session = read_session(path)
            except SessionError as error:
                raise CommandError(str(error), USAGE) from None
            except OSError as error:
                raise CommandError(_refusal(path, error), USAGE) from None
        taken = self.session.runs
        if taken:
            warn(f"{path} holds {len(taken)} run{'s' if len(taken) > 1 else ''} already: what is new is added to it.")
        free = (name for name in (f"run-{n}" for n in count(1)) if name not in taken)
        self.names = list(islice(free, runs))
        """What the runs have to be called."""

    @property
    def name(self) -> str:
        """What the run has to be called, or the first of them."""
        return self.names[0]

    @property
    def run(self) -> Run | None:
        """The run, or the first of them, once it has begun."""
        return self.session.runs.get(self.name)

    @property
    def runs(self) -> list[Run]:
        """The runs that have begun."""
        return [self.session.runs[name] for name in self.names if name in self.session.runs]

    def add(self, event: AnyEvent) -> None:
        """Fold an event and write it. Raises `TraceError` for one that does not fit, and `CommandError` if not even the
        first can be written; should a later one fail, ``problem`` says so and the run goes on."""
        if self._writer is not None:
            try:
                self._writer.write(event)
            except (OSError, SessionError) as error:
                path, self._writer = self._writer.path, None
                if self.run is None:
                    raise CommandError(_refusal(path, error)) from None
                self.problem = _refusal(path, error)
        self.session.add(event)

    def finish(self) -> None:
        """End the runs that nothing else did, sum the session up and close the file."""
        writer = self._writer
        for run in self.runs:
            if run.end is None:
                made, seconds = run.last, run.seconds(run.last)
                self.add(EndEvent(run.id, CANCELLED, run.answer(), made, made, seconds, run.rate(made)))
        if writer is not None:
            with contextlib.suppress(OSError, SessionError):
                if self.runs:
                    writer.write(self.session.summary())
            with contextlib.suppress(OSError):
                writer.close()


def _refusal(path: Path, error: Exception) -> str:
    if not isinstance(error, OSError):
        return str(error)
    return f"{path} cannot be recorded into: {(error.strerror or str(error)).lower()}."
