"""The library: load a model, generate, watch every step. Torch is imported by `load_model`, not before.

from llada_tui import SamplerSettings, load_model

model = load_model("demo")
print(model.generate("What is a mask?", SamplerSettings(steps=64, gen_length=64)).text)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llada_tui.settings.sampler_settings import SamplerSettings

if TYPE_CHECKING:
    from typing import TypeAlias

    from torch import Tensor

    from llada_tui.diffusion.likelihood import Likelihood
    from llada_tui.diffusion.sampler import Step
    from llada_tui.models.loaded_model import LoadedModel

    PromptLike: TypeAlias = str | Sequence[dict[str, str]] | Sequence[int] | Sequence[Sequence[int]] | Tensor


@dataclass(frozen=True, slots=True)
class Result:
    """What was generated. For a batch ``text`` and ``token_ids`` are lists, one for each row."""

    text: str | list[str]
    token_ids: list[int] | list[list[int]]
    """The canvas: everything after the prompt, with whatever follows the end of text."""
    steps: int
    forward_passes: int
    """Calls of the model; the two passes of classifier-free guidance are one call."""


def load_model(
    source: str | Path,
    *,
    dtype: str = "auto",
    device: str = "auto",
    quantization: str | None = None,
    mask_id: int | None = None,
    eos_id: int | None = None,
    eot_id: int | None = None,
    canvas: int = 0,
    force: bool = False,
    compile: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Model:
    """Loads ``demo``, a known checkpoint by its short name (``8b``), a local folder, or an id of the hub.

    ``dtype``: auto, float32, bfloat16, float16. ``device``: auto, cpu, cuda, cuda:N, mps. ``quantization``: None, nf4,
    int8. The ids replace those that the checkpoint names. Too little memory for the model with ``canvas`` tokens at
    work (512 if that is more) is said before anything is downloaded; ``force`` tries all the same. ``compile`` has
    steps with a dual cache compiled when they are first wanted (torch.compile, CUDA graphs on a GPU). ``progress`` is
    called with "download" (bytes), "load" (tensors) or "compile" (calls), how much is done, and of how much.
    Raises `llada_tui.models.errors.ModelError`.
    """
    from llada_tui.models.loading import load

    return Model(
        load(
            source,
            dtype=dtype,
            device=device,
            quantization=quantization,
            mask_id=mask_id,
            eos_id=eos_id,
            eot_id=eot_id,
            canvas=canvas,
            force=force,
            compile=compile,
            progress=progress,
        )
    )


class Model:
    """A loaded checkpoint. ``loaded`` is the model underneath, with its tokens and its `ModelInfo`.

    A prompt is a text (one user message where the model chats, raw text else), chat messages (``{"role": ...,
    "content": ...}``), token ids, or a batch: a list of lists of ids, of any lengths, each as if it were alone.

    All methods raise `ModelError` for a prompt that the model cannot take (too long, no tokenizer, ...) and when
    memory runs out.
    """

    def __init__(self, loaded: LoadedModel) -> None:
        self.loaded = loaded

    def generate(self, prompt: PromptLike, settings: SamplerSettings | None = None) -> Result:
        """Denoises a canvas after ``prompt`` to its end."""
        rows, batch = self._rows(prompt)
        settings = settings or SamplerSettings()
        canvas, _ = self._canvas(rows, settings)
        passes = 0
        for step in self._denoise(rows, settings):
            passes += 1
            canvas = step.canvas
        ids: list[list[int]] = canvas[:, canvas.shape[1] - settings.gen_length :].tolist()
        text = [self.loaded.decode(row) for row in ids]
        return Result(text if batch else text[0], ids if batch else ids[0], passes, passes)

    def denoise(self, prompt: PromptLike, settings: SamplerSettings | None = None) -> Iterator[Step]:
        """The steps of a generation, as they are made. Stop iterating to cancel."""
        rows, _ = self._rows(prompt)
        return self._denoise(rows, settings or SamplerSettings())

    def log_likelihood(
        self,
        prompt: str | Sequence[dict[str, str]] | Sequence[int] | Tensor,
        answer: str | Sequence[int] | Tensor,
        mc_num: int = 128,
        cfg_scale: float = 0.0,
        *,
        seed: int = 0,
        batch_size: int = 16,
        progress: Callable[[int, int], None] | None = None,
    ) -> Likelihood:
        """How likely the model finds ``answer`` after ``prompt``, in nats: the published Monte Carlo estimate with its
        standard error, or the exact value where the answer is so short that ``mc_num`` passes cover all masks.

        The answer is a text or ids, scored as it is: no end of text is added, and after raw text it begins with its
        own space. See `llada_tui.diffusion.likelihood.log_likelihood` for the numbers.
        """
        from llada_tui.models.errors import ModelError

        rows, _ = self._rows(prompt)
        if len(rows) != 1:
            raise ModelError("One prompt at a time can be scored.")
        before = rows[0]
        tokens = self.loaded.encode_answer(answer if isinstance(answer, str) else [int(token) for token in answer])
        return self.loaded.log_likelihood(
            before,
            tokens,
            mc_num=mc_num,
            cfg_scale=cfg_scale,
            seed=seed,
            batch_size=batch_size,
            progress=progress,
        )

    def logits(self, ids: Any, attention_mask: Any = None) -> Tensor:
        """The logits of every position: float32, batch x length x vocabulary.

        ``ids``: batch x length (or length alone, for a batch of one), a tensor or lists. ``attention_mask``: the same
        shape, 0 where a row is padded.
        """
        import torch

        ids = _rows(torch.as_tensor(ids, dtype=torch.long))
        mask = None if attention_mask is None else _rows(torch.as_tensor(attention_mask, dtype=torch.long))
        for row in ids.tolist():
            self.loaded.encode_prompt(row)
        self.loaded.check_length(ids.shape[1])
        with torch.no_grad():
            logits = self.loaded.logits(ids, mask, torch.ones_like(ids, dtype=torch.bool))
        return logits.float().view(*ids.shape, -1)

    def _rows(self, prompt: Any) -> tuple[list[list[int]], bool]:
        """The prompt as rows of ids, and whether it was a batch."""
        if not isinstance(prompt, str) and hasattr(prompt, "tolist"):
            prompt = prompt.tolist()
        if not isinstance(prompt, str) and prompt and all(isinstance(row, list | tuple) for row in prompt):
            return [self.loaded.encode_prompt(row) for row in prompt], True
        if not isinstance(prompt, str) and prompt and all(hasattr(row, "tolist") for row in prompt):
            return self._rows([row.tolist() for row in prompt])
        return [self.loaded.encode_prompt(prompt)], False

    def _canvas(self, rows: list[list[int]], settings: SamplerSettings) -> tuple[Tensor, Tensor | None]:
        """The sequences, padded on the left to one length, with their canvas; and the attention mask if any is."""
        import torch

        length = max(len(row) for row in rows)
        padding = self.loaded.mask_id if self.loaded.eos_id is None else self.loaded.eos_id
        canvas = torch.full((len(rows), length + settings.gen_length), self.loaded.mask_id)
        attention_mask = torch.ones_like(canvas)
        for index, row in enumerate(rows):
            before = length - len(row)
            canvas[index, :before] = padding
            canvas[index, before:length] = torch.tensor(row, dtype=torch.long)
            attention_mask[index, :before] = 0
        return canvas, attention_mask if bool((attention_mask == 0).any()) else None

    def _denoise(self, rows: list[list[int]], settings: SamplerSettings) -> Iterator[Step]:
        canvas, attention_mask = self._canvas(rows, settings)
        return self.loaded.denoise(
            canvas,
            settings,
            prompt_length=canvas.shape[1] - settings.gen_length,
            attention_mask=attention_mask,
        )


def _rows(ids: Tensor) -> Tensor:
    return ids[None] if ids.dim() == 1 else ids
