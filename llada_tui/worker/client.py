"""The screen's side of the worker: start it, talk to it, survive it. asyncio; no torch."""

from __future__ import annotations

import asyncio
import logging
import shlex
import signal
from collections import deque
from collections.abc import Callable, Sequence

from llada_tui.trace.bounds import MAX_LINE
from llada_tui.trace.events import CANCELLED, FAILED, AnyEvent
from llada_tui.worker import heartbeat
from llada_tui.worker.codec import decode_reply, encode
from llada_tui.worker.command_limits import excess
from llada_tui.worker.greeting import read_hello
from llada_tui.worker.heartbeat import Heartbeat
from llada_tui.worker.job_messages import Bench, Quantize, ScoreTokens
from llada_tui.worker.open_runs import STEPS_OF_GRACE, OpenRuns
from llada_tui.worker.process import WorkerProcess, printable_line, starting
from llada_tui.worker.protocol import (
    AnyCommand,
    AnyReply,
    Cancel,
    Compare,
    Count,
    Encode,
    Failure,
    Generate,
    Hello,
    Influence,
    Load,
    Loaded,
    Ping,
    Pong,
    Quit,
    Score,
    lanes_of,
)
from llada_tui.worker.worker_errors import WorkerDied, WorkerError, WorkerSilent, WorkerStill, signal_name, why_it_ended

__all__ = ["Item", "WorkerClient", "WorkerDied", "WorkerError", "WorkerSilent", "WorkerStill"]

_log = logging.getLogger(__name__)
_MAX_BAD_LINES = 10
"""Unreadable lines of one process that are reported; a command that floods must not flood the screen."""
_MAX_LOADS = 64

Item = AnyReply | AnyEvent | WorkerDied | WorkerSilent | WorkerStill


