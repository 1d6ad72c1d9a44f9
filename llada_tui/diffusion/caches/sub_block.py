"""The sub-block cache (Fast-dLLM v2, arXiv 2509.26328, ``generate`` with ``use_block_cache``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.cache_policy import CachePolicy

if TYPE_CHECKING:
    from llada_tui.diffusion.passes import Passes
    from llada_tui.diffusion.run_inputs import RunInputs


class SubBlockCache(CachePolicy):
    """Keeps the keys and values of the block around the sub-block at work too. A step runs the whole block while the
    first token of the sub-block is a mask, and the sub-block alone afterwards. For Fast-dLLM v2 alone.

    What stands before the block is kept exactly. See `llada_tui.diffusion.sub_block_passes`.
    """

    name = "sub_block"
    summary = "Fast-dLLM v2's own: within a block, most steps run a sub-block alone. Not exact."
    looks_back = True
    of_one_family = True

    def window(self, begin: int, end: int, length: int) -> slice:
        return slice(begin, end)

    def open(self, run: RunInputs) -> Passes:
        from llada_tui.diffusion.sub_block_passes import SubBlockPasses

        return SubBlockPasses(run)
