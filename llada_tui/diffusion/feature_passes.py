"""Forward passes that keep what every layer made of every position (dLLM-Cache, arXiv 2506.06295, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from llada_tui.diffusion.cache_policy import cache_refused
from llada_tui.diffusion.passes import Passes
from llada_tui.diffusion.predictor import FeatureCachingPredictor, FeaturePredictor
from llada_tui.diffusion.run_inputs import RunInputs

_GUIDED_AT_FIRST = 5
"""Steps at the beginning of a run that make the unguided pass in any case, as published."""


@dataclass(slots=True)
class _Branch:
    """The passes of one sequence: what is kept, and how many there were."""

    features: FeaturePredictor
    passes: int = 0


@dataclass(slots=True)
class _Row:
    """A row of the batch, padding aside: its guided passes, its unguided ones, and their last difference."""

    guided: _Branch
    unguided: _Branch
    difference: Tensor = field(default_factory=lambda: torch.empty(0))


class FeaturePasses(Passes):
    """The passes of a run in which a layer takes from the pass before what it does not compute anew.

    Pass n of a sequence, from 0, computes the prompt where n is a multiple of ``prompt_interval``, and the canvas
    where it is one of ``gen_interval``; else those positions of the canvas, ``transfer_ratio`` of them, whose value
    vectors have the lowest cosine similarity to those of the pass before. The first layer computes everything.

    Guidance makes its unguided pass in every ``cfg_interval``-th step and in the first five; between, it adds
    the last difference. Each row goes through the model by itself, so that it comes out as it would alone.
    """

    def __init__(
        self, run: RunInputs, prompt_interval: int, gen_interval: int, cfg_interval: int, transfer_ratio: float
    ) -> None:
        super().__init__(run)
        predictor = run.predictor
        if not isinstance(predictor, FeatureCachingPredictor):
            raise cache_refused("This model keeps nothing of its layers")
        self._columns = run.columns
        self._prompt_interval, self._gen_interval, self._cfg_interval = prompt_interval, gen_interval, cfg_interval
        self._transfer_ratio = transfer_ratio
        rows, padded = len(run.given_positions), run.attention_mask
        mask = torch.ones_like(run.given_positions) if padded is None else padded.cpu() != 0
        self._padding = mask.int().argmax(-1).tolist()
        self._rows = [_Row(_Branch(predictor.open_features()), _Branch(predictor.open_features())) for _ in range(rows)]

    def pass_over(self, canvas: Tensor, begin: int, block_step: int, guidance: Sequence[float]) -> None:
        for row, scale in zip(self._rows, guidance, strict=True):
            row.unguided.passes += scale > 0
            row.guided.passes += 1

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
        ahead = torch.zeros_like(positions) if ahead is None else ahead
        self.recomputed = recomputed = torch.zeros(canvas.shape)
        near, far = [], []
        for number, scale in enumerate(guidance):
            asked = positions[number] | ahead[number]
            if not positions[number].any():
                continue
            logits = self._row_logits(number, canvas[number], asked, scale)
            recomputed[number, self._padding[number] :] = self._rows[number].guided.features.recomputed
            near.append(logits[positions[number][asked]])
            far.append(logits[ahead[number][asked]])
        dtype = torch.float32 if any(part.dtype == torch.float32 for part in near) else near[0].dtype
        return torch.cat([part.to(dtype) for part in (*near, *far)])

    def _row_logits(self, number: int, ids: Tensor, positions: Tensor, scale: float) -> Tensor:
        row, step = self._rows[number], self._rows[number].guided.passes
        padding = self._padding[number]
        # A difference is used at positions that no step has asked for yet.
        asked = positions.clone()
        if scale > 0 and self._cfg_interval > 1:
            asked[self._columns] = True
        guided = self._pass(row.guided, ids[padding:], asked[padding:], padding)
        if scale <= 0:
            row.difference = torch.empty(0)
            return guided
        guided = guided if self.reference_numerics else guided.float()
        anew = step < _GUIDED_AT_FIRST or step % self._cfg_interval == 0
        if anew or not len(row.difference):
            hidden = ids.masked_fill(self.given_positions[number], self.predictor.mask_id)
            unguided = self._pass(row.unguided, hidden[padding:], asked[padding:], padding).to(guided.dtype)
            row.difference = guided - unguided
        return (guided + scale * row.difference)[positions[asked]]

    def _pass(self, branch: _Branch, ids: Tensor, positions: Tensor, padding: int) -> Tensor:
        number = branch.passes
        branch.passes += 1
        columns = slice(self._columns.start - padding, self._columns.stop - padding)
        return branch.features(
            ids,
            positions,
            columns,
            refresh_prompt=number % self._prompt_interval == 0,
            refresh_canvas=number % self._gen_interval == 0,
            transfer_ratio=self._transfer_ratio,
        ).to(self.device)