class WorkerClient:
    """A worker process, started when first needed and again after it ended.

    ``command`` starts it: words, or one string as for a shell (``"ssh box llada-tui worker"``); by default this
    package's own. ``on_item`` is called in the event loop with every reply and event in order, and with
    `WorkerSilent`, `WorkerStill` and `WorkerDied`.
    Every run of which a RunEvent came gets exactly one EndEvent, and every other run asked for a Failure with its
    name, whatever happens to the worker.
    """

    def __init__(
        self,
        command: str | Sequence[str] | None = None,
        *,
        on_item: Callable[[Item], None],
        start_timeout: float = 60.0,
        cancel_grace: float = 10.0,
        stop_grace: float = 2.0,
    ) -> None:
        """``cancel_grace``: seconds a cancelled run has to end before the worker is ended instead (more, where single
        steps are slow). ``stop_grace``: seconds for each of: ending in order, SIGTERM, SIGKILL."""
        self._wrong = ""
        try:
            words = shlex.split(command) if isinstance(command, str) else command
        except ValueError:
            self._wrong = f"a quotation mark in {printable_line(str(command), 60)!r} has no second one"
            words = None
        self.command, self._variables = starting(words)
        self.hello: Hello | None = None
        self._on_item = on_item
        self._start_timeout = start_timeout
        self._cancel_grace = cancel_grace
        self._stop_grace = stop_grace
        self._starting = asyncio.Lock()
        self._process: WorkerProcess | None = None
        self._greeting: asyncio.Future[Hello] | None = None
        self._open = OpenRuns()
        self._loads: deque[Load] = deque(maxlen=_MAX_LOADS)
        """Asked for and not answered."""
        self._loaded: Load | None = None
        self._bad_lines = 0
        self._heartbeat = Heartbeat(
            lambda seconds: self._emit(WorkerSilent(seconds)),
            lambda seconds: self._emit(self._standstill(seconds)),
            lambda: heartbeat.LOAD_PATIENCE if self._loads else self._open.patience,
        )
        self._ending = ""
        """Why the process is being ended by us: ``stop``, ``start`` or the message for `WorkerDied`."""

    @property
    def running(self) -> bool:
        """Whether a worker is there and has said hello."""
        return self._process is not None and self.hello is not None

    @property
    def silent(self) -> int:
        """For how many seconds the worker has not answered; 0 where it does."""
        return self._heartbeat.silent

    @property
    def still(self) -> int:
        """For how many seconds nothing had come of what the worker does, at the last count; 0 where something does."""
        return self._heartbeat.still

    @property
    def log(self) -> list[str]:
        """The last lines of the worker's stderr."""
        return self._process.log.lines() if self._process else []

    # -- commands -----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the worker unless it runs, and wait for its hello. Raises `WorkerError`."""
        async with self._starting:
            await self._start()

    async def load(self, command: Load) -> None:
        """Ask for a checkpoint. Raises `WorkerError` if no worker can be started, or for a name that is too long."""
        if problem := excess(command):
            raise WorkerError(problem)
        async with self._starting:
            self._loads.append(command)
            if not await self._start():
                self._write(command)

    async def generate(self, command: Generate | Compare) -> None:
        """Ask for runs; a worker that had died is started first, with its checkpoint. Raises `WorkerError`."""
        async with self._starting:
            await self._start()
            for lane in lanes_of(command):
                self._open.ask(lane.run)
            self._write(command)

    async def send(self, command: AnyCommand) -> bool:
        """Send any command. False if it needs a run and there is no worker to have one. Raises `WorkerError`."""
        match command:
            case Load():
                await self.load(command)
            case Generate() | Compare():
                await self.generate(command)
            case Count() | Encode() | Score() | Influence() | ScoreTokens() | Bench() | Quantize():
                async with self._starting:
                    await self._start()
                    self._write(command)
            case _:
                return self.running and self._process is not None and self._process.write(encode(command))
        return True

    async def cancel(self, run: str) -> None:
        """End a run and wait for its end; if the worker is silent or does not see to it in time, end the worker.

        A run that waits behind a load is cancelled without waiting.
        """
        open_run, process = self._open.runs.get(run), self._process
        if open_run is None or process is None:
            return
        await self.send(Cancel(run))
        if open_run.run is None and not self.silent:
            return
        grace = max(self._cancel_grace, STEPS_OF_GRACE * open_run.slowest)
        if await self._heartbeat.wait(open_run.over, grace):
            return
        if self.silent:
            await self.end_hanging()
        elif process is self._process:
            await self.end(f"The worker did not cancel within {grace:.0f} seconds and was ended.")

    async def end(self, message: str) -> None:
        """End a worker that does not do what it was asked; `WorkerDied` says the ``message``."""
        if (process := self._process) is not None:
            self._ending = self._ending or message
            process.signal(signal.SIGTERM)
            await process.end(self._stop_grace)

    async def end_hanging(self) -> None:
        """End a worker that does not answer, or that nothing comes of, at once: it would not hear of it. Open runs get
        their ends."""
        process = self._process
        if process is None or not (self.silent or self.still):
            return
        trouble = WorkerSilent(self.silent) if self.silent else self._standstill(self.still)
        self._ending = self._ending or trouble.ended
        process.kill()
        await process.wait(self._stop_grace)

    def _standstill(self, seconds: int) -> WorkerStill:
        return WorkerStill(seconds, "progress" if self._loads else "step")

    async def stop(self) -> None:
        """End the worker, surely: asked first, then forced. Open runs get their end. Safe to call at any time."""
        process = self._process
        if process is None:
            return
        self._ending = "stop"
        if self.silent:
            process.kill()
        process.write(encode(Quit()))
        await process.end(self._stop_grace)

    def kill(self) -> None:
        """End the worker at once, without waiting: for when there is no time left."""
        if self._process is not None:
            self._ending = "stop"
            self._process.kill()

    # -- starting -----------------------------------------------------------------------------------------------------

    async def _start(self) -> bool:
        """Start a worker if there is none, and tell it the checkpoint wanted. True if it had to."""
        if self._process is not None and self.hello is not None and not self._ending:
            return False
        if self._process is not None:
            await self._process.end(self._stop_grace)
        if self._wrong:
            raise WorkerError(f"The worker cannot be started: {self._wrong}.")
        name = shlex.join(self.command)[:200]
        self._greeting = asyncio.get_running_loop().create_future()
        self._bad_lines, self._ending = 0, ""
        self._process = process = WorkerProcess(self._line, self._exited)
        try:
            await process.start(self.command, self._variables)
        except (OSError, ValueError) as error:
            self._process = None
            what = f"there is no command {self.command[0]!r}" if isinstance(error, FileNotFoundError) else str(error)
            raise WorkerError(f"The worker cannot be started: {what}.") from None
        try:
            self.hello = await asyncio.wait_for(self._greeting, self._start_timeout)
        except TimeoutError:
            await self._give_up(process)
            message = f"The command {name!r} did not answer as a worker within {self._start_timeout:g} seconds."
            raise WorkerError(message, process.log.lines()) from None
        except WorkerError:
            await self._give_up(process)
            raise
        except asyncio.CancelledError:
            self._ending = "start"
            process.kill()
            raise
        checkpoint = self._loads[-1] if self._loads else self._loaded
        self._loads.clear()
        if checkpoint is not None:
            self._loads.append(checkpoint)
            self._write(checkpoint)
        return True

    async def _give_up(self, process: WorkerProcess) -> None:
        """End a process that is no worker we can use."""
        if process is self._process:
            self._ending = "start"
        process.signal(signal.SIGTERM)
        await process.end(self._stop_grace)

    def _greet(self, line: bytes | None) -> None:
        """The first line has to be a hello that we understand."""
        assert self._greeting is not None
        if self._greeting.done():
            return
        try:
            hello = read_hello(line, self.command)
        except WorkerError as error:
            # The process is none that we can use: from here on nobody minds whether it ends or is ended.
            self._ending = "start"
            self._greeting.set_exception(error)
            return
        self._greeting.set_result(hello)
        self.hello = hello
        if hello.answers_ping and (process := self._process) is not None:
            ping = encode(Ping())
            self._heartbeat.begin(process.pid, lambda: process.write(ping))
        self._emit(hello)

    # -- what comes from the process ----------------------------------------------------------------------------------

    def _line(self, line: bytes | None) -> None:
        if self.hello is None:
            self._greet(line)
            return
        self._heartbeat.heard()
        try:
            item = decode_reply(line) if line is not None else None
        except Exception as error:
            self._unreadable("The worker sent a line that cannot be read.", line, error)
            return
        if line is None:
            self._unreadable("The worker sent a line that is too long.", b"", None)
        elif item is not None and not isinstance(item, Pong) and not self._open.is_late(item):
            self._note(item)
            self._emit(item)

    def _unreadable(self, message: str, line: bytes | None, error: Exception | None) -> None:
        self._bad_lines += 1
        if self._bad_lines <= _MAX_BAD_LINES:
            printed = printable_line((line or b"")[:400].decode("utf-8", "replace"), 200)
            self._emit(Failure("protocol", message, printable_line(f"{error or ''} {printed}")))

    def _note(self, item: AnyReply | AnyEvent) -> None:
        self._open.note(item)
        self._heartbeat.note(item)
        if isinstance(item, Loaded) and not item.again and self._loads:
            self._loaded = self._loads.popleft()
        elif isinstance(item, Failure) and item.command == "load" and self._loads:
            self._loads.popleft()

    def _exited(self, process: WorkerProcess) -> None:
        """The process is gone, and everything it said has been taken."""
        if process is not self._process:
            return
        self._process, self.hello = None, None
        self._heartbeat.end()
        ending, log = self._ending, process.log.lines()
        self._ending = ""
        died = None
        if ending in ("stop", "start"):
            message, reason = "The worker was stopped.", CANCELLED
        else:
            message, reason = ending or why_it_ended(process.returncode, log), CANCELLED if ending else FAILED
            code = process.returncode
            died = WorkerDied(code if code is None or code >= 0 else None, signal_name(code), message, log)
        for item in self._open.break_off(reason, message if reason == FAILED else ""):
            self._emit(item)
        if died is not None:
            self._emit(died)
        if self._greeting is not None and not self._greeting.done():
            self._greeting.set_exception(WorkerError(message, log, died))

    def _emit(self, item: Item) -> None:
        try:
            self._on_item(item)
        except Exception:  # A defect of the screen's must not end the reading.
            _log.exception("An item of the worker could not be taken: %s", type(item).__name__)

    def _write(self, command: AnyCommand) -> None:
        line = encode(command)
        problem = excess(command) or ("This is too long to be asked." if len(line) > MAX_LINE else "")
        if problem or self._process is None or not self._process.write(line):
            for lane in lanes_of(command):
                self._open.runs.pop(lane.run, None)
            raise WorkerError(problem or "The worker does not listen any more.", [] if problem else self.log)
