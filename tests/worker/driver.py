"""A worker process at the end of two pipes, without the client."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import FINISHED, EndEvent, StepEvent
from llada_tui.trace.resume import Resume
from llada_tui.worker.codec import decode_reply, encode
from llada_tui.worker.messages import Command
from llada_tui.worker.protocol import Generate, Hello, Load, Loaded

ROOT = Path(__file__).parents[2]
FAKE = [sys.executable, str(Path(__file__).with_name("fakes.py"))]
PATIENCE = 300.0
T = TypeVar("T")


def short(**changes: Any) -> SamplerSettings:
    """Settings of a small canvas, one token a step."""
    return SamplerSettings(**{"steps": 12, "gen_length": 12, "block_length": 6, **changes})


def ask(run: str = "a", length: int = 12, **more: Any) -> Generate:
    """A run of ``length`` steps. ``more`` are fields of the command, its prompt or where it goes on."""
    block = min(length, 6)
    more = {"text": "hi", **more}
    settings = more.pop("settings", None) or short(steps=length, gen_length=length, block_length=block)
    parts: list[Any] = [
        kind(**{name: more.pop(name) for name in kind.__struct_fields__ if name in more}) for kind in (Prompt, Resume)
    ]
    return Generate(run, settings, *parts, **more)


class RawWorker:
    """Sends bytes, and keeps what comes back in ``items``. Every wait has an end."""

    def __init__(self, command: list[str] | None = None, **environment: str) -> None:
        self.process = subprocess.Popen(
            command or FAKE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            start_new_session=True,
        )
        self.lines: list[bytes] = []
        self.items: list[Any] = []
        self.log = b""
        self._queue: queue.Queue[Any] = queue.Queue()
        self._threads = [Thread(target=self._read, daemon=True), Thread(target=self._read_log, daemon=True)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> RawWorker:
        assert isinstance(self.next(), Hello)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join(PATIENCE)

    def send(self, *commands: Command | bytes) -> None:
        assert self.process.stdin
        for command in commands:
            self.process.stdin.write(command if isinstance(command, bytes) else encode(command))
        self.process.stdin.flush()

    def next(self) -> Any:
        """The next item; None at the end of the stream."""
        return self._queue.get(timeout=PATIENCE)

    def until(self, kind: type[T], **fields: object) -> T:
        """Read on to an item of this kind with these fields."""
        while (item := self.next()) is not None:
            if isinstance(item, kind) and all(getattr(item, name) == value for name, value in fields.items()):
                return item
        raise AssertionError(f"The worker ended without {kind.__name__}: {self.items[-3:]} {self.log[-2000:]!r}")

    def until_step(self, index: int) -> StepEvent:
        return self.until(StepEvent, index=index)

    def close(self) -> int:
        """Close its stdin and wait for its end."""
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(PATIENCE)

    def steps(self, run: str) -> list[StepEvent]:
        return [item for item in self.items if isinstance(item, StepEvent) and item.run == run]

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)
            item = decode_reply(line)
            self.items.append(item)
            self._queue.put(item)
        self._queue.put(None)

    def _read_log(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.log = (self.log + line)[-100_000:]


def still_answers(worker: RawWorker) -> None:
    """It loads and runs as if nothing had happened."""
    worker.send(Load("fake"))
    assert worker.until(Loaded).model.id == "fake"
    worker.send(ask("check", 2))
    assert worker.until(EndEvent, run="check").reason == FINISHED
