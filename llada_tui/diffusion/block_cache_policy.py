"""The base of cache policies that keep keys and values while a block is denoised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.cache_policy import CachePolicy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.passes import Passes
    from llada_tui.diffusion.predictor import MaskPredictor


class BlockCachePolicy(CachePolicy):
    """Keeps the keys and values of a block's first step, which runs the whole canvas; the block's other steps run
    `window` against them. See `llada_tui.diffusion.cached_passes`."""

    one_window = True

    def open(
        self,
        predictor: MaskPredictor,
        attention_mask: Tensor | None,
        given_positions: Tensor,
        reference_numerics: bool,
        block_start_canvas: Tensor | None,
        columns: slice,
    ) -> Passes:
        from llada_tui.diffusion.cached_passes import CachedPasses

        return CachedPasses(
            predictor,
            attention_mask,
            given_positions,
            reference_numerics,
            window=self.window,
            block_start_canvas=block_start_canvas,
        )
