"""What the sampler asks of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import torch
    from torch import Tensor


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
    def vocab_size(self) -> int:
        """How many logits there are for a position."""

    @property
    def device(self) -> torch.device:
        """Where the logits are."""

    def logits(self, ids: Tensor, attention_mask: Tensor | None, rows: Tensor, ahead: Tensor | None = None) -> Tensor:
        """Logits of the positions where ``rows`` is true, and after them of those where ``ahead`` is.

        ``ids``: long, batch x length. ``attention_mask``: batch x length, 0 where a row is padded, or None. ``rows``,
        ``ahead``: bool, batch x length. All may be on any device. Returns floats, N x vocabulary, on `device`, the
        positions in row-major order. Those of ``rows`` are to the last bit what they are without ``ahead``.
        """


@runtime_checkable
class ShadowPredictor(Protocol):
    """A `MaskPredictor` that can verify tokens in the pass that predicts others."""

    @property
    def shadows(self) -> bool:
        """Whether this one can: each of its positions sees every other, and predicts itself."""

    def shadow_logits(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        rows: Tensor,
        begin: int,
        end: int,
        ahead: Tensor | None = None,
    ) -> Tensor:
        """As `MaskPredictor.logits`, of sequences that a shadow of their columns ``begin`` to ``end`` follows: by so
        much ``ids``, ``rows`` and ``ahead`` are longer than ``attention_mask``.

        A position of the shadow counts as where the one is that it stands for. It sees the shadow and the sequence but
        for that one; nothing in the sequence sees the shadow.
        """


@runtime_checkable
class BlockCausalPredictor(Protocol):
    """A `MaskPredictor` whose attention may be causal over blocks: a position sees its own block and all before it."""

    @property
    def block_size(self) -> int:
        """Tokens a block, counted from the first that is not padding; 0 where every position sees every other."""


class KeptLogits(Protocol):
    """A predictor with the keys and values of one batch, which it keeps from call to call."""

    def __call__(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        rows: Tensor,
        window: slice | None,
        ahead: Tensor | None = None,
    ) -> Tensor:
        """As `MaskPredictor.logits`; ``rows`` may be none at all.

        ``window`` None runs the whole sequences and keeps all keys and values. With a window its columns alone are
        run, which hold all ``rows`` and ``ahead``: their keys and values are written over, those of the others are as
        they were kept. The batch must then have the shape and the padding of the call before.
        """


@runtime_checkable
class CachingPredictor(Protocol):
    """A `MaskPredictor` that can also keep keys and values."""

    def open_cache(self) -> KeptLogits:
        """Keeps nothing yet: the first call must be without a window."""
