"""The interface of a checkpoint to the engine, in plain Python: `llada_tui.worker.torch_backend` implements it with
torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from typing import NamedTuple, Protocol

from llada_tui.diffusion.last_pass import LastPass
from llada_tui.pictures import PicturePlaces
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import ModelInfo, StepData
from llada_tui.trace.resume import Resume
from llada_tui.trace.stop_sequences import Stops
from llada_tui.worker.job_messages import Bench, Benched, Quantize, Quantized
from llada_tui.worker.protocol import Load

JobProgress = Callable[[int, int, str], None]
"""Called while a job is at work: done, total (0: unknown), detail. May raise, which ends the job."""


class AnswerScore(NamedTuple):
    """The log-likelihood of an answer, in nats; ``tokens`` are each token's part of it.

    ``standard_error`` is 0 where all ways to mask the answer were tried, nan for a single sample.
    """

    total: float
    standard_error: float
    tokens: list[float]
    samples: int


class Backend(Protocol):
    """A checkpoint in memory."""

    @property
    def info(self) -> ModelInfo:
        """The model's facts that the screen is told."""

    def encode(self, prompt: Prompt) -> list[int]:
        """The ids of a prompt's messages or text. Raises `ModelError` where the checkpoint cannot."""

    def tokens(self, text: str, *, raw: bool = False) -> list[int]:
        """The ids of a text that goes on from other; special tokens in it are read where it is ``raw``.

        Raises `ModelError` where the checkpoint cannot."""

    def decode(self, canvas: list[int], head: bytes = b"") -> str:
        """The text of a canvas, and ``head`` after it: masks left out, cut at the first end of text; empty without a
        tokenizer.

        Raises `ModelError` where the tokenizer fails or had to be ended."""

    def token_bytes(self, ids: Iterable[int]) -> tuple[dict[int, bytes], list[int]]:
        """The bytes of each id, and which of them are special."""

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
        """The log-likelihood of an answer, in nats. ``progress`` counts samples. Raises `ModelError` for what cannot be
        scored."""

    def influence(
        self, ids: list[int], place: int, token: int, groups: list[list[int]], go_on: Callable[[], None]
    ) -> tuple[float, list[float]]:
        """The log-probability of a token at a place of a sequence, where the mask is put, and by how much what stands
        in each group of other places raises it. ``go_on`` is called before each pass, and may raise."""

    def check(self, settings: SamplerSettings) -> None:
        """Raises `SettingsError` for a strategy that there is not, or that does not work with this checkpoint."""

    def noise(self, settings: SamplerSettings, canvas: list[int], step: int) -> list[tuple[int, int]]:
        """The positions of a canvas that are undecided, each with the random token that stands there for the pass of a
        step; none where the settings have masks there."""

    def stops(self, stop: Sequence[str | list[int]]) -> list[list[int] | str]:
        """Stop sequences as `llada_tui.models.prompt_ids.of_stops` has them. Raises `ModelError`."""

    def suffix(self, suffix: str | list[int]) -> list[int]:
        """The ids of the text that follows a canvas. Raises `ModelError` where the checkpoint cannot."""

    def see(self, prompt: list[int], pictures: list[bytes]) -> tuple[Backend, list[int]]:
        """The checkpoint with pictures (the bytes of files) before it, and the ids of a prompt with those that stand
        for the pictures in the places of `PICTURE`. Raises `ModelError`."""

    def picture_positions(self, sizes: Sequence[tuple[int, int]]) -> int:
        """The number of positions that pictures of these widths and heights take together. Raises `ModelError`."""

    def picture_parts(self, prompt: list[int], most: int) -> list[PicturePlaces]:
        """About ``most`` parts of the pictures before it, together, for a prompt that `see` gave."""

    def steps(
        self,
        prompt: list[int],
        resume: Resume,
        settings: Callable[[], SamplerSettings],
        stop: Stops = (),
        suffix: Sequence[int] = (),
        last_pass: LastPass | None = None,
    ) -> Iterator[StepData | None]:
        """Denoise ``resume``'s canvas, in which its changes are made, after the ids of a prompt and before those of a
        ``suffix``. ``settings`` is called before every step; ``last_pass`` keeps each pass until the next. Gives None
        for a pass of an earlier step that is made again first. Raises `SettingsError` at once for what cannot be."""

    def batch_steps(
        self,
        prompts: Sequence[list[int]],
        settings: Sequence[SamplerSettings],
        stop: Stops = (),
        suffix: Sequence[int] = (),
        cancelled_rows: Set[int] = frozenset(),
    ) -> Iterator[list[StepData | None]]:
        """Denoise a canvas of masks after each of ``prompts``, with its ``settings``, in one batch. ``cancelled_rows``
        are read before each pass: those rows make no more steps.

        Each forward pass gives what it did to each row; None for a row that had no step to make. Raises
        `SettingsError` and `ModelError` at once for what cannot be.
        """

    def bench(self, command: Bench, progress: JobProgress) -> Benched:
        """Time the ways of denoising. Raises `SettingsError` and `ModelError` for what cannot be timed."""

    @classmethod
    def tidy(cls) -> None:
        """Give memory that is held without need back to the device."""

    def reset_peak(self) -> None:
        """Begin to measure `peak`."""

    def memory(self) -> int:
        """Bytes held now."""

    def peak(self) -> int:
        """Most bytes held at once since `reset_peak`, as far as the system tells."""


Progress = Callable[[str, int, int, str], None]
"""Called while a checkpoint loads, and while it compiles what a run needs: stage, done, total (0: unknown), detail. May
raise, which ends the load."""
Loader = Callable[[Load, Progress], Backend]
"""Loads a checkpoint. Raises `ModelError` with a sentence for the person who asked for it."""


Quantizer = Callable[[Quantize, Progress], Quantized]
"""Saves a quantised copy of a checkpoint. Raises `ModelError`."""


def memory_advice(device: str) -> str:
    """A sentence on what to do when memory ran out on ``device``."""
    where = "The GPU" if device.startswith("cuda") else "This machine"
    return f"{where} ran out of memory: load the model in 4-bit, or use a shorter canvas or conversation."
