"""The prefix cache (Fast-dLLM, arXiv 2505.22618, section 3.2)."""

from __future__ import annotations

from llada_tui.diffusion.block_cache_policy import BlockCachePolicy


class PrefixCache(BlockCachePolicy):
    """Keeps the keys and values of all that stands before the block at work. A step runs the block and what follows
    it."""

    name = "prefix"
    summary = "Keeps keys and values of what stands before the block at work. Not exact."

    def window(self, begin: int, end: int, length: int) -> slice:
        return slice(begin, length)
