"""Keys and values of a whole sequence, of which a window is computed anew and written in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin


@dataclass
class WriteWindow:
    """The place at which the next pass writes: the columns of a window, or all of them. A cache and its layers share
    it.

    Layers know it rather than their cache: the keys and values are large, and without a cycle of references they are
    given back as soon as a run is over, and not when Python next looks for such cycles.
    """

    window: slice | None = None


class WindowedKVCache(Cache):
    """The keys and values of all positions of a batch, kept between passes.

    A pass without a window runs whole sequences, and all their keys and values are kept. A pass with a window runs
    those columns alone: theirs replace what was kept, and they attend to all columns. Positions are absolute, so a
    pass with a window has to be given its ``position_ids``. The tensors stay where they are as long as the batch keeps
    its shape, as CUDA graphs need it.
    """

    def __init__(self, layers: int) -> None:
        self.write_window = WriteWindow()
        super().__init__(layers=[BlockLayer(self.write_window) for _ in range(layers)])


class BlockLayer(CacheLayerMixin):
    """One layer's keys and values."""

    is_sliding = False

    def __init__(self, write_window: WriteWindow) -> None:
        super().__init__()
        self.write_window = write_window

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        self.dtype, self.device = key_states.dtype, key_states.device
        self.keys, self.values = key_states, value_states
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        window = self.write_window.window
        if window is None and (self.keys is None or self.keys.shape != key_states.shape):
            self.lazy_initialization(key_states, value_states)
        else:
            columns = slice(None) if window is None else window
            self.keys[:, :, columns] = key_states
            self.values[:, :, columns] = value_states
        return self.keys, self.values

    def get_seq_length(self) -> int:
        return 0 if self.keys is None else int(self.keys.shape[2])

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return query_length if self.write_window.window is None else self.get_seq_length(), 0

    def get_max_length(self) -> int:
        return -1
