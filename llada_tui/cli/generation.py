"""One run of a worker, from its start to what is printed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from llada_tui.cli.generate import Format
from llada_tui.cli.model_source import progress_words
from llada_tui.cli.output import DONE, FAILED, INTERRUPTED, USAGE, CommandError, StatusLine, say, say_prose, warn
from llada_tui.cli.prompts import asked
from llada_tui.cli.recorded_sessions import recorder_into, recording_problem
from llada_tui.cli.run_summary import summary
from llada_tui.cli.step_words import describe
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import CANCELLED, AnyEvent, EndEvent, ModelInfo, PiecesEvent, RunEvent, StepEvent
from llada_tui.trace.run import Run, TraceError
from llada_tui.worker.client import Item, WorkerClient, WorkerDied, WorkerError
from llada_tui.worker.protocol import Failure, Generate, Loaded, Progress

if TYPE_CHECKING:
    from llada_tui.cli.generate import Request

_RECORDED = RunEvent | PiecesEvent | StepEvent | EndEvent


class Generation:
    """One run, from the worker's start to its end."""

    def __init__(self, request: Request, settings: SamplerSettings) -> None:
        self.request = request
        self.settings = settings
        self.recorder = recorder_into(request.record)
        (self.name,) = self.recorder.free_names(1)
        self.problem = ""
        self.interrupted = False
        self._items: asyncio.Queue[Item] = asyncio.Queue()
        self._status = StatusLine()

    @property
    def _run(self) -> Run | None:
        """The run, once it has begun."""
        return self.recorder.session.runs.get(self.name)

    async def run(self) -> int:
        """The run; returns the exit code."""
        client = WorkerClient(self.request.worker, on_item=self._items.put_nowait)
        talk = asyncio.ensure_future(self._talk(client))
        try:
            with _interrupts(lambda: self._interrupt(client, talk)):
                await talk
        except (WorkerError, TraceError) as error:
            self.problem = str(error)
        except asyncio.CancelledError:
            if not self.interrupted:
                raise
        finally:
            self._status.clear()
            await client.stop()
            self.recorder.finish()
        return self._report()

    async def _talk(self, client: WorkerClient) -> None:
        await client.load(msgspec.structs.replace(self.request.load, canvas=self.settings.gen_length))
        model = await self._loading()
        if model is None:
            return
        await client.generate(self._command(model))
        while True:
            item = await self._items.get()
            if isinstance(item, Failure) and item.code != "protocol":
                self._fail(item)
                if item.run == self.name and self._run is None:
                    return
            elif isinstance(item, WorkerDied):
                self.problem = self.problem or item.message
                if self._run is None:
                    return
            elif isinstance(item, _RECORDED):
                self._take(item)
                if isinstance(item, EndEvent):
                    return

    async def _loading(self) -> ModelInfo | None:
        """Wait for the checkpoint. None, with the problem noted, if it cannot be had."""
        while True:
            item = await self._items.get()
            if isinstance(item, Progress):
                self._status.show(progress_words(self.request.load.source, item.stage, item.done, item.total))
            elif isinstance(item, Loaded):
                return item.model
            elif isinstance(item, WorkerDied):
                self.problem = item.message
                return None
            elif isinstance(item, Failure) and item.code != "protocol":
                self._fail(item)
                return None

    def _command(self, model: ModelInfo) -> Generate:
        return Generate(self.name, self.settings, asked(model, self.request.prompt, self.request.system))

    def _fail(self, failure: Failure) -> None:
        self.problem = failure.message
        if failure.field is not None:
            raise CommandError(failure.message, USAGE)

    def _take(self, event: AnyEvent) -> None:
        self.recorder.add(event)
        run = self._run
        if run is None:
            return
        if isinstance(event, RunEvent) and self.recorder.failure is not None:
            raise CommandError(recording_problem(self.recorder))
        if isinstance(event, StepEvent):
            if self.request.format is Format.PLAIN:
                say(describe(run, run.last))
            else:
                self._status.show(f"step {run.last} of {run.start.settings.steps}, {run.masks_left(run.last)} masks")
        elif isinstance(event, EndEvent) and event.reason != CANCELLED:
            self.problem = event.message or self.problem

    def _interrupt(self, client: WorkerClient, talk: asyncio.Future[None]) -> None:
        """The first time the run is cancelled and its partial answer kept; the second time everything ends."""
        if self.interrupted or self._run is None:
            client.kill()
            talk.cancel()
        else:
            task = asyncio.ensure_future(client.cancel(self.name))
            talk.add_done_callback(lambda _: task.cancel())
        self.interrupted = True

    def _report(self) -> int:
        run, problem = self._run, self.problem or recording_problem(self.recorder)
        if run is not None:
            if self.request.format is Format.JSON:
                print(json.dumps(summary(run)), flush=True)
            elif run.answer():
                say_prose(run.answer())
        if self.interrupted:
            return INTERRUPTED
        if problem:
            warn(problem)
        return FAILED if problem else DONE


@contextlib.contextmanager
def _interrupts(handler: Any) -> Iterator[None]:
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
