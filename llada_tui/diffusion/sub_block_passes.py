"""Forward passes that keep keys and values within a block too (Fast-dLLM v2, arXiv 2509.26328)."""

from __future__ import annotations

import torch
from torch import Tensor

from llada_tui.diffusion.cache_policy import cache_refused
from llada_tui.diffusion.passes import Passes
from llada_tui.diffusion.predictor import KVCachePredictor, SubBlockPredictor
from llada_tui.diffusion.run_inputs import RunInputs


class SubBlockPasses(Passes):
    """The passes of a run in which each row keeps keys and values by itself: which columns a pass runs depends on what
    is written in the row."""

    def __init__(self, run: RunInputs) -> None:
        super().__init__(run)
        if not isinstance(run.predictor, SubBlockPredictor) or not run.predictor.sub_block:
            raise cache_refused("This model's blocks have no sub-blocks")
        self._predictor = run.predictor
        self._rows: list[_Row] = []

    def reach(self, begin: int, end: int, length: int, block_step: int) -> int:
        return end

    def forward(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        positions: Tensor,
        ahead: Tensor | None,
        begin: int,
        end: int,
        block_step: int,
    ) -> Tensor:
        if len(self._rows) != len(ids):  # guidance of a row was switched on or off
            self._rows = [_Row(self._predictor) for _ in ids]
        self.recomputed = torch.zeros(len(self.given_positions), ids.shape[1])
        masks = torch.ones_like(ids) if attention_mask is None else attention_mask
        parts = []
        for number, row in enumerate(self._rows):
            if positions[number].any():
                padding = int((masks[number] != 0).int().argmax())
                logits, columns = row.logits(ids[number, padding:].cpu(), positions[number, padding:].cpu())
                parts.append(logits)
                if number < len(self.recomputed):
                    self.recomputed[number, padding + columns.start : padding + columns.stop] = 1
        return torch.cat(parts)


class _Row:
    """One sequence without its padding, and what is kept of it."""

    def __init__(self, predictor: SubBlockPredictor) -> None:
        self._size, self._part = predictor.block_size, predictor.sub_block
        self._cache: KVCachePredictor = predictor.open_cache(windows_as_asked=True)
        self._exact_ids = torch.empty(0, dtype=torch.long)
        """The ids whose keys and values are kept and exact; -1 where they are not."""
        self._kept_block: int | None = None
        """The begin of the block at work, if keys and values of all of it are kept."""

    def logits(self, ids: Tensor, asked: Tensor) -> tuple[Tensor, slice]:
        """Logits where ``asked`` (bool, ``(length,)``) is true, and the columns that were run."""
        places = asked.nonzero()[:, 0].tolist()
        first, last = places[0], places[-1]
        block, part = first - first % self._size, first - first % self._part
        end = min(last - last % self._size + self._size, len(ids))
        alone = first == last == block  # the token that the pass which completes the block before it writes
        if not len(self._exact_ids):
            window, run = None, slice(0, len(ids))
        else:
            changed = (ids[:block] != self._exact_ids[:block]).nonzero()[:, 0].tolist()
            begin = changed[0] - changed[0] % self._size if changed else block
            if first == block:
                begin = min(begin, max(0, block - self._size))
            if alone:
                run = slice(begin, block + 1)
            elif begin < block or self._kept_block != block or first == part or last >= part + self._part:
                run = slice(begin, end)
            else:
                run = slice(part, min(part + self._part, len(ids)))
            # The position before a window is run with it: its logits predict the first.
            window = slice(min(run.start + 1, first), run.stop)
        if run.start > block:
            self._exact_ids[block:end] = -1
        else:
            self._exact_ids = torch.cat([ids[: block if alone and window else run.stop], ids.new_full(ids.shape, -1)])
            self._exact_ids = self._exact_ids[: len(ids)]
            self._kept_block = None if alone else block
        return self._cache(ids[None], None, asked[None], window), run
