"""The time that very large sessions take to open, and a key on them: ``python benchmarks/large_sessions.py``.

Each session is written anew, opened under Textual's pilot at 120x40 in a process of its own, and measured in seconds of
wall time: the reading alone, from the start of the application to its first quiet moment, and the slowest of eight
keys. A key waits for as long as the screen's loop is kept by what it is doing: the longest such piece of work, while
the session opens and after it, in seconds of the processor's time, which other jobs do not change.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import Choice, EndEvent, Event, Message, ModelInfo, RunEvent, StepEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.session import SessionError, read_session
from llada_tui.trace.session_writer import SessionWriter

MASK = 900
MODEL = ModelInfo("acme/llada", "llada", "float32", "cpu", MASK, 902, 901, chat=True)
KEYS = ("f1", "escape", "end", "home", "left", "right", "ctrl+g", "f4")


def begin(run: str, size: int, messages: list[Message] | None = None, parent: str | None = None) -> RunEvent:
    settings = SamplerSettings(steps=size, gen_length=size, block_length=size)
    resume = Resume([MASK] * size, step=int(parent is not None))
    return RunEvent(run, MODEL, settings, [1], resume, messages=messages or [Message("user", "q")], parent=parent)


def step(run: str, index: int, commits: list[Choice], guesses: list[Choice], remasked: list[int]) -> StepEvent:
    return StepEvent(
        run=run, index=index, block=0, block_step=index, seconds=0.01, commits=commits, predictions=guesses,
        remasked=remasked,
    )  # fmt: skip


def end(run: str, steps: int) -> EndEvent:
    return EndEvent(run, "finished", "an answer", steps, steps, 1.0, 10.0)


def answers(turns: int) -> Iterator[Event]:
    """A conversation of so many questions and answers, each with its run."""
    messages: list[Message] = []
    for turn in range(turns):
        run = f"run-{turn + 1}"
        messages = [*messages, Message("user", f"question {turn}")]
        yield begin(run, 4, messages)
        for index in range(4):
            yield step(run, index, [Choice(index, index, 0.5)], [], [])
        yield end(run, 4)
        messages = [*messages, Message("assistant", "an answer")]


def history(count: int) -> Iterator[Event]:
    """One run that so many messages led to."""
    kinds = ("user", "assistant")
    yield begin("run-1", 4, [Message(kinds[index % 2], f"message {index}") for index in range(count + 1)])
    yield step("run-1", 0, [Choice(0, 1, 0.5)], [], [])
    yield end("run-1", 1)


def canvas(size: int, steps: int) -> Iterator[Event]:
    """A long canvas, every mask predicted in every step."""
    yield begin("run-1", size)
    order = random.Random(1).sample(range(size), size)
    each = size // steps
    for index in range(steps):
        now, later = order[index * each : (index + 1) * each], order[(index + 1) * each :]
        yield step("run-1", index, [Choice(at, 1, 0.5) for at in now], [Choice(at, 2, 0.2) for at in later], [])
    yield end("run-1", steps)


def chain(count: int) -> Iterator[Event]:
    """So many runs, each a branch of the one before."""
    for number in range(1, count + 1):
        run = f"run-{number}"
        yield begin(run, 4, parent=f"run-{number - 1}" if number > 1 else None)
        yield step(run, int(number > 1), [Choice(0, 1, 0.5)], [], [])
        yield end(run, 1)


def remasks(count: int) -> Iterator[Event]:
    """A run that takes so many tokens back."""
    size = 1000
    yield begin("run-1", size)
    for index in range(count // size):
        yield step("run-1", index, [], [], list(range(size)))
    yield end("run-1", count // size)


SESSIONS = {
    "1,000 questions and answers": ("chat", lambda: answers(1000)),
    "20,000 messages before a run": ("chat", lambda: history(20_000)),
    "a canvas of 10,000, 100 steps": ("replay", lambda: canvas(10_000, 100)),
    "3,000 branches in a chain": ("replay", lambda: chain(3000)),
    "an answer of 4 tokens": ("replay", lambda: answers(1)),
    "16 million remasks": ("replay", lambda: remasks(16_000_000)),
}


class Pieces:
    """The pieces of work that the event loop does at once."""

    def __init__(self) -> None:
        self._longest = 0.0
        run = asyncio.Handle._run  # type: ignore[attr-defined]

        def timed(handle: asyncio.Handle) -> None:
            began = time.thread_time()
            run(handle)
            self._longest = max(self._longest, time.thread_time() - began)

        asyncio.Handle._run = timed  # type: ignore[attr-defined]

    def longest(self) -> float:
        """Processor seconds of the longest piece since the last call."""
        longest, self._longest = self._longest, 0.0
        return longest


async def opened(path: Path, screen: str, pieces: Pieces) -> tuple[float, float, float, float]:
    """Seconds until a session is open, and those of the slowest key; after each, of the longest piece of work."""
    from llada_tui.tui.app import OPENING, LladaApp
    from llada_tui.tui.shell.options import ChatOptions, ReplayOptions

    options = ChatOptions("fake", worker="sleep 1000", resume=path)
    app = LladaApp(replay=ReplayOptions(path)) if screen == "replay" else LladaApp(options)
    pieces.longest()
    began = time.perf_counter()
    slowest = 0.0
    async with app.run_test(size=(120, 40)) as pilot:
        while len(app.screen_stack) < 2 or any(worker.name == OPENING for worker in app.workers):
            await pilot.pause(0.01)
        await pilot.pause()
        seconds, opening = time.perf_counter() - began, pieces.longest()
        for key in KEYS:
            pressed = time.perf_counter()
            await pilot.press(key)
            await pilot.pause()
            slowest = max(slowest, time.perf_counter() - pressed)
        kept = pieces.longest()
        app.exit()
    return seconds, opening, slowest, kept


def measure(path: Path, screen: str) -> None:
    """Print a row's figures, or what is said instead of opening the file."""
    began = time.perf_counter()
    try:
        read_session(path)
    except SessionError:
        print(f"{time.perf_counter() - began:.1f} s | refused in a sentence | | | | {peak()} MB |")
        return
    reading = time.perf_counter() - began
    seconds, opening, slowest, kept = asyncio.run(opened(path, screen, Pieces()))
    print(f"{reading:.1f} s | {seconds:.1f} s | {opening:.2f} s | {slowest:.1f} s | {kept:.2f} s | {peak()} MB |")


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args().measure
    if chosen is not None:
        measure(Path(chosen[0]), chosen[1])
        return
    print("| | read | open | longest piece | slowest key | longest piece | memory |\n|" + " --- |" * 7)
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, (screen, events)) in enumerate(SESSIONS.items()):
            path = Path(folder) / f"{number}.jsonl"
            writer = SessionWriter(path, "benchmark")
            for event in events():
                writer.write(event)
            writer.close()
            print(f"| {name} | ", end="", flush=True)
            places = {**os.environ, "LLADA_TUI_SESSIONS": folder, "LLADA_TUI_CONFIG": folder}
            subprocess.run([sys.executable, __file__, "--measure", str(path), screen], check=True, env=places)


if __name__ == "__main__":
    main()
