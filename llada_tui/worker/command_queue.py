"""A thread that reads commands while the main thread loads and samples, and queues those for the main thread."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from typing import NamedTuple

import msgspec

from llada_tui.settings.sampler_settings import SettingsError
from llada_tui.trace.bounds import MAX_LINE
from llada_tui.worker.codec import decode_command
from llada_tui.worker.command_limits import MAX_TEXT, excess, text_size
from llada_tui.worker.job_messages import JobCommand
from llada_tui.worker.line_splitter import LineSplitter
from llada_tui.worker.protocol import (
    MAX_LANES,
    Advance,
    AnyCommand,
    Cancel,
    CancelLane,
    Compare,
    Failure,
    Generate,
    GiveUp,
    Hold,
    Load,
    Ping,
    Pong,
    Question,
    Quit,
    Release,
    Retune,
    lanes_of,
)
from llada_tui.worker.run_control import RunControl

MAX_WAITING = 64
"""Most commands that may wait for the main thread."""
MAX_QUESTIONS = 16
"""Most questions that may wait. Their texts together are bounded as that of a single one is (`MAX_TEXT`)."""
_MAX_RUN_ID = 200
_OUT_OF_BOUNDS = re.compile(r"Expected `(?:int|float)` [<>]=? \S+ - at `\$\.(\w{1,40})")
"""The words of msgspec for a number that its type does not allow."""
_MAX_WORDS = 1000
"""Most characters of an answer that may name what a line held."""
MainCommand = Load | Generate | Compare | Question | JobCommand
"""The commands that the main thread carries out."""
RunCommand = Cancel | CancelLane | Hold | Release | Advance | Retune
"""The commands that a run at work follows."""


class QueuedCommand(NamedTuple):
    """A command for the main thread, and the control through which later commands reach it (Cancel, Hold, ...).

    Of a load only `RunControl.cancel` is used.
    """

    command: MainCommand
    control: RunControl

    @property
    def runs(self) -> list[str]:
        """The names of the runs that it makes, or of the job that it is."""
        return _runs(self.command)


class CommandQueue:
    """Commands from a file descriptor. Those for the main thread wait in `next`; those for a run go to its control.

    ``reply`` is called from the reading thread with a `Failure` for what cannot be taken, or a `Pong`. When the input
    ends, or with Quit, every run is cancelled and `next` gives None; ``ended`` is then called from the reading thread.
    """

    def __init__(
        self, fd: int, reply: Callable[[Failure | Pong], None], ended: Callable[[], None] = lambda: None
    ) -> None:
        self._fd = fd
        self._reply = reply
        self._ended = ended
        self._changed = Condition()
        self._jobs: deque[QueuedCommand] = deque()
        self._runs: dict[str, RunControl] = {}
        self._active: QueuedCommand | None = None
        self._unended: set[str] = set()
        self._over = False

    def start(self) -> None:
        """Start reading."""
        Thread(target=self._read, name="commands", daemon=True).start()

    def next(self) -> QueuedCommand | None:
        """The next command to carry out, when there is one; None when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._over)
            if self._over:
                return None
            self._active = self._jobs.popleft()
            self._unended = set(self._active.runs)
            return self._active

    def over(self, run: str) -> None:
        """Note that the end of ``run`` is about to be sent. After the last run's end their names are free again."""
        with self._changed:
            self._unended.discard(run)
            if self._active is not None and not self._unended:
                self._free(self._active)

    def done(self, job: QueuedCommand) -> list[Question]:
        """Note that ``job`` is carried out. Gives the questions that came too late for its run to answer."""
        with self._changed:
            self._active = None
            self._free(job)
            return job.control.questions()

    def _free(self, job: QueuedCommand) -> None:
        for run in job.runs:
            if self._runs.get(run) is job.control:
                del self._runs[run]

    def _read(self) -> None:
        lines = LineSplitter(MAX_LINE)
        try:
            while not self._over and (chunk := os.read(self._fd, 2**16)):
                for line in lines.feed(chunk):
                    self._take(line)
                    del line  # so that nothing of a long one is kept until the next comes
                    if self._over:
                        break
        except OSError:
            pass  # The other side is gone: as if it had closed the stream.
        finally:
            self._close()
            self._ended()

    def _close(self) -> None:
        with self._changed:
            self._over = True
            for job in (*self._jobs, *([self._active] if self._active else [])):
                job.control.cancel()
            self._changed.notify_all()

    def _take(self, line: bytes | None) -> None:
        if line is None:
            self._reply(Failure("protocol", f"A command of more than {MAX_LINE} bytes was ignored."))
            return
        if not line.strip():
            return
        try:
            command = decode_command(line)
        except Exception as error:  # Whatever a line may do to the decoder, it must not end the worker.
            self._reply(malformed(line, error))
            return
        if isinstance(command, Ping):
            self._reply(Pong())
        elif problem := excess(command):
            self._refuse(command, problem)
        elif refused := self._accept(command):
            self._reply(refused)

    def _refuse(self, command: AnyCommand, problem: str) -> None:
        """Answer a command that is not taken in; each lane of a Compare as its Generate would be."""
        name = "generate" if isinstance(command, Compare) else str(command.__struct_config__.tag)
        runs: list[str | None] = [*_runs(command)]
        for run in runs or [None]:
            self._reply(Failure("request", problem, run=run and run[:_MAX_RUN_ID], command=name))

    def _accept(self, command: MainCommand | RunCommand | GiveUp | Quit) -> Failure | None:
        """Take a command in; the Failure to answer with if it cannot be."""
        name = str(command.__struct_config__.tag)
        run = None if isinstance(command, Load | Compare | Question | GiveUp | Quit) else command.run
        runs = _runs(command) if run is None else [run]
        if not all(0 < len(run_name) <= _MAX_RUN_ID for run_name in runs):
            return Failure("protocol", f"A run's name must have 1 to {_MAX_RUN_ID} characters.", command=name)
        if isinstance(command, Compare) and (len(set(runs)) < len(runs) or not 0 < len(runs) <= MAX_LANES):
            return Failure("request", f"Runs side by side are 1 to {MAX_LANES}, each with its name.", command=name)
        with self._changed:
            match command:
                case Quit():
                    self._over = True
                case GiveUp():
                    jobs = [*self._jobs, *([self._active] if self._active else [])]
                    for at_work in {*self._runs.values(), *(job.control for job in jobs)}:
                        at_work.take(command)
                case Cancel() | CancelLane() | Hold() | Release() | Advance() | Retune():
                    control = self._runs.get(command.run)
                    if control is None:
                        return Failure("request", "This run is not at work.", run=run, command=name)
                    control.take(command)
                case _:
                    return self._queue(command, name, run)
        return None

    def _queue(self, command: MainCommand, name: str, run: str | None) -> Failure | None:
        if taken := next((run_name for run_name in _runs(command) if run_name in self._runs), None):
            return Failure("request", f"A run named {taken} is already at work.", command=name)
        if len(self._jobs) >= MAX_WAITING:
            return Failure("request", "Too many commands are waiting already.", run=run, command=name)
        if isinstance(command, Question):
            waiting = self._questions()
            text = sum(map(text_size, waiting))
            if len(waiting) >= MAX_QUESTIONS or (waiting and text + text_size(command) > MAX_TEXT):
                return Failure("request", "Too many questions are waiting already.", command=name)
            if self._runs:
                # Answered between two steps: the run may be held for as long as somebody looks at it.
                next(iter(self._runs.values())).take(command)
                return None
        job = QueuedCommand(command, RunControl(any(lane.hold for lane in lanes_of(command))))
        self._runs.update(dict.fromkeys(job.runs, job.control))
        if isinstance(command, Load):
            self._give_up_loads()
        self._jobs.append(job)
        self._changed.notify_all()
        return None

    def _questions(self) -> list[Question]:
        """The questions that wait."""
        controls = set(self._runs.values())
        jobs = [job.command for job in self._jobs if isinstance(job.command, Question)]
        return [*jobs, *(question for control in controls for question in control.questions())]

    def _give_up_loads(self) -> None:
        """A later load makes earlier ones pointless, unless a run waits in between for what they load."""
        for job in reversed([*([self._active] if self._active else []), *self._jobs]):
            if job.runs:
                break
            if isinstance(job.command, Load):
                job.control.cancel()


