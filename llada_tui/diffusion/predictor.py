"""The interface of a model to the sampler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import torch
    from torch import Tensor

    from llada_tui.settings.sampler_settings import SamplerSettings


class MaskPredictor(Protocol):
    """A model that predicts every masked token of a sequence at once."""

    @property
    def mask_id(self) -> int:
        """The token that stands for "masked"."""

    @property
    def eos_id(self) -> int | None:
        """The end-of-text token, where there is one."""

    @property
    def eot_id(self) -> int | None:
        """The end-of-turn token, where there is one."""

    @property
    def banned_ids(self) -> Sequence[int]:
        """Tokens that are never predicted, whatever the settings: their probability counts as 0."""

    @property
    def vocab_size(self) -> int:
        """The number of logits of a position."""

    @property
    def device(self) -> torch.device:
        """The device of the logits."""

    def logits(
        self, ids: Tensor, attention_mask: Tensor | None, positions: Tensor, ahead: Tensor | None = None
    ) -> Tensor:
        """Logits of the positions where ``positions`` is true, then of those where ``ahead`` is.

        ``ids``: long, ``(batch, length)``. ``attention_mask``: ``(batch, length)``, 0 where a row is padded, or None.
        ``positions``, ``ahead``: bool, ``(batch, length)``. All may be on any device.

        Returns floats, ``(N, vocabulary)``, on `device`, the positions in row-major order. The logits of ``positions``
        are to the last bit what they are without ``ahead``.
        """


@runtime_checkable
class ShadowPredictor(Protocol):
    """A `MaskPredictor` that can verify tokens in the pass that predicts others."""

    @property
    def shadows(self) -> bool:
        """Whether this model can: each of its positions sees every other, and predicts itself."""

    def shadow_logits(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        positions: Tensor,
        begin: int,
        end: int,
        ahead: Tensor | None = None,
    ) -> Tensor:
        """As `MaskPredictor.logits`, of sequences that are followed by a shadow of their columns ``begin`` to ``end``.

        ``ids``, ``positions`` and ``ahead`` are ``(batch, length + end - begin)``; ``attention_mask`` is ``(batch,
        length)``. A position of the shadow has the place of the position that it stands for. It sees the shadow and
        all of the sequence but that position. Nothing in the sequence sees the shadow.
        """


@runtime_checkable
class GuidancePredictor(Protocol):
    """A `MaskPredictor` with given tokens that guidance does not hide (dllm's ``cfg_keep_tokens``)."""

    @property
    def kept_in_guidance(self) -> Sequence[int]:
        """Tokens that the unguided pass sees wherever they are given."""


@runtime_checkable
class ContextPredictor(Protocol):
    """A `MaskPredictor` that reads sequences of a limited length."""

    @property
    def context(self) -> int:
        """Most tokens of a sequence; 0 where that is not known."""


@runtime_checkable
class EndingPredictor(Protocol):
    """A `MaskPredictor` whose turns may end with words, and not with a token."""

    def ends_text(self, ids: Iterable[int]) -> bool:
        """Whether what ``ids`` are the tokens of holds those words."""


@runtime_checkable
class NoisePredictor(Protocol):
    """A `MaskPredictor` that says which kinds of noise it was trained with; the others know masks alone."""

    def knows_noise(self, kind: str) -> bool:
        """Whether it was trained with a kind of noise: see `llada_tui.trace.model_info.ModelInfo.noises`."""

    @property
    def noise_tokens(self) -> Tensor:
        """The tokens that uniform noise is drawn from: long, ``(tokens,)``, on the CPU."""


@runtime_checkable
class SpellingPredictor(Protocol):
    """A `MaskPredictor` that knows the text of its tokens: with it, texts may end the canvas' text."""

    def bytes_of(self, token: int) -> bytes:
        """The bytes that a token adds to a text; none for a special token."""


@runtime_checkable
class BlockCausalPredictor(Protocol):
    """A `MaskPredictor` whose attention may be causal over blocks: a position sees its own block and all before it."""

    @property
    def block_size(self) -> int:
        """Tokens a block; 0 where every position sees every other."""

    def edges(self, settings: SamplerSettings, prompt: int) -> list[int]:
        """The positions at which the canvas' blocks begin after a prompt of ``prompt`` tokens, and the end of the last
        one."""


class KVCachePredictor(Protocol):
    """A predictor with the keys and values (KV) of one batch, which it keeps from call to call."""

    def __call__(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        positions: Tensor,
        window: slice | None,
        ahead: Tensor | None = None,
    ) -> Tensor:
        """As `MaskPredictor.logits`; ``positions`` may be false everywhere.

        ``window`` None runs the whole sequences and keeps all keys and values. With a window its columns alone are
        run, which hold all ``positions`` and ``ahead``: their keys and values are replaced, and those of the other
        columns are as they were kept. The batch must then have the shape and the padding of the call before.
        """


class FeaturePredictor(Protocol):
    """A predictor with what its layers made of one sequence, which it keeps from call to call."""

    @property
    def recomputed(self) -> Tensor:
        """Float, ``(length,)``: the part of the layers that computed each position anew in the last call."""

    def __call__(
        self,
        ids: Tensor,
        positions: Tensor,
        columns: slice,
        *,
        refresh_prompt: bool,
        refresh_canvas: bool,
        transfer_ratio: float,
    ) -> Tensor:
        """Logits of one sequence where ``positions`` is true: ``(N, vocabulary)``.

        ``ids``: long, ``(length,)``; ``positions``: bool, ``(length,)``. ``columns`` are the canvas', all others the
        prompt's; each of the two is computed anew where it is to be refreshed. Of a canvas that is not, the part
        ``transfer_ratio`` is, in every layer where the values moved most. The first call computes everything.
        """


@runtime_checkable
class FeatureCachingPredictor(Protocol):
    """A `MaskPredictor` that can also keep what its layers made."""

    def open_features(self) -> FeaturePredictor:
        """A predictor that keeps nothing yet. Raises `SettingsError` where the layers are not of the kind."""


@runtime_checkable
class CachingPredictor(Protocol):
    """A `MaskPredictor` that can also keep keys and values."""

    def open_cache(self, *, windows_as_asked: bool = False) -> KVCachePredictor:
        """A predictor that keeps nothing yet: its first call must be without a window. A model whose attention is
        causal over blocks runs what keeps its cache exact, whatever the window, unless they are to be
        ``windows_as_asked``."""


@runtime_checkable
class SubBlockPredictor(BlockCausalPredictor, CachingPredictor, Protocol):
    """A model whose blocks are filled a sub-block after the other (Fast-dLLM v2)."""

    @property
    def sub_block(self) -> int:
        """Tokens a sub-block; 0 where there are none."""
