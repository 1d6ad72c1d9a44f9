"""No cache: what the published ``generate.py`` does (LLaDA, arXiv 2502.09992)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.cache_policy import CachePolicy

if TYPE_CHECKING:
    from llada_tui.diffusion.passes import Passes
    from llada_tui.diffusion.run_inputs import RunInputs


class NoCache(CachePolicy):
    """Keeps nothing: every step runs the whole canvas."""

    name = "none"
    summary = "Keeps no keys and values: every step runs the whole canvas. Exact."
    exact = True
    runs_whole_canvas = True

    def window(self, begin: int, end: int, length: int) -> slice:
        return slice(0, length)

    def open(self, run: RunInputs) -> Passes:
        from llada_tui.diffusion.passes import Passes

        return Passes(run)
