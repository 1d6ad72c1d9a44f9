"""The exact cache of a model whose attention is causal over blocks (LLaDA2, arXiv 2512.15745, section 4)."""

from __future__ import annotations

import torch
from torch import Tensor

from llada_tui.diffusion.predictor import KVCachePredictor


class BlockCausalCache:
    """A `llada_tui.diffusion.predictor.KVCachePredictor` that is exact, whatever window it is asked for.

    The keys and values of a block depend on nothing after it, so they hold until a token in it or before it changes.
    A call runs the blocks from the first change to the last position that is asked for: in the middle of a block that
    is the block alone.
    """

    def __init__(self, predictor: KVCachePredictor) -> None:
        """``predictor`` gives logits from a run over a window of the columns, whose keys and values it keeps."""
        self._predictor = predictor
        self._cached_ids = torch.empty(0, 0, dtype=torch.long)
        """The ids whose keys and values are kept, ``(batch, length)``; -1 where none are."""
        self._padding: Tensor | None = None

    def __call__(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        positions: Tensor,
        window: slice | None,
        ahead: Tensor | None = None,
    ) -> Tensor:
        now = ids.cpu()
        padding = None if attention_mask is None else attention_mask.cpu()
        asked = positions.any(0).nonzero()[:, 0].tolist() or [now.shape[1] - 1]
        if now.shape != self._cached_ids.shape or not _same(padding, self._padding):
            self._padding = padding
            self._cached_ids = now.clone()
            return self._predictor(ids, attention_mask, positions, None, ahead)
        changed = (now != self._cached_ids).any(0).nonzero()[:, 0].tolist()
        begin, end = min(changed[:1] + asked[:1]), asked[-1] + 1
        self._cached_ids[:, begin:end] = now[:, begin:end]
        self._cached_ids[:, end:] = -1
        logits = self._predictor(ids, attention_mask, positions, slice(begin, end))
        if ahead is None:
            return logits
        # The blocks beyond are run by themselves: a wider window would round this one otherwise.
        columns = ahead.any(0).nonzero()[:, 0].tolist()
        beyond = slice(columns[0], columns[-1] + 1)
        self._cached_ids[:, beyond] = now[:, beyond]
        return torch.cat([logits, self._predictor(ids, attention_mask, ahead, beyond)])


def _same(first: Tensor | None, second: Tensor | None) -> bool:
    return first is second or (first is not None and second is not None and torch.equal(first, second))
