"""``llada-tui generate``: one prompt, one run of a worker, printed as text, as lines or as JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from llada_tui.cli.chosen_settings import chosen
from llada_tui.cli.loading import configured, progress_words
from llada_tui.cli.output import DONE, FAILED, INTERRUPTED, USAGE, CommandError, StatusLine, say, say_prose, warn
from llada_tui.cli.prompts import as_typed, read_prompt
from llada_tui.cli.recording import Recording
from llada_tui.cli.step_words import describe
from llada_tui.settings.presets import Preset
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import (
    CANCELLED,
    AnyEvent,
    EndEvent,
    Message,
    ModelInfo,
    PiecesEvent,
    RunEvent,
    StepEvent,
)
from llada_tui.trace.run import Run, TraceError
from llada_tui.worker.client import Item, WorkerClient, WorkerDied, WorkerError
from llada_tui.worker.protocol import Failure, Generate, Load, Loaded, Progress

_RECORDED = RunEvent | PiecesEvent | StepEvent | EndEvent


class Format(Enum):
    """What is printed."""

    TEXT = "the answer"
    PLAIN = "a line a step, then the answer"
    JSON = "one object"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for. ``load.source`` and ``worker`` may be left to the configuration."""

    prompt: str
    load: Load
    worker: str | None = None
    system: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    preset: Preset | None = None
    format: Format = Format.TEXT
    record: Path | None = None


def run(request: Request) -> int:
    """Answer a prompt; returns the exit code. Raises `CommandError`, or `SettingsError` for settings that cannot be."""
    request = _completed(request)
    settings = chosen(request.load.source, request.preset, request.settings, request.worker)
    return asyncio.run(_Generation(request, settings).run())


def _completed(request: Request) -> Request:
    """The request with the prompt read, and with the model and worker of the configuration where it names none."""
    config = configured()
    load = msgspec.structs.replace(request.load, source=request.load.source or config.model)
    system = request.system
    return replace(
        request,
        prompt=read_prompt(request.prompt),
        load=load,
        worker=request.worker or config.worker,
        system=None if system is None else as_typed(system),
    )


def asked(model: ModelInfo, prompt: str, system: str | None) -> list[Message] | None:
    """The messages that a model is asked with; None for one that goes on with the prompt as it is, which is said."""
    if model.chat:
        return [*([Message("system", system)] if system else []), Message("user", prompt)]
    if system:
        raise CommandError(f"{model.id} only continues text: it takes no system prompt.", USAGE)
    warn(f"{model.id} was not trained to answer: it goes on where the prompt ends.")
    return None


class _Generation:
    """One run, from the worker's start to its end."""

    def __init__(self, request: Request, settings: SamplerSettings) -> None:
        self.request = request
        self.settings = settings
        self.recording = Recording(request.record)
        self.problem = ""
        self.interrupted = False
        self._items: asyncio.Queue[Item] = asyncio.Queue()
        self._status = StatusLine()

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
            self.recording.finish()
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
                if item.run == self.recording.name and not self.recording.run:
                    return
            elif isinstance(item, WorkerDied):
                self.problem = self.problem or item.message
                if not self.recording.run:
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
        messages = asked(model, self.request.prompt, self.request.system)
        text = self.request.prompt if messages is None else None
        return Generate(self.recording.name, self.settings, messages=messages, text=text)

    def _fail(self, failure: Failure) -> None:
        self.problem = failure.message
        if failure.field is not None:
            raise CommandError(failure.message, USAGE)

    def _take(self, event: AnyEvent) -> None:
        self.recording.add(event)
        run = self.recording.run
        if run is None:
            return
        if isinstance(event, StepEvent):
            if self.request.format is Format.PLAIN:
                say(describe(run, run.last))
            else:
                self._status.show(f"step {run.last} of {run.start.settings.steps}, {run.masks_left(run.last)} masks")
        elif isinstance(event, EndEvent) and event.reason != CANCELLED:
            self.problem = event.message or self.problem

    def _interrupt(self, client: WorkerClient, talk: asyncio.Future[None]) -> None:
        """The first time the run is cancelled and its partial answer kept; the second time everything ends."""
        if self.interrupted or self.recording.run is None:
            client.kill()
            talk.cancel()
        else:
            task = asyncio.ensure_future(client.cancel(self.recording.name))
            talk.add_done_callback(lambda _: task.cancel())
        self.interrupted = True

    def _report(self) -> int:
        run, problem = self.recording.run, self.problem or self.recording.problem
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


def summary(run: Run) -> dict[str, Any]:
    """The run as one object; its text is the exact one, which JSON's escapes make harmless."""
    end = run.end
    return {
        "text": end.text if end is not None else run.answer(),
        "token_ids": run.ids(run.last),
        "steps": end.steps if end else run.last,
        "forward_passes": end.forward_passes if end else run.last,
        "seconds": end.seconds if end else run.seconds(run.last),
        "tokens_per_second": end.tokens_per_second if end else run.rate(run.last),
        "settings": msgspec.to_builtins(run.settings_at(run.last)),
        "model": {name: getattr(run.start.model, name) for name in ModelInfo.__struct_fields__},
    }


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
