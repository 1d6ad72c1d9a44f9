"""The feature cache by time and by change (dLLM-Cache, arXiv 2506.06295, ICML 2026)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from llada_tui.diffusion.cache_policy import CachePolicy
from llada_tui.diffusion.sampler_part import Parameter

if TYPE_CHECKING:
    from llada_tui.diffusion.passes import Passes
    from llada_tui.diffusion.run_inputs import RunInputs


class DLLMCache(CachePolicy):
    """Keeps what every layer made of every position. A pass computes the prompt anew every ``prompt_interval`` steps
    and the canvas every ``gen_interval``; between, those positions of the canvas whose values moved most.

    It needs no blocks: it saves work where the canvas is one block, in which the other caches keep nothing but the
    prompt. See `llada_tui.diffusion.feature_passes`.
    """

    name = "dllm_cache"
    summary = "Computes the prompt and the canvas anew now and then, and between what moved most. Not exact."
    looks_back = True
    parameters = (
        Parameter("prompt_interval", 100, 1, 1000, 5, "Steps from one computation of the prompt to the next."),
        Parameter("gen_interval", 7, 1, 1000, 1, "Steps from one computation of the whole canvas to the next."),
        Parameter("transfer_ratio", 0.25, 0, 1, 0.05, "Part of the canvas that every step computes anew."),
        Parameter("cfg_interval", 1, 1, 1000, 1, "Steps from one unguided pass of guidance to the next, after five."),
    )

    def window(self, begin: int, end: int, length: int) -> slice:
        return slice(0, length)

    @property
    def _intervals(self) -> tuple[int, int, int]:
        prompt, canvas, guidance = (
            int(self.values[name]) for name in ("prompt_interval", "gen_interval", "cfg_interval")
        )
        return prompt, canvas, guidance

    def passes_again(self, guided: Sequence[bool]) -> Collection[int]:
        """Those since the canvas was computed last; the one before that computed the prompt; and, where the canvas was
        not computed there, what that one depends on. All, where what guidance keeps may be older."""
        prompt, canvas, guidance = self._intervals
        if prompt == canvas == guidance == 1:
            return ()
        if len(set(guided)) > 1 or (guided and guided[0] and guidance > 1):
            return range(len(guided))
        again: set[int] = set()
        number = len(guided)
        while number > 0:
            computed = (number - 1) // canvas * canvas
            again |= {*range(computed, number)}
            number = computed // prompt * prompt
            again.add(number)
            if number % canvas == 0:
                break
        return again

    def open(self, run: RunInputs) -> Passes:
        from llada_tui.diffusion.feature_passes import FeaturePasses
        from llada_tui.diffusion.passes import Passes

        prompt, canvas, guidance = self._intervals
        if prompt == canvas == guidance == 1:
            return Passes(run)
        return FeaturePasses(run, prompt, canvas, guidance, self.values["transfer_ratio"])
