"""The library: load a model, generate, watch every step. Torch is imported by `load_model`, not before.

from llada_tui import SamplerSettings, load_model

model = load_model("demo")
print(model.generate("What is a mask?", SamplerSettings(steps=64, gen_length=64)).text)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.model_blocks import in_blocks_of
from llada_tui.trace.stop_sequences import TextEnd, end_before

if TYPE_CHECKING:
    from typing import TypeAlias

    from torch import Tensor

    from llada_tui.diffusion.last_pass import LastPass
    from llada_tui.diffusion.likelihood import Likelihood
    from llada_tui.diffusion.sampler import Step
    from llada_tui.models.loaded_model import LoadedModel

    PromptLike: TypeAlias = str | Sequence[dict[str, Any]] | Sequence[int] | Sequence[Sequence[int]] | Tensor
    Words: TypeAlias = str | Sequence[int]


@dataclass(frozen=True, slots=True)
class Result:
    """The tokens that were generated, as ids and as text. For a batch ``text`` and ``token_ids`` are lists, one for
    each row."""

    text: str | list[str]
    token_ids: list[int] | list[list[int]]
    """The canvas: everything after the prompt, with whatever follows the end of text; cut before a stop sequence, or
    the token in which one begins, and with the suffix after it."""
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
    special_ids: Mapping[str, int] | None = None,
    canvas: int = 0,
    force: bool = False,
    compile: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Model:
    """Loads ``demo``, a known checkpoint by its short name (``8b``), a local folder, or an id of the hub.

    ``dtype``: auto, float32, bfloat16, float16. ``device``: auto, cpu, cuda, cuda:N, mps. ``quantization``: None, nf4,
    int8. The ids replace those that the checkpoint names. So does ``special_ids``, by name: mask, eos, eot, bos,
    start_header, end_header (some models are never let predict bos, eos and the headers). Too little memory for the
    model with ``canvas`` tokens at work (512 if that is more) is said before anything is downloaded; ``force`` tries
    all the same. ``compile`` has steps with a dual cache compiled when they are first wanted
    (torch.compile, CUDA graphs on a GPU). ``progress`` is called with "download" (bytes), "load" (tensors) or "compile"
    (calls), how much is done, and of how much. Raises `llada_tui.models.errors.ModelError`.
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
            special_ids=special_ids,
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

    A model that sees takes ``images`` as well: PIL images, paths, or bytes of image files. In ids -200 stands for each,
    in their order. Those of a text or of messages stand where the question says ``<image>``, if it does so as often,
    else before it; messages may bring their own (``"images"``), which come first. ``image_mode`` is how the model sees
    them: "anyres", whole and in tiles, or "pad", each padded to a square; None as the checkpoint says.

    All methods raise `ModelError` for a prompt that the model cannot take (too long, no tokenizer, ...) and when
    memory runs out.
    """

    def __init__(self, loaded: LoadedModel) -> None:
        self.loaded = loaded

    def with_tokens(self, *, suppressed: Sequence[int] = (), kept_in_guidance: Sequence[int] = ()) -> Model:
        """The same model, its weights shared, that never predicts the ``suppressed`` tokens, and whose guidance does
        not hide those ``kept_in_guidance`` where they are given (dllm's ``suppress_tokens`` and ``cfg_keep_tokens``).
        Both add to those that it has already. Raises `ModelError` for an id that it has not."""
        from llada_tui.models.errors import ModelError

        loaded = copy(self.loaded)
        for token in (*suppressed, *kept_in_guidance):
            if not 0 <= token < loaded.vocab_size or token == loaded.mask_id:
                raise ModelError(f"{token} is no token that this model writes: ids are below {loaded.vocab_size}.")
        loaded.info = msgspec.structs.replace(loaded.info, banned_ids=[*loaded.info.banned_ids, *suppressed])
        loaded.kept_in_guidance = [*loaded.kept_in_guidance, *kept_in_guidance]
        return Model(loaded)

    def generate(
        self,
        prompt: PromptLike,
        settings: SamplerSettings | None = None,
        *,
        images: Sequence[Any] | None = None,
        stop: str | Sequence[Words] | None = None,
        suffix: Words | None = None,
        image_mode: str | None = None,
    ) -> Result:
        """Denoises a canvas after ``prompt`` to its end, or until one of ``stop`` stands on it, texts or lists of ids:
        the answer ends before it. ``suffix`` is a text, or ids, that the canvas is followed by, for a model
        that sees both ways."""
        request = self._request(prompt, settings, images, stop, suffix, image_mode)
        canvas, passes = request.canvas, 0
        for step in request.steps():
            passes += 1
            canvas = step.canvas
        written = [row[request.columns] for row in canvas.tolist()]
        ends = [request.end(row) for row in written]
        ids = [[*row[: end.at], *request.suffix] for row, end in zip(written, ends, strict=True)]
        after = self.loaded.decode(request.suffix)
        text = [self.loaded.decode(row[: end.at], end.head) + after for row, end in zip(written, ends, strict=True)]
        return Result(text if request.batch else text[0], ids if request.batch else ids[0], passes, passes)

    def denoise(
        self,
        prompt: PromptLike,
        settings: SamplerSettings | None = None,
        *,
        images: Sequence[Any] | None = None,
        stop: str | Sequence[Words] | None = None,
        suffix: Words | None = None,
        image_mode: str | None = None,
        last_pass: LastPass | None = None,
    ) -> Iterator[Step]:
        """The steps of a generation, as they are made. Stop iterating to cancel. In their canvases the positions of an
        image have ids past the vocabulary. ``last_pass``, a `llada_tui.diffusion.last_pass.LastPass`, keeps the pass of
        the last step: what other settings would have committed is read from it."""
        return self._request(prompt, settings, images, stop, suffix, image_mode).steps(last_pass)

    def log_likelihood(
        self,
        prompt: str | Sequence[dict[str, Any]] | Sequence[int] | Tensor,
        answer: str | Sequence[int] | Tensor,
        mc_num: int = 128,
        cfg_scale: float = 0.0,
        *,
        seed: int = 0,
        batch_size: int = 16,
        chain_rule: bool = False,
        progress: Callable[[int, int], None] | None = None,
        images: Sequence[Any] | None = None,
        image_mode: str | None = None,
    ) -> Likelihood:
        """The log-likelihood of ``answer`` after ``prompt``, in nats: the published Monte Carlo estimate with its
        standard error, or the exact value where the answer is so short that ``mc_num`` passes cover all masks. With
        ``chain_rule`` it is the sum over the answer's tokens, each with all behind it masked: a pass for each.

        The answer is a text or ids, scored as it is: no end of text is added, and after raw text it begins with its
        own space. See `llada_tui.diffusion.likelihood.log_likelihood` for the numbers.
        """
        from llada_tui.models.errors import ModelError
        from llada_tui.models.scoring import score_pairs, scored_pair

        loaded, rows, _ = self._rows(prompt, images, image_mode)
        if len(rows) != 1:
            raise ModelError("One prompt at a time can be scored.")
        tokens = self.loaded.encode_answer(answer if isinstance(answer, str) else [int(token) for token in answer])
        (likelihood,) = score_pairs(
            loaded,
            [scored_pair(rows[0], tokens, seed)],
            mc_num=mc_num,
            cfg_scale=cfg_scale,
            batch_size=batch_size,
            chain_rule=chain_rule,
            progress=progress,
        )
        return likelihood

    def logits(
        self,
        ids: Any,
        attention_mask: Any = None,
        *,
        images: Sequence[Any] | None = None,
        image_mode: str | None = None,
    ) -> Tensor:
        """The logits of every position: float32, batch x length x vocabulary.

        ``ids``: batch x length (or length alone, for a batch of one), a tensor or lists. ``attention_mask``: the same
        shape, 0 where a row is padded. An image has as many positions as the model takes for it; rows must come out
        equally long.
        """
        import torch

        from llada_tui.models.errors import ModelError

        ids = _two_dimensional(torch.as_tensor(ids, dtype=torch.long))
        mask = None if attention_mask is None else _two_dimensional(torch.as_tensor(attention_mask, dtype=torch.long))
        loaded, rows, _ = self._rows(ids, images, image_mode)
        if any(len(row) != len(rows[0]) for row in rows):
            raise ModelError("With their images the rows are of different lengths: ask for one row at a time.")
        loaded.check_length(len(rows[0]))
        longer = len(rows[0]) - ids.shape[1]
        if mask is not None and longer:
            # Padding is on the left alone: what a row is longer by is no padding.
            mask = torch.cat([mask, mask.new_ones(len(mask), longer)], 1)
        ids = torch.tensor(rows)
        with torch.no_grad():
            logits = loaded.logits(ids, mask, torch.ones_like(ids, dtype=torch.bool))
        return logits.float().view(*ids.shape, -1)

    def _rows(
        self, prompt: Any, images: Sequence[Any] | None, image_mode: str | None
    ) -> tuple[LoadedModel, list[list[int]], bool]:
        """The model with the images before it, the prompt as rows of ids, and whether it was a batch."""
        from llada_tui.models.seeing import with_pictures
        from llada_tui.models.tokenizer import pictures_of

        if not isinstance(prompt, str) and hasattr(prompt, "tolist"):
            prompt = prompt.tolist()
        if not isinstance(prompt, str) and prompt and all(hasattr(row, "tolist") for row in prompt):
            prompt = [row.tolist() for row in prompt]
        batch = not isinstance(prompt, str) and bool(prompt) and all(isinstance(row, list | tuple) for row in prompt)
        pictures = list(images or ())
        if batch:
            rows = [self.loaded.encode_prompt(row) for row in prompt]
        else:
            rows = [self.loaded.encode_prompt(prompt, pictures=len(pictures))]
            if not isinstance(prompt, str):
                pictures = [image for message in prompt for image in pictures_of(message)] + pictures
        loaded, rows = with_pictures(self.loaded, rows, [_picture(image) for image in pictures], image_mode)
        return loaded, rows, batch

    def _request(
        self,
        prompt: PromptLike,
        settings: SamplerSettings | None,
        images: Sequence[Any] | None,
        stop: str | Sequence[Words] | None,
        suffix: Words | None,
        image_mode: str | None,
    ) -> _Request:
        from llada_tui.models import prompt_ids
        from llada_tui.models.left_padding import left_padded

        loaded, rows, batch = self._rows(prompt, images, image_mode)
        settings = settings or in_blocks_of(loaded.info, SamplerSettings())
        after = [] if suffix is None else prompt_ids.of_suffix(loaded.tokenizer, loaded.info, suffix)
        length = max(len(row) for row in rows)
        columns = slice(length, -len(after) or None)
        canvas, attention_mask = left_padded(loaded, rows, settings.gen_length, after)
        stops = prompt_ids.of_stops(loaded.tokenizer, loaded.info, _sequences(stop))
        return _Request(loaded, settings, canvas, attention_mask, columns, stops, after, batch)


@dataclass(frozen=True, slots=True)
class _Request:
    """The sequences to denoise, padded on the left to one length, each a prompt, a canvas (the ``columns``, counted
    from both ends) and the suffix."""

    loaded: LoadedModel
    settings: SamplerSettings
    canvas: Tensor
    attention_mask: Tensor | None
    columns: slice
    stop: list[list[int] | str]
    suffix: list[int]
    batch: bool

    def end(self, written: list[int]) -> TextEnd:
        """The end of a canvas before a stop sequence."""
        mask = self.loaded.mask_id
        tokens = [None if token == mask else token for token in written]
        return end_before(tokens, self.stop, self.loaded.bytes_of)

    def steps(self, last_pass: LastPass | None = None) -> Iterator[Step]:
        return self.loaded.denoise(
            self.canvas,
            self.settings,
            prompt_length=self.columns.start,
            attention_mask=self.attention_mask,
            stop=self.stop,
            suffix_length=len(self.suffix),
            last_pass=last_pass,
        )


def _sequences(stop: str | Sequence[Words] | None) -> list[Words]:
    """Stop sequences as a list: one text, or one list of ids, is one."""
    if stop is None:
        return []
    if isinstance(stop, str):
        return [stop]
    items: list[Any] = [item.tolist() if hasattr(item, "tolist") else item for item in stop]
    return [items] if items and all(isinstance(item, int) for item in items) else items


def _picture(image: Any) -> Any:
    """A PIL image, in RGB, from one or from a path or the bytes of a file. Raises `ModelError`."""
    from llada_tui import pictures
    from llada_tui.models.errors import ModelError

    try:
        if isinstance(image, bytes):
            return pictures.decode(image)
        if isinstance(image, str | Path):
            return pictures.decode(pictures.read(Path(image)), str(image))
        if not hasattr(image, "getexif"):
            raise ModelError("An image must be a PIL image, a path, or the bytes of an image file.")
        return pictures.upright(image)
    except pictures.PictureError as error:
        raise ModelError(str(error)) from None


def _two_dimensional(ids: Tensor) -> Tensor:
    return ids[None] if ids.dim() == 1 else ids
