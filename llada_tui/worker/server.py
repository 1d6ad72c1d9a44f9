"""The worker's process: stdin and stdout speak the protocol, everything else that is printed goes to stderr."""

from __future__ import annotations

import contextlib
import os
import sys
from threading import Event as Flag
from threading import Lock

from llada_tui.diffusion import caches, lengths, strategies
from llada_tui.diffusion.sampler_part import SamplerPart
from llada_tui.trace.events import EndEvent, Event
from llada_tui.version import __version__
from llada_tui.worker import quantize_job
from llada_tui.worker.backend import Backend, Loader, Progress, Quantizer
from llada_tui.worker.codec import encode
from llada_tui.worker.command_queue import CommandQueue
from llada_tui.worker.dispatch import execute
from llada_tui.worker.engine import Engine
from llada_tui.worker.freed_memory import use_one_arena
from llada_tui.worker.messages import Reply
from llada_tui.worker.protocol import PROTOCOL, Failure, Hello, Load
from llada_tui.worker.sampler_parts import CacheInfo, LengthInfo, ParameterInfo, StrategyInfo

_GRACE = 1.0
"""Seconds that the main thread has to come to an end once the input is over."""
_ENVIRONMENT = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


class Outbox:
    """Lines to a file descriptor, whole and one at a time. When nobody reads them any more, the process ends."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = Lock()

    def send(self, item: Reply | Event) -> None:
        """Send a line."""
        line = memoryview(encode(item))
        with self._lock:
            try:
                while line:
                    line = line[os.write(self._fd, line) :]
            except OSError:
                _leave()


def main() -> None:
    """The worker, with the models of this package."""
    run(_load, quantize_job.save)


def run(loader: Loader, quantizer: Quantizer | None = None) -> None:
    """Be a worker until the input ends. Does not return: ending the interpreter in order may take seconds."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        serve(loader, quantizer)
    except KeyboardInterrupt:
        _leave(130)
    _leave()


def serve(loader: Loader, quantizer: Quantizer | None = None) -> None:
    """Carry commands out until the input ends."""
    use_one_arena()
    source, sink = _claim_stdio()
    outbox = Outbox(sink)
    outbox.send(hello())
    finished = Flag()

    def ended() -> None:
        if not finished.wait(_GRACE):
            _leave()

    commands = CommandQueue(source, outbox.send, ended)
    commands.start()

    def tell(item: Reply | Event) -> None:
        match item:
            case EndEvent(run=run) | Failure(run=str(run), command="generate"):
                commands.over(run)
        outbox.send(item)

    engine = Engine(loader, tell, quantizer)
    while (job := commands.next()) is not None:
        execute(engine, job)
        for late in commands.done(job):
            engine.answer(late)
    finished.set()


def hello() -> Hello:
    """The facts and abilities of this worker."""
    return Hello(
        PROTOCOL,
        __version__,
        os.getpid(),
        [
            StrategyInfo(
                name,
                kind.summary,
                _parameters(kind),
                kind.draws,
                kind.comparison_place,
                kind.source(),
                kind.title,
                kind().looks_back,
                kind.noise,
                kind.by_schedule,
                kind.settles,
            )
            for name, kind in strategies.by_name().items()
        ],
        [
            CacheInfo(name, kind.summary, _parameters(kind), kind.runs_block_alone, kind.source(), kind.looks_back)
            for name, kind in caches.by_name().items()
        ],
        answers_ping=True,
        lengths=[
            LengthInfo(name, kind.summary, _parameters(kind), kind.source()) for name, kind in lengths.by_name().items()
        ],
        gives_up=True,
    )


def _parameters(kind: type[SamplerPart]) -> list[ParameterInfo]:
    return [
        ParameterInfo(
            parameter.name,
            parameter.default,
            parameter.low,
            parameter.high,
            parameter.help,
            parameter.nudge,
            parameter.shown,
        )
        for parameter in kind.parameters
    ]


def _claim_stdio() -> tuple[int, int]:
    """Takes stdin and stdout for the protocol alone: what libraries ask or print, from C too, reaches neither.

    The copies are not inherited, so that no process started here can hold the streams open.
    """
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stderr
    return source, sink


def _load(command: Load, progress: Progress) -> Backend:
    """Load with torch, which is imported now and not before."""
    from llada_tui.worker.torch_backend import load

    return load(command, progress)


def _leave(code: int = 0) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