def _runs(command: AnyCommand) -> list[str]:
    """The names of the runs that a command makes, or of the job that it is."""
    if isinstance(command, Compare):
        return [lane.run for lane in command.lanes]
    return [command.run] if isinstance(command, Generate | JobCommand) else []


def malformed(line: bytes, error: Exception) -> Failure:
    """Why a line is no command. A setting that cannot be used is the request's fault and names run and field."""
    run, name = None, ""
    try:
        fields = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        name = msgspec.json.decode(fields["command"], type=str)[:_MAX_RUN_ID]
        run = msgspec.json.decode(fields["run"], type=str)[:_MAX_RUN_ID]
    except Exception:
        pass  # Then it is not known whose line it was.
    if isinstance(error.__cause__, SettingsError):
        return Failure("request", str(error.__cause__)[:_MAX_WORDS], run=run, field=error.__cause__.field, command=name)
    if run is not None and (number := _OUT_OF_BOUNDS.match(str(error))) is not None:
        return Failure("request", f"{number[1]} of a {name[:40]} command is out of its bounds.", run=run, command=name)
    message = (
        "A line that is no command was ignored." if not name else f"A malformed {name[:40]!r} command was ignored."
    )
    return Failure("protocol", message, f"{type(error).__name__}: {error}"[:_MAX_WORDS], run=run, command=name)
