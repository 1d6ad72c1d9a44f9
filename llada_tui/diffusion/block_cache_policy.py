"""The base of cache policies that keep keys and values while a block is denoised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.cache_policy import CachePolicy

if TYPE_CHECKING:
    from llada_tui.diffusion.passes import Passes
    from llada_tui.diffusion.run_inputs import RunInputs


class BlockCachePolicy(CachePolicy):
    """Keeps the keys and values of a block's first step, which runs the whole canvas; the block's other steps run
    `window` against them. See `llada_tui.diffusion.cached_passes`."""

    one_window = True

    def open(self, run: RunInputs) -> Passes:
        from llada_tui.diffusion.cached_passes import CachedPasses

        return CachedPasses(run, self.window)
