"""Forward passes that keep keys and values: Fast-dLLM's prefix and dual cache (arXiv 2505.22618, section 3.2)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from llada_tui.diffusion.passes import Passes
from llada_tui.diffusion.predictor import CachingPredictor, MaskPredictor
from llada_tui.settings.sampler_settings import SettingsError


class CachedPasses(Passes):
    """The passes of a run whose keys and values are kept while a block is denoised.

    A block's first step runs the whole sequences. Later steps run, as ``cache`` says, the block and what follows it
    against what was kept of all that stands before (``prefix``), or the block alone against what was kept of all that
    is around it (``dual``). The rows that guidance adds are kept as well.

    What is kept of a position outside the window belongs to the canvas as it was when the block was opened, and the
    model would see it otherwise by now: both modes approximate. They are exact in a block's first step, and throughout
    where nothing is left outside the window, or where what is outside cannot see into it (models whose attention is
    causal over blocks).

    A step is therefore a function of its canvas and of the canvas that the block was opened with. ``opening`` (long,
    batch x length) is the latter where a run is continued in the middle of a block: it gives the tail that the unbroken
    run has. Without it the block is opened with the canvas that the run goes on from. What is kept is computed again
    from the opening when guidance of a row is switched on or off.
    """

    def __init__(
        self,
        predictor: MaskPredictor,
        attention_mask: Tensor | None,
        given: Tensor,
        reference_numerics: bool = False,
        *,
        cache: str,
        opening: Tensor | None = None,
    ) -> None:
        super().__init__(predictor, attention_mask, given, reference_numerics)
        if not isinstance(predictor, CachingPredictor):
            raise SettingsError("cache", "This model keeps no keys and values: set cache to none.")
        self._kept = predictor.open_cache()
        self._dual = cache == "dual"
        self._resumed = None if opening is None else opening.cpu()
        self._opening = given
        self._block: int | None = None
        self._guided: tuple[int, ...] = ()
        self._whole = False

    def reach(self, length: int, end: int, block_step: int) -> int:
        # With a dual cache what follows the block is run in its first step alone.
        return end if self._dual and block_step else length

    def logits(
        self,
        canvas: Tensor,
        rows: Tensor,
        begin: int,
        end: int,
        block_step: int,
        guidance: Sequence[float],
        ahead: Tensor | None = None,
    ) -> Tensor:
        guided = tuple(row for row, scale in enumerate(guidance) if scale > 0)
        if begin != self._block:
            resumed = self._resumed if block_step else None
            self._opening = (canvas if resumed is None else resumed).clone()
            self._whole = True
        elif guided != self._guided:
            self._whole = True
        self._block, self._guided = begin, guided
        if self._whole and not torch.equal(canvas, self._opening):
            super().logits(self._opening, torch.zeros_like(rows), begin, end, block_step, guidance)
        return super().logits(canvas, rows, begin, end, block_step, guidance, ahead)

    def forward(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        rows: Tensor,
        ahead: Tensor | None,
        begin: int,
        end: int,
        block_step: int,
    ) -> Tensor:
        window = None
        if not self._whole:
            # A block that was left with a mask in it, which a model may predict, has to be seen again.
            first = begin if not rows.any() else min(begin, int(rows.any(0).int().argmax()))
            window = slice(first, end if self._dual else ids.shape[1])
        self._whole = False
        return self._kept(ids, attention_mask, rows, window, ahead)
