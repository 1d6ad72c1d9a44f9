"""A checkpoint as the engine asks for it: torch tensors on one side, plain lists on the other."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from typing import TYPE_CHECKING

from llada_tui.diffusion.last_pass import LastPass
from llada_tui.models.errors import ModelError
from llada_tui.pictures import PicturePlaces
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import ModelInfo, StepData
from llada_tui.trace.resume import Resume
from llada_tui.trace.stop_sequences import Stops
from llada_tui.worker.backend import AnswerScore, JobProgress, Progress
from llada_tui.worker.batch_parts import RowsOfPart, SideBySide, rows_of_parts
from llada_tui.worker.job_messages import Bench, Benched
from llada_tui.worker.protocol import Load

if TYPE_CHECKING:
    from llada_tui.models.loaded_model import LoadedModel


def _check_temporary_folder() -> None:
    """Raises `ModelError` where no temporary file can be written, as torch needs when it is imported."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        advice = "free some of the disk, or set TMPDIR to a folder that can be written"
        raise ModelError(f"Temporary files cannot be written, and the model needs some: {advice}.") from None


def load(command: Load, progress: Progress) -> TorchBackend:
    """Load a checkpoint. Raises `ModelError`. Torch is imported here."""
    progress("import", 0, 1, "torch")
    _check_temporary_folder()
    from llada_tui.models import loading

    progress("import", 1, 1, "torch")

    def report(stage: str, done: int, total: int) -> None:
        progress(stage, done, total, "")

    return TorchBackend(
        loading.load(
            command.source,
            dtype=command.dtype,
            device=command.device,
            quantization=command.quantization,
            canvas=command.canvas,
            force=command.force,
            compile=command.compile,
            progress=report,
        )
    )


