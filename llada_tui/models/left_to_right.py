"""The common parts of the autoregressive families: ordinary checkpoints, which write one token after the other."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from llada_tui.diffusion.pace import Pace
from llada_tui.models.config_checks import NEUTRAL, Allowed
from llada_tui.models.kv_cache import WindowedKVCache
from llada_tui.models.masked_diffusion import BlockGrid, MaskedDiffusion
from llada_tui.settings.sampler_settings import SamplerSettings

OPTIONS: Allowed = {**NEUTRAL, "mask_token_id": (None,), "block_size": (None,)}
"""With a mask or blocks it is a model of another kind."""


class OneByOne(Pace):
    """One token a step, whatever the settings say."""

    any_schedule = True

    def block_steps(self, settings: SamplerSettings, edges: list[int]) -> list[int]:
        return [1] * (len(edges) - 1)

    def quota(self, settings: SamplerSettings, masks: int, left: int, step: int, steps: int) -> int:
        return left


class LeftToRight(MaskedDiffusion):
    """Mixed into a causal language model of transformers: blocks of one token, whose logits come from the token before.

    The program's canvas has masks where nothing is written yet, and such a model knows none. Its mask is therefore the
    id after the last of its vocabulary. No position sees a mask: they all come after it.
    """

    shifted = True
    _pace = OneByOne()

    @property
    def pace(self) -> Pace:
        return self._pace

    def reach(self, window: slice, length: int, padding: Tensor | None, grid: BlockGrid) -> slice:
        return window

    def logits_at(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        positions: Tensor,
        cache: WindowedKVCache | None = None,
        window: slice | None = None,
        ahead: Tensor | None = None,
        grid: BlockGrid | None = None,
        pictures: Tensor | None = None,
    ) -> Tensor:
        tokens = ids.clamp(max=self.config.vocab_size - 1)
        if window is not None:
            # The logits of a position are those of the token before it: a step runs one column. A token that stands
            # at the last position is run too: its keys and values are to be kept.
            group = positions if ahead is None else positions | ahead
            asked = group.any(0).nonzero()[:, 0].tolist()
            if asked:
                last = asked[-1]
                unwritten = bool((ids[:, last] >= self.config.vocab_size).all())
                window = slice(max(0, min(window.start, asked[0] - 1)), max(1, last) if unwritten else last + 1)
        return super().logits_at(tokens, attention_mask, positions, cache, window, ahead, grid)


def left_to_right_fields(config: Any) -> None:
    """Completes a configuration of transformers with an id for the mask, after its vocabulary, and with blocks."""
    config.extra_ids, config.block_size = 1, 1
