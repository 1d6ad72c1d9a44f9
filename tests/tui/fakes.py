"""A worker for tests of the screen: the made-up model of the worker's tests, with gates that a test opens.

A model named ``gate:FILE`` makes as many steps as the number in the file says, and is not loaded while there is a
FILE.loading; ``wait:FILE`` loads once the file is
there; ``hostile`` writes what no terminal should be sent. Run as a script.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import Choice, ModelInfo, StepData
from llada_tui.trace.resume import Resume
from llada_tui.worker.backend import Progress
from llada_tui.worker.protocol import Load
from tests.worker import fakes
from tests.worker.fakes import MASK, FakeBackend

HOSTILE = (
    b"\x1b[5;35;45mX", b"\x1b[2J", b"\x1b]0;owned\x07", b"\x1b]52;c;b3duZWQ=\x07", b"\x1bPq\x1b\\", b"\x9b31m",
    b"\xc2\x9b31m", b"[MASK]", b"[/INST]", b"[bold]x[/bold]", b"[red]", b"[/]", b"[@click=app.quit]x[/]",
    b"\xf0\x9f", b"\x98\x80", b"\xff", "\u202eevil\u2066".encode(), "\u200f".encode(), "e\u0301\u0301".encode(),
    "\u0301".encode(), "漢字".encode(), "👩\u200d👩\u200d👧".encode(), b"\r\n", b"\t", b"\x00", b"\x08\x08", b"\x7f",
    "\u2028".encode(), b"\x0e", "\ufe0f".encode(), "🇩🇪".encode(), b"\n\n", b"   ", b"\\[", b"$(x)",
    "\U000e0041".encode(),
)  # fmt: skip
"""Pieces with escape sequences, markup, half characters, marks that turn the writing about, and nothing at all."""


def number(path: Path) -> int:
    """The number of steps that a gate lets through."""
    try:
        return int(path.read_text())
    except (FileNotFoundError, ValueError):
        return 0


class Gated(FakeBackend):
    """Makes a step only when the gate is open for it."""

    def __init__(self, source: str) -> None:
        super().__init__("fake")
        self.info = msgspec.structs.replace(self.info, id="gated")
        self.gate = Path(source.removeprefix("gate:"))

    def steps(
        self, prompt: list[int], resume: Resume, settings: Callable[[], SamplerSettings], *around: object
    ) -> Iterator[StepData]:
        inner = self._steps(resume, settings)
        index = resume.step
        while True:
            while number(self.gate) <= index:
                time.sleep(0.002)
            try:
                yield next(inner)
            except StopIteration:
                return
            index += 1


class Hostile(FakeBackend):
    """Writes `HOSTILE` pieces, one a step, and predicts others. Its own name is no better."""

    def __init__(self) -> None:
        super().__init__("fake")
        self.info = ModelInfo(
            "\x1b]0;owned\x07/\x1b[31mmodel[red]", "fake", "fl\x1b[7moat", "cp\x1b[5mu", MASK, 257, 258,
            context=4096, chat=True, vocab_size=2000,
        )  # fmt: skip

    def token_bytes(self, ids: Iterable[int]) -> tuple[dict[int, bytes], list[int]]:
        ids = list(ids)
        pieces = {token: HOSTILE[(token - 1000) % len(HOSTILE)] if token >= 1000 else b"x" for token in ids}
        return pieces, [token for token in ids if 255 < token < 1000]

    def decode(self, ids: list[int], head: bytes = b"") -> str:
        pieces = [self.token_bytes([token])[0][token] for token in ids if token != MASK]
        return b"".join([*pieces, head]).decode("utf-8", "replace")

    def steps(
        self, prompt: list[int], resume: Resume, settings: Callable[[], SamplerSettings], *around: object
    ) -> Iterator[StepData]:
        places = [place for place, token in enumerate(resume.canvas or ()) if token == MASK]
        for index, place in enumerate(places):
            rest = places[index + 1 :]
            guesses = [Choice(other, 1000 + (other * 7 + index) % len(HOSTILE), 0.3) for other in rest]
            yield StepData(
                block=0,
                block_step=index,
                commits=[Choice(place, 1000 + place % len(HOSTILE), 0.9)],
                predictions=guesses,
                entropy=0.5,
            )


def load(command: Load, progress: Progress) -> FakeBackend:
    """Load a made-up model; its name tells what it does."""
    if command.source.startswith("gate:"):
        while Path(command.source.removeprefix("gate:") + ".loading").exists():
            progress("load", 1, 3)
            time.sleep(0.002)
        return Gated(command.source)
    if command.source.startswith("rounds:"):
        few = FakeBackend("fake")
        few.info = msgspec.structs.replace(few.info, earlier_rounds=int(command.source.removeprefix("rounds:")))
        return few
    if command.source == "hostile":
        progress("\x1b[31mstage", 1, 2, "\x1b[32m")
        return Hostile()
    if command.source.startswith("blocks:"):
        in_blocks = FakeBackend(command.source)
        size = int(command.source.removeprefix("blocks:").partition("/")[0])
        in_blocks.info = msgspec.structs.replace(in_blocks.info, block_size=size, blocks_as_set=True)
        return in_blocks
    if command.source.startswith("wait:"):
        while not Path(command.source.removeprefix("wait:")).exists():
            progress("load", 1, 3)
            time.sleep(0.002)
        return FakeBackend("fake")
    return fakes.load(command, progress)


if __name__ == "__main__":
    from llada_tui.worker import server

    sys.exit(server.run(load))
