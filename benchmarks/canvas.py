"""The cost of a frame of the canvas: 1,000 tokens at 100x40 with 20 changes a frame, in CPU milliseconds a frame.

    python benchmarks/canvas.py [--frames 300] [--size 120x40 --size 250x70]

Three ways to draw the same frames, side by side in one process: our Line API canvas, a ``Static`` with one rich Text,
and one widget a token. Prints a table; the figures are in benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import time
from collections.abc import Callable

from rich.text import Text
from sink import Sink
from textual.app import ComposeResult
from textual.containers import Container
from textual.driver import Driver
from textual.widget import Widget
from textual.widgets import Static

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.cell import State
from llada_tui.trace.events import Choice, ModelInfo, PiecesEvent, RunEvent, StepEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.shell.terminal_app import TerminalApp

LENGTH, BLOCK, CHANGES = 1000, 200, 20
SIZES = ("100x40", "120x40", "250x70")
MASK = 0
WORDS = "the a lantern fox river of and to in it was found small golden old by night they sang . ,".split()
EVEN = "one two fox owl the and was saw ran sea sky map key oak elm ash".split()


def make_run(frames: int, words: list[str], seed: int = 0, *, steady: bool = True) -> Run:
    """A run of ``frames`` steps in blocks of 200, in each of which 20 positions change: 2 are committed, and for 18
    masks of the block at work the prediction becomes another. All other predictions stay, and so do their confidences
    where they are ``steady``; in a real run some change, and with them the colour of the guess."""
    rng = random.Random(seed)
    vocabulary = {index + 1: (" " + word).encode() for index, word in enumerate(words)}
    tokens = list(vocabulary)
    pieces = TokenBytes()
    pieces.add(PiecesEvent({MASK: b"<|mdm_mask|>", **vocabulary}, [MASK]))
    info = ModelInfo("benchmark", "llada", "float32", "cpu", MASK)
    run = Run(RunEvent("run-1", info, SamplerSettings(LENGTH, LENGTH, BLOCK), [], Resume([MASK] * LENGTH)), pieces)
    guesses: dict[int, tuple[int, float]] = {}
    start = 0
    for index in range(frames):
        if len(guesses) < CHANGES:
            guesses.update((position, (rng.choice(tokens), rng.random())) for position in range(start, start + BLOCK))
            start += BLOCK
        commits = [Choice(position, guesses.pop(position)[0], 0.9) for position in rng.sample(sorted(guesses), 2)]
        for position in rng.sample(sorted(guesses), CHANGES - 2):
            guesses[position] = rng.choice(tokens), rng.random()
        predictions = [
            Choice(position, token, confidence if steady else rng.random())
            for position, (token, confidence) in guesses.items()
        ]
        run.add(
            StepEvent(
                run="run-1",
                index=index,
                block=start // BLOCK - 1,
                block_step=index,
                seconds=0.01,
                commits=commits,
                predictions=predictions,
            )
        )
    return run


class TextCanvas(Static):
    """The naive way: one rich Text for everything."""

    def show(self, run: Run, frame: int) -> None:
        text = Text()
        cells = run.cells(frame)
        for cell, word in zip(cells, run.token_bytes.texts([cell.token for cell in cells]), strict=True):
            text.append(word, "bold" if cell.state is State.COMMITTED_NOW else "italic" if cell.token else "dim")
        self.update(text)


class WidgetCanvas(Container):
    """A widget a token."""

    DEFAULT_CSS = """
    WidgetCanvas { layout: grid; grid-size: 20; grid-rows: 1; }
    WidgetCanvas Static { width: 5; height: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.tokens = [Static("", markup=False) for _ in range(LENGTH)]
        self.shown: list[object] = [None] * LENGTH

    def compose(self) -> ComposeResult:
        yield from self.tokens

    def show(self, run: Run, frame: int) -> None:
        cells = run.cells(frame)
        for cell, word in zip(cells, run.token_bytes.texts([cell.token for cell in cells]), strict=True):
            if self.shown[cell.position] != (word, cell.state):
                self.shown[cell.position] = (word, cell.state)
                self.tokens[cell.position].update(Text(word, "bold" if cell.state is State.COMMITTED_NOW else ""))


async def measure(make: Callable[[], Widget], run: Run, frames: int, size: tuple[int, int]) -> float:
    """CPU milliseconds a frame, from a change of the playhead to what is written to the terminal."""

    class Bench(TerminalApp):
        def get_driver_class(self) -> type[Driver]:
            return Sink

        def compose(self) -> ComposeResult:
            self.canvas = make()
            yield self.canvas

    gc.collect()  # what the way measured before has left is not searched for garbage
    gc.freeze()
    app = Bench()
    async with app.run_test(size=size, headless=False) as pilot:
        show = app.canvas.show  # type: ignore[attr-defined]
        for frame in range(5):
            show(run, frame)
            await pilot.pause()
        began = time.process_time()
        for frame in range(5, frames):
            show(run, frame)
            await pilot.pause()
        drawn = time.process_time() - began
        began = time.process_time()
        for _ in range(5, frames):
            await pilot.pause()
        idle = time.process_time() - began
    return (drawn - idle) / (frames - 5) * 1000


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--size", action="append", help="COLUMNSxROWS; all of these where none is named")
    options = parser.parse_args()
    frames = options.frames
    print(f"{LENGTH} tokens, {CHANGES} changes a frame, {frames} frames, CPU time a frame")
    for title, words in (("words of one width", EVEN), ("words of many widths", WORDS)):
        run = make_run(frames, words)
        for name in options.size or SIZES:
            columns, rows = map(int, name.split("x"))
            size = columns, rows
            ours = await measure(TokenCanvas, run, frames, size)
            text = await measure(TextCanvas, run, frames, size)
            widgets = await measure(WidgetCanvas, run, min(frames, 60), size)
            print(f"{title}, {name}")
            for way, cost in (
                ("Line API (ours)", ours),
                ("Static with rich Text", text),
                ("a widget a token", widgets),
            ):
                print(f"  {way:<24} {cost:7.2f} ms   {cost / ours:5.1f}x")


if __name__ == "__main__":
    asyncio.run(main())
