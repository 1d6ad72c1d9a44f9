"""The dual cache (Fast-dLLM, arXiv 2505.22618, section 3.2)."""

from __future__ import annotations

from llada_tui.diffusion.block_cache_policy import BlockCachePolicy


class DualCache(BlockCachePolicy):
    """Keeps the keys and values of all that is around the block at work, before it and after it. A step runs the block
    alone."""

    name = "dual"
    summary = "Keeps keys and values of all around the block at work. Fastest; not exact."
    runs_block_alone = True

    def window(self, begin: int, end: int, length: int) -> slice:
        return slice(begin, end)
