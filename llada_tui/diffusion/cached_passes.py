"""Forward passes that keep keys and values while a block is denoised (Fast-dLLM, arXiv 2505.22618, section 3.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from llada_tui.diffusion.cache_policy import cache_refused
from llada_tui.diffusion.passes import Passes
from llada_tui.diffusion.predictor import CachingPredictor
from llada_tui.diffusion.run_inputs import RunInputs


class CachedPasses(Passes):
    """The passes of a run whose keys and values are kept while a block is denoised.

    A block's first step runs the whole sequences. Its later steps run the columns of ``window(begin, end, length)``
    against what was kept of the others. The rows that guidance adds are kept as well.

    What is kept of a position outside the window belongs to the canvas at the block's first step, and the model would
    see it otherwise by now: these passes approximate. They are exact in a block's first step, and throughout where
    nothing is left outside the window, or where what is outside cannot see into it (models whose attention is causal
    over blocks).

    A step is therefore a function of its canvas and of the canvas at the block's first step. The latter is
    `RunInputs.block_start_canvas` where a run is continued in the middle of a block: it gives the tail that the
    unbroken run has. Without it the block starts with the canvas that the run goes on from. What is kept is
    computed again from the block's start canvas when guidance of a row is switched on or off.
    """

    def __init__(self, run: RunInputs, window: Callable[[int, int, int], slice]) -> None:
        super().__init__(run)
        if not isinstance(run.predictor, CachingPredictor):
            raise cache_refused("This model keeps no keys and values")
        self._predictor = run.predictor.open_cache()
        self._window = window
        self._resumed = None if run.block_start_canvas is None else run.block_start_canvas.cpu()
        self._block_start = run.given_positions
        self._block: int | None = None
        self._guided: tuple[int, ...] = ()
        self._whole = False

    def reach(self, begin: int, end: int, length: int, block_step: int) -> int:
        return self._window(begin, end, length).stop if block_step else length

    def pass_over(self, canvas: Tensor, begin: int, block_step: int, guidance: Sequence[float]) -> None:
        guided = tuple(row for row, scale in enumerate(guidance) if scale > 0)
        if begin != self._block:
            resumed = self._resumed if block_step else None
            self._block_start = (canvas if resumed is None else resumed).clone()
            self._whole = True
        elif guided != self._guided:
            self._whole = True
        self._block, self._guided = begin, guided

    def logits(
        self,
        canvas: Tensor,
        positions: Tensor,
        begin: int,
        end: int,
        block_step: int,
        guidance: Sequence[float],
        ahead: Tensor | None = None,
    ) -> Tensor:
        self.pass_over(canvas, begin, block_step, guidance)
        if self._whole and not torch.equal(canvas, self._block_start):
            super().logits(self._block_start, torch.zeros_like(positions), begin, end, block_step, guidance)
        return super().logits(canvas, positions, begin, end, block_step, guidance, ahead)

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
        window = None
        if not self._whole:
            # A block that was left with a mask in it, which a model may predict, has to be seen again.
            first = begin if not positions.any() else min(begin, int(positions.any(0).int().argmax()))
            window = self._window(begin, end, ids.shape[1])
            window = slice(min(first, window.start), window.stop)
        self._whole = False
        self.recomputed = torch.zeros(len(self.given_positions), ids.shape[1])
        self.recomputed[:, slice(None) if window is None else window] = 1
        return self._predictor(ids, attention_mask, positions, window, ahead)