class TorchBackend:
    """A loaded model. See `llada_tui.worker.backend.Backend`."""

    def __init__(self, model: LoadedModel, pictures: Sequence[tuple[int, int]] = ()) -> None:
        """``pictures``: the width and height of each picture that is before the model."""
        self._model = model
        self._pictures = pictures

    @property
    def info(self) -> ModelInfo:
        return self._model.info

    def encode(self, prompt: Prompt) -> list[int]:
        if prompt.messages:
            return self._model.encode_prompt(prompt.messages, raw=prompt.raw_tokens, pictures=len(prompt.images))
        if prompt.messages is not None:
            raise ModelError("A conversation needs at least one message.")
        if self._model.tokenizer is None:
            raise ModelError("This checkpoint has no tokenizer: give the prompt as a list of token ids.")
        return self._model.tokenizer.encode(prompt.text or "", raw=prompt.raw_tokens, pictures=len(prompt.images))

    def tokens(self, text: str, *, raw: bool = False) -> list[int]:
        if self._model.tokenizer is None:
            raise ModelError("This checkpoint has no tokenizer: only tokens that it named itself can be put there.")
        return self._model.tokenizer.encode(text, bare=True, raw=raw)

    def stops(self, stop: Sequence[str | list[int]]) -> list[list[int] | str]:
        from llada_tui.models import prompt_ids

        return prompt_ids.of_stops(self._model.tokenizer, self.info, stop)

    def suffix(self, suffix: str | list[int]) -> list[int]:
        from llada_tui.models import prompt_ids

        return prompt_ids.of_suffix(self._model.tokenizer, self.info, suffix)

    def see(self, prompt: list[int], pictures: list[bytes]) -> tuple[TorchBackend, list[int]]:
        from llada_tui.models.seeing import with_pictures
        from llada_tui.pictures import PictureError, decode

        try:
            decoded = [decode(content) for content in pictures]
        except PictureError as error:
            raise ModelError(str(error)) from None
        model, rows = with_pictures(self._model, [prompt], decoded)
        return TorchBackend(model, [picture.size for picture in decoded]), rows[0]

    def picture_positions(self, sizes: Sequence[tuple[int, int]]) -> int:
        from llada_tui.models.seeing import seeing_network

        network = seeing_network(self._model)
        return sum(network.picture_tokens(size, network.picture_mode) for size in sizes)

    def picture_parts(self, prompt: list[int], most: int) -> list[PicturePlaces]:
        from llada_tui.models.picture_parts import picture_parts

        return picture_parts(self._model, prompt, self._pictures, most)

    def decode(self, canvas: list[int], head: bytes = b"") -> str:
        return self._model.decode(canvas, head)

    def token_bytes(self, ids: Iterable[int]) -> tuple[dict[int, bytes], list[int]]:
        ids = list(ids)
        return self._model.token_bytes(ids), self._model.special(ids)

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
        from llada_tui.models.scoring import score_pairs, scored_pair

        (likelihood,) = score_pairs(
            self._model,
            [scored_pair(prompt, answer, seed)],
            mc_num=samples,
            cfg_scale=cfg_scale,
            batch_size=batch_size,
            progress=None if progress is None else lambda done, total: progress(done, total, ""),
        )
        return AnswerScore(likelihood.total, likelihood.standard_error, likelihood.tokens, likelihood.samples)

    def influence(
        self, ids: list[int], place: int, token: int, groups: list[list[int]], go_on: Callable[[], None]
    ) -> tuple[float, list[float]]:
        import torch

        from llada_tui.diffusion.influence import influence
        from llada_tui.models.memory_guard import memory_guard

        model = self._model
        model.check_length(len(ids))
        model.check_influence()
        with memory_guard(self.info):
            return influence(model, torch.tensor(ids, dtype=torch.long), place, token, groups, go_on)

    def check(self, settings: SamplerSettings) -> None:
        from llada_tui.diffusion.chosen_parts import strategy_for

        strategy_for(settings, self._model)

    def noise(self, settings: SamplerSettings, canvas: list[int], step: int) -> list[tuple[int, int]]:
        from llada_tui.diffusion.uniform_noise import noise_before

        return noise_before(self._model, settings, canvas, step)

    def steps(
        self,
        prompt: list[int],
        resume: Resume,
        settings: Callable[[], SamplerSettings],
        stop: Stops = (),
        suffix: Sequence[int] = (),
        last_pass: LastPass | None = None,
    ) -> Iterator[StepData | None]:
        import torch

        canvas = torch.tensor([[*prompt, *(resume.canvas or ()), *suffix]])
        steps = self._model.denoise(
            canvas,
            settings,
            prompt_length=len(prompt),
            resume=resume,
            stop=stop,
            suffix_length=len(suffix),
            last_pass=last_pass,
        )
        return (step.rows[0] if step.rows else None for step in steps)

    def batch_steps(
        self,
        prompts: Sequence[list[int]],
        settings: Sequence[SamplerSettings],
        stop: Stops = (),
        suffix: Sequence[int] = (),
        cancelled_rows: Set[int] = frozenset(),
    ) -> Iterator[list[StepData | None]]:
        from llada_tui.models.devices import cores_for_rows

        # A compiled program makes one pass at a time; a question to the tokenizer is cancelled in its own thread alone.
        in_one = self._model.compiled is not None or bool(stop)
        cores = 1 if in_one else cores_for_rows(self.info.parameters, self._model.device)
        rows = rows_of_parts([row.steps for row in settings], cores)
        parts = [
            self._batch_part(
                [prompts[row] for row in part],
                [settings[row] for row in part],
                stop,
                suffix,
                RowsOfPart(cancelled_rows, part),
            )
            for part in rows
        ]
        return SideBySide(parts, rows) if len(parts) > 1 else parts[0]

    def _batch_part(
        self,
        prompts: Sequence[list[int]],
        settings: Sequence[SamplerSettings],
        stop: Stops,
        suffix: Sequence[int],
        cancelled_rows: Set[int],
    ) -> Iterator[list[StepData | None]]:
        from llada_tui.models.left_padding import left_padded

        canvas, attention_mask = left_padded(self._model, prompts, settings[0].gen_length, suffix)
        alone = len(settings) == 1
        steps = self._model.denoise(
            canvas,
            settings,
            prompt_length=max(map(len, prompts)),
            attention_mask=attention_mask,
            stop=stop,
            suffix_length=len(suffix),
            cancelled_rows=cancelled_rows,
        )
        return ([row if alone or row.entropy is not None else None for row in step.rows] for step in steps)

    def bench(self, command: Bench, progress: JobProgress) -> Benched:
        from llada_tui.worker.bench_job import measure

        return measure(self._model, command, progress)

    @classmethod
    def tidy(cls) -> None:
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        elif torch.backends.mps.is_available():
            torch.mps.empty_cache()

    def reset_peak(self) -> None:
        from llada_tui.models import peak_memory as peak

        peak.reset_peak(self._model.device)

    def memory(self) -> int:
        import psutil
        import torch

        if self.info.device.startswith("cuda"):
            return sum(torch.cuda.memory_allocated(device) for device in range(torch.cuda.device_count()))
        return int(psutil.Process().memory_info().rss)

    def peak(self) -> int:
        from llada_tui.models import peak_memory as peak

        return peak.peak_bytes(self._model.device) or self.memory()
