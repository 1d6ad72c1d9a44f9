"""The keys and values of one run: those of a compiled program where there is one, else its own."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from llada_tui.models.compiled_steps import Compiled
from llada_tui.models.kv_cache import WindowedKVCache

Logits = Callable[[Tensor, Tensor | None, Tensor, WindowedKVCache, slice | None, Tensor | None], Tensor]
"""A network's logits: ids, attention mask, positions, cache, window, ahead."""


class RunCache:
    """A `llada_tui.diffusion.predictor.KVCachePredictor`."""

    def __init__(self, logits: Logits, layers: int, compiled: Compiled | None) -> None:
        """``logits`` runs a network of so many ``layers``."""
        self._logits = logits
        self._compiled = compiled
        self._plain = WindowedKVCache(layers)
        self._cache: WindowedKVCache = self._plain

    def __call__(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        positions: Tensor,
        window: slice | None,
        ahead: Tensor | None = None,
    ) -> Tensor:
        if window is None and self._compiled is not None:
            self._cache = self._compiled.borrow(len(ids), ids.shape[1], self) or self._plain
        return self._logits(ids, attention_mask, positions, self._cache, window, ahead)
