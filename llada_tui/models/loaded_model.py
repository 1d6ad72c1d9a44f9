"""A checkpoint in memory: a mask predictor that knows its tokens."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence, Set
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from llada_tui.diffusion.cache_policy import cache_refused
from llada_tui.diffusion.last_pass import LastPass
from llada_tui.diffusion.pace import Pace
from llada_tui.diffusion.predictor import FeaturePredictor, KVCachePredictor
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.models import prompt_ids
from llada_tui.models.block_causal_cache import BlockCausalCache
from llada_tui.models.compiled_steps import Compiled, FixedCache
from llada_tui.models.errors import ModelError
from llada_tui.models.feature_cache import FeatureCache, keeps_features
from llada_tui.models.kv_cache import WindowedKVCache
from llada_tui.models.masked_diffusion import BlockGrid, MaskedDiffusion
from llada_tui.models.memory_guard import guarded, memory_guard
from llada_tui.models.run_cache import RunCache
from llada_tui.models.tokenizer import Tokenizer
from llada_tui.settings.prompt import PICTURE, PICTURE_TEXT
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import ModelInfo
from llada_tui.trace.model_info import MASK_NOISE
from llada_tui.trace.resume import Resume
from llada_tui.trace.stop_sequences import Stops


class LoadedModel:
    """A checkpoint that is ready to denoise. It is a `MaskPredictor`, and translates between text and ids.

    ``info`` says what it is; ``tokenizer`` is None for a checkpoint that has none, which then works with ids alone.
    """

    def __init__(
        self,
        network: MaskedDiffusion,
        tokenizer: Tokenizer | None,
        info: ModelInfo,
        compiled: Compiled | None = None,
    ) -> None:
        """``compiled``: where the steps with a dual cache are to be compiled programs."""
        self.network = network
        self.compiled = compiled
        self.tokenizer = tokenizer
        self.info = info
        self.grid = BlockGrid(network.block_size, 0 if network.blocks_from_canvas else None)
        """The blocks over which the model's attention is causal: outside of a run, those of dllm's count columns."""
        self.kept_in_guidance: Sequence[int] = ()
        """See `llada_tui.diffusion.predictor.GuidancePredictor`."""
        self.pictures: Tensor | None = None
        """The features of the pictures that the ids past the vocabulary stand for, ``(N, width)``: see
        `llada_tui.models.seeing`."""

    @property
    def mask_id(self) -> int:
        return self.info.mask_id

    @property
    def eos_id(self) -> int | None:
        return self.info.eos_id

    @property
    def eot_id(self) -> int | None:
        return self.info.eot_id

    @property
    def banned_ids(self) -> Sequence[int]:
        return self.info.banned_ids

    def knows_noise(self, kind: str) -> bool:
        """See `llada_tui.diffusion.predictor.NoisePredictor`."""
        return self.info.knows_noise(kind)

    @cached_property
    def noise_tokens(self) -> Tensor:
        """The tokens of printable text: long, on the CPU. Parts of a character, control characters, line ends and ends
        of text are left out: on the canvas they would look like something that was written. Without a tokenizer they
        are all but the special ones."""
        ids, tokenizer = range(self.vocab_size), self.tokenizer
        special = {*self.special(ids), *self.banned_ids}
        pieces = {token: b"." if tokenizer is None else tokenizer.piece(token) or b"\n" for token in ids}
        # A byte that is no text becomes a surrogate, which is not printable.
        texts = {token: piece.decode("utf-8", "surrogateescape") for token, piece in pieces.items()}
        return torch.tensor([token for token in ids if token not in special and texts[token].isprintable()])

    @property
    def vocab_size(self) -> int:
        return self.info.vocab_size

    @property
    def block_size(self) -> int:
        """Tokens a block of a model whose attention is causal over blocks; 0 where every position sees every other."""
        return self.grid.size

    def edges(self, settings: SamplerSettings, prompt: int) -> list[int]:
        """See `llada_tui.diffusion.predictor.BlockCausalPredictor`."""
        return self.info.edges(settings, prompt)

    @property
    def left_to_right(self) -> bool:
        """Whether it is an autoregressive model, which writes a token at a time and has never seen a mask."""
        return self.block_size == 1

    @property
    def pace(self) -> Pace | None:
        """See `llada_tui.diffusion.pace.PacedPredictor`."""
        return self.network.pace

    def for_run(self, prompt_length: int, block_length: int) -> LoadedModel:
        """The model with its blocks where they are in a run: after ``prompt_length`` columns and with settings of this
        ``block_length``. It shares everything else."""
        network, model = self.network, copy(self)
        if self.grid.size:
            model.grid = BlockGrid(
                block_length if network.blocks_as_set else self.grid.size,
                prompt_length if network.blocks_from_canvas else None,
                block_length if network.first_alone else 0,
            )
        return model

    @property
    def context(self) -> int:
        """Longest prompt plus canvas, in tokens; 0 where the checkpoint does not say."""
        return self.info.context

    @property
    def device(self) -> torch.device:
        return torch.device(self.network.lm_head.weight.device)

    @property
    def _entry(self) -> torch.device:
        """The device that ids go in at."""
        return torch.device(self.network.get_input_embeddings().weight.device)

    def logits(
        self, ids: Tensor, attention_mask: Tensor | None, positions: Tensor, ahead: Tensor | None = None
    ) -> Tensor:
        """Logits where ``positions`` is true (see `MaskPredictor`). Raises `OutOfMemory`; the model can still be
        used."""
        return self._logits(ids, attention_mask, positions, ahead=ahead)

    @property
    def shadows(self) -> bool:
        """See `llada_tui.diffusion.predictor.ShadowPredictor`."""
        return self.network.shadows

    def shadow_logits(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        positions: Tensor,
        begin: int,
        end: int,
        ahead: Tensor | None = None,
    ) -> Tensor:
        """See `llada_tui.diffusion.predictor.ShadowPredictor`. Raises `OutOfMemory`."""
        entry = self._entry
        mask = None if attention_mask is None else attention_mask.to(entry)
        with memory_guard(self.info):
            return self.network.shadow_logits_at(ids.to(entry), mask, positions, begin, end, ahead, self.pictures)

    def open_features(self) -> FeaturePredictor:
        """See `llada_tui.diffusion.predictor.FeatureCachingPredictor`."""
        if not keeps_features(self.network):
            raise cache_refused("This model's layers are not of the kind of which dllm_cache keeps anything")
        return FeatureCache(self.network, self.pictures)

    @property
    def sub_block(self) -> int:
        """See `llada_tui.diffusion.predictor.SubBlockPredictor`."""
        return self.grid.part

    def open_cache(self, *, windows_as_asked: bool = False) -> KVCachePredictor:
        """See `llada_tui.diffusion.predictor.CachingPredictor`."""
        if not self.network.keeps_keys_and_values:
            raise cache_refused("This model keeps no keys and values")
        model = copy(self)
        model.grid = replace(self.grid, widens=not windows_as_asked)
        cache = RunCache(model._logits, len(self.network.model.layers), self.compiled)
        return BlockCausalCache(cache) if self.block_size and not windows_as_asked else cache

    def _logits(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        positions: Tensor,
        cache: WindowedKVCache | None = None,
        window: slice | None = None,
        ahead: Tensor | None = None,
    ) -> Tensor:
        entry = self._entry
        mask = None if attention_mask is None or bool((attention_mask != 0).all()) else attention_mask.cpu()
        if mask is not None and bool(((mask != 0).int().diff() < 0).any()):
            raise ValueError("attention_mask has a 0 behind a token: rows must be padded on the left.")
        with memory_guard(self.info):
            if self.compiled is not None and isinstance(cache, FixedCache) and window is not None:
                groups = [group for group in (positions, ahead) if group is not None]
                logits = self.compiled.logits(ids, mask, groups, cache, window)
                if logits is not None:
                    return logits
            entered = ids.to(entry, non_blocking=True)
            return self.network.logits_at(entered, mask, positions, cache, window, ahead, self.grid, self.pictures)

    def denoise(
        self,
        canvas: Tensor,
        settings: SamplerSettings | Sequence[SamplerSettings] | Callable[[], SamplerSettings],
        *,
        prompt_length: int,
        attention_mask: Tensor | None = None,
        resume: Resume | None = None,
        stop: Stops = (),
        suffix_length: int = 0,
        last_pass: LastPass | None = None,
        cancelled_rows: Set[int] = frozenset(),
    ) -> Generator[Step, None, None]:
        """`llada_tui.diffusion.sampler.denoise` with this model. Raises `OutOfMemory` too, and `ModelError` for a
        canvas that does not fit the model's context, and for a suffix that the model would not see."""
        length = canvas.shape[1] if attention_mask is None else int(attention_mask.sum(-1).max())
        self.check_length(length, canvas.shape[1] - prompt_length)
        first = settings() if callable(settings) else settings
        each = first if isinstance(first, Sequence) else [first] * len(canvas)
        if self.left_to_right:
            self.check_left_to_right(prompt_length, any(row.cfg_scale for row in each))
        if self.block_size and suffix_length:
            raise ModelError(
                "This model does not see what comes after a block, so it writes towards no suffix: leave it out."
            )
        if self.compiled is not None:
            with memory_guard(self.info):
                self.compiled.prepare(len(canvas), canvas.shape[1], each)
        steps = denoise(
            self.for_run(prompt_length, each[0].block_length) if each else self,
            canvas,
            settings,
            prompt_length=prompt_length,
            attention_mask=attention_mask,
            resume=resume,
            stop=stop,
            suffix_length=suffix_length,
            last_pass=last_pass,
            cancelled_rows=cancelled_rows,
        )
        return guarded(steps, self.info)

    def check_influence(self) -> None:
        """Raises `ModelError` for a model of which no token can be left out."""
        if self.left_to_right:
            raise ModelError("This model writes left to right and knows no mask, so no token can be left out.")
        if not self.knows_noise(MASK_NOISE):
            raise ModelError(
                "This model was trained with random tokens and knows no mask, so no token can be left out."
            )

    def check_left_to_right(self, prompt_length: int, guided: bool) -> None:
        """Raises `ModelError` for what an autoregressive model cannot do."""
        if not prompt_length:
            raise ModelError("This model writes left to right, from a prompt on: give one.")
        if guided:
            raise ModelError("This model writes left to right and knows no mask, which guidance needs: set it to 0.")

    def check_length(self, length: int, canvas: int = 0) -> None:
        """Raises `ModelError` when ``length`` tokens, ``canvas`` of them the canvas, are past the model's context."""
        if self.context and length > self.context:
            count, advice = f"These are {length} tokens", "shorten them"
            if canvas:
                count = f"The prompt and the canvas are {length} tokens together, {canvas} of them the canvas"
                advice = "shorten the prompt or lower gen_length"
            raise ModelError(f"{count}, and the model reads at most {self.context}: {advice}.")

    def encode_prompt(self, prompt: str | Sequence[Any], *, raw: bool = False, pictures: int = 0) -> list[int]:
        """A prompt as ids: see `llada_tui.models.prompt_ids`. Raises `ModelError`."""
        return prompt_ids.of_prompt(self.tokenizer, self.info, prompt, raw=raw, pictures=pictures)

    def encode_answer(self, answer: str | Sequence[int]) -> list[int]:
        """The ids of an answer: those of a text as it is, or ids. Raises `ModelError` when it is empty."""
        return prompt_ids.of_answer(self.tokenizer, self.info, answer)

    def decode(self, ids: Iterable[int], head: bytes = b"") -> str:
        """The text of ids, and ``head`` after them, up to the first end of text or turn; empty for a checkpoint without
        a tokenizer.

        Raises `ModelError`, as `Tokenizer.decode` does.
        """
        if self.tokenizer is None:
            return ""
        tokens = list(ids)
        written = tokens[: self.info.first_end(tokens)]
        text = self.tokenizer.decode([token for token in written if token != self.mask_id])
        if len(written) == len(tokens):
            text += head.decode("utf-8", "replace")
        return self.info.before_end(text)

    def ends_text(self, ids: Iterable[int]) -> bool:
        """Whether what ``ids`` are the tokens of holds the words that end a turn, where no token does."""
        end = self.info.end_text.encode()
        tokens = list(ids)
        pieces = self.token_bytes(set(tokens)) if end else {}
        return bool(end) and end in b"".join(pieces[token] for token in tokens)

    def bytes_of(self, token: int) -> bytes:
        """The bytes that a token adds to a text; none for a special token."""
        return b"" if self.special([token]) else self.token_bytes([token])[token]

    def token_bytes(self, ids: Iterable[int]) -> dict[int, bytes]:
        """The exact bytes of each token; for ids that have no text, their number in angle brackets."""
        pieces = {}
        for token in ids:
            piece = None if self.tokenizer is None or token == PICTURE else self.tokenizer.piece(token)
            name = PICTURE_TEXT if token == PICTURE else f"<{token}>"
            pieces[token] = name.encode() if piece is None else piece
        return pieces

    def special(self, ids: Iterable[int]) -> list[int]:
        """Those of ``ids`` that stand for no text: mask, ends, headers."""
        ends = (self.mask_id, self.eos_id, self.eot_id, PICTURE)
        tokens = list(ids)
        marked = set() if self.tokenizer is None else set(self.tokenizer.special(tokens))
        return [token for token in tokens if token in ends or token in marked]
