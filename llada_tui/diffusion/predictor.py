"""What the sampler asks of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

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

    def logits(self, ids: Tensor, attention_mask: Tensor | None, rows: Tensor) -> Tensor:
        """Logits of the positions where ``rows`` is true.

        ``ids``: long, batch x length. ``attention_mask``: batch x length, 0 where a row is padded, or None. ``rows``:
        bool, batch x length. All may be on any device. Returns floats, N x vocabulary, on `device`, the positions in
        row-major order.
        """
