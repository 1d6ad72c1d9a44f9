"""A worker whose model is made up: the real process, protocol and engine, without torch. Run as a script."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from itertools import zip_longest
from math import nan

import msgspec

from llada_tui.diffusion.chosen_parts import chosen_parts
from llada_tui.models.errors import DoesNotFit, ModelError
from llada_tui.pictures import PicturePlaces
from llada_tui.settings.prompt import PICTURE, Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import Choice, ModelInfo, StepData
from llada_tui.trace.resume import Resume
from llada_tui.worker.backend import AnswerScore, JobProgress, Progress
from llada_tui.worker.job_messages import Bench, Benched, BenchRow
from llada_tui.worker.protocol import Load

MASK, EOS, EOT = 256, 257, 258
PAUSE = 0.003


class FakeBackend:
    """Commits one token a step. Ids below 256 are bytes; the letter tells the temperature: a for 0, b for 1, ..."""

    tidied = 0
    """The number of times that memory was given back, by any of them."""

    def __init__(self, source: str = "fake") -> None:
        self.source = source
        self.info = ModelInfo(
            source, "fake", "float32", "cpu", MASK, EOS, EOT, context=4096, chat=source != "base", vocab_size=300,
            sees=source == "sees",
        )  # fmt: skip

    def encode(self, prompt: Prompt) -> list[int]:
        messages, text = prompt.messages, prompt.text
        if messages is not None and not self.info.chat:
            raise ModelError("This model has no chat template; it continues a text.")
        places = [PICTURE] * len(prompt.picture_names)
        return places + list((text if text is not None else "".join(m.content for m in messages or [])).encode())

    def tokens(self, text: str, *, raw: bool = False) -> list[int]:
        return list(text.encode())

    def see(self, prompt: list[int], pictures: list[bytes]) -> tuple[FakeBackend, list[int]]:
        return self, [token for token in prompt if token != PICTURE]

    def noise(self, settings: SamplerSettings, canvas: list[int], step: int) -> list[tuple[int, int]]:
        return []

    def stops(self, stop: Sequence[str | list[int]]) -> list[list[int] | str]:
        return [*stop]

    def suffix(self, suffix: str | list[int]) -> list[int]:
        return list(suffix.encode()) if isinstance(suffix, str) else suffix

    def decode(self, ids: list[int], head: bytes = b"") -> str:
        return (bytes(token for token in ids if token < 256) + head).decode("utf-8", "replace")

    def token_bytes(self, ids: Iterable[int]) -> tuple[dict[int, bytes], list[int]]:
        ids = list(ids)
        texts = range(256)
        return {token: bytes([token]) if token in texts else b"" for token in ids}, [t for t in ids if t not in texts]

    def score(
        self,
        prompt: list[int],
        answer: list[int],
        samples: int,
        seed: int,
        *,
        cfg_scale: float = 0.0,
        batch_size: int = 16,
        progress: JobProgress | None = None,
    ) -> AnswerScore:
        """A nat a token; each sample takes a while where the model is paced."""
        if self.source == "paced":
            print("scoring", file=sys.stderr, flush=True)
        for done in range(1, samples + 1):
            self._stop_at(done)
            if self.source == "paced":
                time.sleep(PAUSE)
            if progress is not None:
                progress(done, samples, "")
        error = nan if samples == 1 else 1 / samples if len(answer) > seed else 0.0
        return AnswerScore(-float(len(answer)), error, [-1.0] * len(answer), samples)

    def batch_steps(
        self,
        prompts: Sequence[list[int]],
        settings: Sequence[SamplerSettings],
        stop: object,
        suffix: object,
        cancelled_rows: Set[int],
    ) -> Iterator[list[StepData | None]]:
        rows = [self._steps(Resume(canvas=[MASK] * each.gen_length), lambda each=each: each) for each in settings]
        return (
            [None if number in cancelled_rows else row for number, row in enumerate(step)]
            for step in zip_longest(*rows)
        )

    def bench(self, command: Bench, progress: JobProgress) -> Benched:
        for number in range(command.rounds):
            progress(number, command.rounds, f"made up: round {number + 1}")
            self._stop_at(number)
            if self.source == "paced":
                time.sleep(PAUSE)
        return Benched(command.run, [BenchRow("made up", 10.0, 1.0, 4, 2000, 0.5)], 2, 1, 1e9, 1e9)

    def influence(
        self, ids: list[int], place: int, token: int, groups: list[list[int]], go_on: Callable[[], None]
    ) -> tuple[float, list[float]]:
        """A token leans on those that are the same, and on the upper left of a picture. A model that ponders has no
        answer: it is asked until that is given up."""
        while self.source == "ponders":
            go_on()
            time.sleep(PAUSE)
        if groups and not groups[0]:
            return -1.0, [1.0 / (1 + number) - 0.3 for number in range(len(groups))]
        firsts = [ids[places[0]] for places in groups]
        return -1.0, [1.0 if first == token else -0.5 if first > token else 0.0 for first in firsts]

    def picture_positions(self, sizes: Sequence[tuple[int, int]]) -> int:
        return 100 * len(sizes)

    def picture_parts(self, prompt: list[int], most: int) -> list[PicturePlaces]:
        """Four parts of the first picture."""
        corners = [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)]
        return [PicturePlaces(0, left, top, left + 0.5, top + 0.5, []) for left, top in corners]

    def _stop_at(self, index: int) -> None:
        """The process is stopped, as ctrl-Z or a debugger does it, if the model's name says so."""
        if self.source == "stops" and index == 2:
            os.kill(os.getpid(), signal.SIGSTOP)

    def check(self, settings: SamplerSettings) -> None:
        chosen_parts(settings)

    def steps(
        self, prompt: list[int], resume: Resume, settings: Callable[[], SamplerSettings], *around: object
    ) -> Iterator[StepData]:
        return self._steps(resume, settings)

    def _steps(self, resume: Resume, settings: Callable[[], SamplerSettings]) -> Iterator[StepData]:
        canvas, index, block_step, length = (
            list(resume.canvas or ()),
            resume.step,
            resume.block_step,
            settings().block_length,
        )
        while MASK in canvas:
            now = settings()
            masked = [place for place, token in enumerate(canvas) if token == MASK]
            self._stop_at(index)
            if self.source == "oom" and index == 2:
                raise MemoryError
            if self.source == "defect" and index == 2:
                raise ValueError("made up")
            if self.source == "noisy":
                make_noise()
            while self.source.startswith("waits:") and not os.path.exists(self.source[6:]):
                time.sleep(PAUSE)
            while self.source.startswith("gate:") and index >= 5 and not os.path.exists(self.source[5:]):
                time.sleep(PAUSE)
            if self.source in ("paced", "uneven") or self.source.startswith("gate:"):
                time.sleep(PAUSE)
            if self.source == "uneven" and now.seed % 2:  # such a run never ends
                yield StepData(block=0, block_step=block_step, commits=[], predictions=[], entropy=0.5)
                index, block_step = index + 1, block_step + 1
                continue
            if self.source == "stuck" and index == 2:
                print("stuck", file=sys.stderr, flush=True)
                time.sleep(3600)
            rng = random.Random(f"{now.seed} {index}")
            first = [place for place in masked if place // length == masked[0] // length]
            chosen, token = rng.choice(first), ord("a") + int(now.temperature)
            predictions = [Choice(place, rng.randrange(97, 123), rng.random()) for place in first if place != chosen]
            canvas[chosen] = token
            made = StepData(
                block=chosen // length,
                block_step=block_step,
                commits=[Choice(chosen, token, rng.random())],
                predictions=predictions,
                entropy=0.5,
            )
            if now.look_ahead:
                beyond = [place for place in masked if place not in first]
                made = msgspec.structs.replace(made, ahead=[Choice(place, ord("z"), 0.5) for place in beyond])
            yield made
            index += 1
            block_step = 0 if len(first) == 1 else block_step + 1

    @classmethod
    def tidy(cls) -> None:
        cls.tidied += 1

    def reset_peak(self) -> None:
        pass

    def memory(self) -> int:
        return 1000

    def peak(self) -> int:
        return 2000


def make_noise() -> None:
    """Print in all the ways that a library can."""
    print("noise from print", flush=True)
    os.write(1, b"noise from C\n")
    sys.__stdout__ and sys.__stdout__.write("noise from the first stdout\n")
    subprocess.run([sys.executable, "-c", "print('noise from a child', flush=True)"], check=True)


def load(command: Load, progress: Progress) -> FakeBackend:
    """Load a made-up model; its name tells what goes wrong."""
    match command.source:
        case "missing":
            raise ModelError("There is no model named missing.")
        case "endless":
            for done in range(10**9):
                progress("download", done, 0, "weights")
                time.sleep(PAUSE)
        case "unfit" if not command.force:
            raise DoesNotFit("unfit needs 16.0 GB, and 8.0 GB are free: try --quantization nf4 (6.0 GB), or --force.")
        case "too big":
            progress("load", 1, 10, "")
            raise MemoryError
        case "broken":
            raise KeyError("made up")
        case "hangs":
            time.sleep(3600)
        case "asking":
            input("Do you wish to run remote code? ")
        case "noisy":
            make_noise()
        case source if source.startswith("once:") and not os.path.exists(source[5:]):
            with open(source[5:], "w"):
                os.kill(os.getpid(), 9)
        case _:
            pass
    for done in range(3):
        progress("load", done + 1, 3, "")
    return FakeBackend(command.source)


if __name__ == "__main__":
    from llada_tui.worker import server

    server.run(load)
