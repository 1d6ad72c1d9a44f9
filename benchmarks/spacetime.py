"""The cost of scrolling the picture of a whole run: 2,000 positions by 2,000 steps, in milliseconds a frame.

    python benchmarks/spacetime.py [--length 2000] [--steps 2000] [--frames 240] [--size 200x50]

A run is made up in which every step commits a token and predicts all masks of its block (here: all of them). The
picture is scrolled a row, a column and a page a frame, once through parts of it that were not shown before, and the
crosshair is moved a step a frame. A frame is from the key to the escape sequences written to a terminal that throws
them away, all of it in one process; 60 frames a second leave 16.7 ms. Last comes the floor: a bare widget of as many
cells, no two neighbours alike, all of them new in every frame. Prints a table; the figures are in
benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from sink import Sink
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import Alternatives, Choice, ModelInfo, RunEvent, StepEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.stage.spacetime_pane import SpacetimePane

_Pause = Callable[[], Awaitable[object]]
MASK = 0
CLOSE = 5
"""The number of times to zoom in, from all of it to a cell a position and a half block a step."""


def make_run(length: int, steps: int, seed: int = 0) -> Run:
    """One block; from left to right with some disorder, as models do it. Some tokens are taken back."""
    rng = random.Random(seed)
    info = ModelInfo("benchmark", "llada", "float32", "cpu", MASK)
    run = Run(
        RunEvent("run-1", info, SamplerSettings(steps, length, length), [], Resume([MASK] * length)), TokenBytes()
    )
    order = sorted(range(length), key=lambda position: position + rng.gauss(0, length / 10))
    masks = set(range(length))
    for index in range(steps):
        chosen = order[index * length // steps : (index + 1) * length // steps]
        masks.difference_update(chosen)
        kept = [position for position in order[: index * length // steps] if position not in masks]
        back = [rng.choice(kept)] if kept and index % 20 == 19 and index < steps - 1 else []
        predictions = [Choice(position, 1 + position % 30, rng.random()) for position in sorted(masks)]
        others = [Alternatives(choice.position, [1, 2], [choice.confidence, 0.1]) for choice in predictions]
        commits = [Choice(position, 1, rng.random()) for position in chosen]
        run.add(
            StepEvent(
                run="run-1",
                index=index,
                block=0,
                block_step=index,
                seconds=0.01,
                commits=commits,
                predictions=predictions,
                remasked=back,
                alternatives=others,
            )
        )
        masks.update(back)
    return run


class Bench(App[None]):
    """The picture, and a canvas that is not shown."""

    CSS = "TokenCanvas { display: none; }"

    def compose(self) -> ComposeResult:
        self.canvas = TokenCanvas()
        self.pane = SpacetimePane(self.canvas)
        yield self.canvas
        yield self.pane


class Bare(Widget):
    """Half blocks whose colours differ from cell to cell and from frame to frame, made with the least that is needed:
    what is left is Textual's own work, and the writing."""

    def on_mount(self) -> None:
        self.frame = 0
        inks = [(30 * top, 99, 180, 30 * bottom) for top in range(8) for bottom in range(8)]
        colours = [(RichColor.from_rgb(a, b, c), RichColor.from_rgb(c, d, b)) for a, b, c, d in inks]
        self.cells = [Segment("▀", Style(color=above, bgcolor=below)) for above, below in colours] * 8

    def render_lines(self, crop: Region) -> list[Strip]:
        starts = ((self.frame + 7 * y) % 64 for y in crop.line_range)
        return [Strip(self.cells[start : start + crop.width], crop.width) for start in starts]


class Floor(App[None]):
    """Nothing but that."""

    def compose(self) -> ComposeResult:
        self.bare = Bare()
        yield self.bare

    def move(self, frame: int) -> None:
        self.bare.frame = frame
        self.bare.refresh()


def moves(pane: SpacetimePane, run: Run) -> Iterator[tuple[str, Callable[[int], None]]]:
    """The moves of a frame, by name."""

    def scroll(x: int, y: int) -> Callable[[int], None]:
        def move(frame: int) -> None:
            across, down = pane.max_scroll_x or 1, pane.max_scroll_y or 1
            pane.scroll_to(frame * x % across, frame * y % down, animate=False, immediate=True)

        return move

    if pane.max_scroll_y:
        page = pane.size.height
        yield "a row, not shown before", scroll(0, 1)
        yield "a row, shown before", scroll(0, 1)
        yield "a page, not shown before", scroll(0, page)
        yield "a column", scroll(1, 0)
        yield "a row and ten columns", scroll(10, 1)
    yield "the crosshair, a step", lambda frame: pane.show(run, frame, run.last)


async def measure(run: Run, by: ColourBy, zoom: int, frames: int, size: tuple[int, int]) -> list[str]:
    app = Bench(driver_class=Sink)
    async with app.run_test(size=size, headless=False) as pilot:
        pane = app.pane
        app.canvas.colour_by = by
        began = time.process_time()
        pane.show(run, 0, run.last)
        for _ in range(zoom):
            pane.change_zoom(1)
        await pilot.pause()
        first = (time.process_time() - began) * 1000
        cells = pane.virtual_size
        lines = [f"{by.value}, zoom {zoom}: a picture of {cells.width} x {cells.height} cells"]
        lines.append(f"  {'first look':<28} {first:7.1f} ms")
        idle = statistics.mean(await _cost(pilot.pause, lambda frame: None, frames))
        for name, move in moves(pane, run):
            lines.append(await _line(pilot.pause, name, move, frames, idle))
    return lines


async def measure_floor(frames: int, size: tuple[int, int]) -> list[str]:
    app = Floor(driver_class=Sink)
    async with app.run_test(size=size, headless=False) as pilot:
        await pilot.pause()
        idle = statistics.mean(await _cost(pilot.pause, lambda frame: None, frames))
        return ["a bare widget", await _line(pilot.pause, "all cells new", app.move, frames, idle)]


async def _line(pause: _Pause, name: str, move: Callable[[int], None], frames: int, idle: float) -> str:
    before = Sink.written
    cost = await _cost(pause, move, frames)
    written = (Sink.written - before) / len(cost) / 1000
    mean, worst = statistics.mean(cost) - idle, sorted(cost)[int(len(cost) * 0.99)] - idle
    return f"  {name:<28} {mean:7.1f} ms   worst of a hundred {worst:7.1f} ms   {written:6.0f} kB"


async def _cost(pause: _Pause, move: Callable[[int], None], frames: int) -> list[float]:
    """CPU milliseconds of each frame."""
    cost = []
    for frame in range(1, frames):
        began = time.process_time()
        move(frame)
        await pause()
        cost.append((time.process_time() - began) * 1000)
    return cost


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--length", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--size", default="200x50")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    run = make_run(options.length, options.steps)
    gc.freeze()  # as the application does
    print(f"{options.length} positions by {options.steps} steps at {options.size}, CPU time a frame")
    for by, zoom in (
        (ColourBy.STATE, 0),
        (ColourBy.STATE, CLOSE),
        (ColourBy.CONFIDENCE, CLOSE),
        (ColourBy.ENTROPY, CLOSE),
    ):
        print("\n".join(await measure(run, by, zoom, options.frames, (width, height))))
    print("\n".join(await measure_floor(options.frames, (width, height))))


if __name__ == "__main__":
    asyncio.run(main())
