"""A worker that a command has for itself: started, given a checkpoint, asked, and ended whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TypeVar

from llada_tui.cli.model_source import progress_words
from llada_tui.cli.output import FAILED, USAGE, CommandError, StatusLine, warn
from llada_tui.trace.events import AnyEvent, EndEvent, Event, ModelInfo, PiecesEvent, RunEvent
from llada_tui.worker.client import Item, WorkerClient, WorkerDied, WorkerError, WorkerSilent, WorkerStill
from llada_tui.worker.job_messages import JobCommand, JobReply
from llada_tui.worker.protocol import (
    AnyReply,
    Cancel,
    Compare,
    Failure,
    Generate,
    Load,
    Loaded,
    Progress,
    Score,
    Scored,
)
from llada_tui.worker.worker_errors import Standstills

T = TypeVar("T")
R = TypeVar("R", bound=JobReply)
GRACE = 10.0
"""Seconds that a worker has to end a job in order, once it is asked to."""


class WorkerFailure(CommandError):
    """A command that a worker would not or could not carry out. ``failure`` is its answer."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message, FAILED if failure.field is None else USAGE)
        self.failure = failure


class OlderWorker(CommandError):
    """The worker does not know a command."""


class Interrupted(Exception):
    """Somebody pressed ctrl-C while the worker was at work."""


class CommandWorker:
    """The worker of a command, and its questions to it. `use_worker` makes one.

    ``on_interrupt``, where it is set, is awaited at the first ctrl-C, to end in order what is at work. Without it, and
    at the second, the worker is killed.
    """

    def __init__(self, command: str | None) -> None:
        self.status = StatusLine()
        self.interrupted = False
        self.on_interrupt: Callable[[], Awaitable[object]] | None = None
        self.token_bytes: dict[int, bytes] = {}
        """The bytes of the tokens that the worker has named."""
        self._items: asyncio.Queue[Item] = asyncio.Queue()
        self._client = WorkerClient(command, on_item=self._items.put_nowait)
        self._source = ""
        self._standstills = Standstills()

    async def load(self, load: Load) -> ModelInfo:
        """Load a checkpoint. Raises `CommandError` where it cannot be had."""
        self._source = load.source
        self.status.show(f"loading {load.source}")
        await self._client.load(load)
        while True:
            item = await self._next()
            if isinstance(item, Loaded):
                return item.model
            if isinstance(item, Failure):
                raise WorkerFailure(item)

    async def run(self, command: Generate | Compare) -> AsyncIterator[AnyEvent]:
        """Denoise; gives the events until every run that was asked for has ended.

        Raises `CommandError` where one cannot begin.
        """
        lanes = command.lanes if isinstance(command, Compare) else [command]
        unbegun, unended = {lane.run for lane in lanes}, {lane.run for lane in lanes}
        await self._client.generate(command)
        while unended:
            item = await self._next()
            if isinstance(item, Failure) and item.run in unbegun:
                raise WorkerFailure(item)
            if isinstance(item, Event):
                if isinstance(item, RunEvent):
                    unbegun.discard(item.run)
                elif isinstance(item, EndEvent):
                    unended.discard(item.run)
                yield item

    async def do(self, command: JobCommand, reply: type[R], words: Callable[[Progress], str]) -> R:
        """Do a job and wait for its reply. ``words`` make the status line. Raises `CommandError`."""
        await self._client.send(command)
        while True:
            item = await self._next(words)
            if isinstance(item, reply) and item.run == command.run:
                return item
            if isinstance(item, Failure) and item.run == command.run:
                raise WorkerFailure(item)

    async def score(self, command: Score) -> Scored:
        """The log-likelihood of an answer, as version 1 gives it too. Raises `CommandError`."""
        await self._client.send(command)
        while True:
            item = await self._next()
            if isinstance(item, Scored):
                return item
            if isinstance(item, Failure) and item.command == "score":
                raise WorkerFailure(item)

    async def cancel(self, run: str) -> None:
        """End a run, keeping what it has."""
        await self._client.cancel(run)

    async def cancel_job(self, run: str) -> None:
        """Ask that a job ends, and kill the worker should it not, at once if it is silent."""
        await self._client.send(Cancel(run))
        if not self._client.silent:
            await asyncio.sleep(GRACE)
        self._client.kill()

    async def _next(self, words: Callable[[Progress], str] | None = None) -> AnyReply | AnyEvent:
        """The next item but for progress, which is shown. Raises `CommandError` for a worker that died or is older."""
        while True:
            item = await self._items.get()
            if isinstance(item, WorkerDied):
                raise CommandError(item.message)
            if isinstance(item, WorkerSilent | WorkerStill):
                if self._standstills.is_news(item):
                    warn(f"{item.message} Ctrl-C ends it." if item.seconds else item.message)
                continue
            if isinstance(item, PiecesEvent):
                self.token_bytes |= item.pieces
            if isinstance(item, Progress):
                default = progress_words(self._source, item.stage, item.done, item.total)
                self.status.show(words(item) if words is not None else default)
            elif not isinstance(item, Failure) or item.code != "protocol":
                return item
            elif item.command:
                name = item.command.replace("_", " ")
                raise OlderWorker(f"The worker is older: it does not know {name}. Install this llada-tui there, too.")

    def interrupt(self, talk: asyncio.Future[T]) -> None:
        """Ctrl-C was pressed while ``talk`` was going on."""
        if self.interrupted or self.on_interrupt is None:
            self._client.kill()
            talk.cancel()
        else:
            ending = asyncio.ensure_future(self.on_interrupt())
            talk.add_done_callback(lambda _: ending.cancel())
        self.interrupted = True

    async def stop(self) -> None:
        """End the worker."""
        self.status.clear()
        await self._client.stop()


def use_worker(command: str | None, talk: Callable[[CommandWorker], Awaitable[T]]) -> T:
    """The result of ``talk``, with a worker of its own that ``command`` starts: None for one of this package, here.

    Raises `CommandError` for what goes wrong, and KeyboardInterrupt after ctrl-C or SIGTERM.
    """
    try:
        return asyncio.run(_use(command, talk))
    except Interrupted:
        raise KeyboardInterrupt from None


async def _use(command: str | None, talk: Callable[[CommandWorker], Awaitable[T]]) -> T:
    worker = CommandWorker(command)
    task = asyncio.ensure_future(talk(worker))
    try:
        with _interrupts(lambda: worker.interrupt(task)):
            result = await task
    except WorkerError as error:
        raise CommandError(str(error)) from None
    except (asyncio.CancelledError, CommandError):
        if not worker.interrupted:
            raise
        raise Interrupted from None
    finally:
        await worker.stop()
    if worker.interrupted:
        raise Interrupted
    return result


@contextlib.contextmanager
def _interrupts(handler: Callable[[], object]) -> Iterator[None]:
    """Ctrl-C and SIGTERM call ``handler`` in the event loop instead of tearing it down."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    try:
        for number in signals:
            loop.add_signal_handler(number, handler)
    except (NotImplementedError, RuntimeError):  # Windows, or not the main thread: Ctrl-C ends everything there.
        yield
        return
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
