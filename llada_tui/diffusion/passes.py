"""Forward passes: the logits of a step, plain or with guidance."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from llada_tui.diffusion.predictor import ShadowPredictor
from llada_tui.diffusion.run_inputs import RunInputs


class Passes:
    """The forward passes of one run over a batch.

    Guidance is here, computed in float32, or in the model's dtype for ``reference_numerics``. How a batch goes through
    the model is `forward`, which cache policies replace.
    """

    def __init__(self, run: RunInputs) -> None:
        self.predictor = run.predictor
        self.attention_mask = run.attention_mask
        self.given_positions = run.given_positions
        self.reference_numerics = run.reference_numerics
        self.recomputed: Tensor | None = None
        """Float, ``(batch, length)``: the part of the layers (0 to 1) that computed each position anew in the last
        pass. None: every layer did, everywhere."""
        # MPS has no float64, which the decisions need.
        self.device = torch.device("cpu") if run.predictor.device.type == "mps" else run.predictor.device

    def reach(self, begin: int, end: int, length: int, block_step: int) -> int:
        """The column up to which the next pass can be asked for logits, of ``length``. The block at work is the columns
        ``begin`` to ``end``, and this is its step ``block_step``."""
        return length

    def pass_over(self, canvas: Tensor, begin: int, block_step: int, guidance: Sequence[float]) -> None:
        """Go on as after a pass that `logits` would have made, of which nothing is needed."""

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
        """Logits where ``positions`` is true, then, of all rows of the batch, those where ``ahead`` is.

        ``canvas``: long, ``(batch, length)``. ``positions``, ``ahead``: bool, ``(batch, length)``. The block at work is
        the columns ``begin`` to ``end``, and this is its step ``block_step``. A row with ``guidance`` w above 0 gets
        unguided + (w + 1) * (guided - unguided) (LLaDA, arXiv 2502.09992, eq. 16), from the same call of the model.

        Returns ``(N, vocabulary)`` in the model's dtype, or in float32 where a row is guided; it may be written into.
        ``ahead`` changes nothing in the logits of ``positions``.
        """
        mask = self.attention_mask

        def call(ids: Tensor, attention_mask: Tensor | None, positions: Tensor, ahead: Tensor | None) -> Tensor:
            return self.forward(ids, attention_mask, positions, ahead, begin, end, block_step)

        return self._with_guidance(call, canvas, mask, positions, ahead, self.given_positions, guidance)

    def logits_with_shadow(
        self,
        canvas: Tensor,
        positions: Tensor,
        verified: Tensor,
        begin: int,
        end: int,
        guidance: Sequence[float],
        ahead: Tensor | None = None,
    ) -> Tensor:
        """As `logits`, and from the same call those where ``verified`` is true, each from everything but the token that
        stands there.

        ``verified``: bool, ``(batch, length)``, within the block. Its logits come last for each row of the batch, and
        before those of all rows' ``ahead``. A shadow of the block, all masks, follows the sequences (WINO, arXiv
        2507.18578, figure 3); see `ShadowPredictor`.
        """
        predictor = self.predictor
        assert isinstance(predictor, ShadowPredictor)

        def call(ids: Tensor, attention_mask: Tensor | None, positions: Tensor, ahead: Tensor | None) -> Tensor:
            return predictor.shadow_logits(ids, attention_mask, positions, begin, end, ahead)

        shadow = canvas.new_full((len(canvas), end - begin), predictor.mask_id)
        nowhere = torch.zeros_like(shadow, dtype=torch.bool)
        ids, positions = torch.cat([canvas, shadow], 1), torch.cat([positions, verified[:, begin:end]], 1)
        given_positions = torch.cat([self.given_positions, nowhere], 1)
        ahead = None if ahead is None else torch.cat([ahead, nowhere], 1)
        return self._with_guidance(call, ids, self.attention_mask, positions, ahead, given_positions, guidance)

    def _with_guidance(
        self,
        call: Callable[[Tensor, Tensor | None, Tensor, Tensor | None], Tensor],
        ids: Tensor,
        mask: Tensor | None,
        positions: Tensor,
        ahead: Tensor | None,
        given_positions: Tensor,
        guidance: Sequence[float],
    ) -> Tensor:
        guided = [row for row, scale in enumerate(guidance) if scale > 0]
        if not guided:
            return call(ids, mask, positions, ahead).to(self.device)
        hidden = ids[guided].masked_fill(given_positions[guided], self.predictor.mask_id)
        mask = None if mask is None else torch.cat([mask, mask[guided]])
        groups = [torch.cat([group, group[guided]]) for group in (positions, ahead) if group is not None]
        logits = call(torch.cat([ids, hidden]), mask, groups[0], groups[1] if ahead is not None else None)
        logits = logits.to(self.device)
        if not self.reference_numerics:
            logits = logits.float()
        mixed: list[Tensor] = []
        for group in torch.split(logits, [int(group.sum()) for group in groups]):
            parts = torch.split(group, groups[len(mixed)].sum(-1).tolist())
            for row, unguided in zip(guided, parts[len(positions) :], strict=True):
                parts[row].sub_(unguided).mul_(guidance[row] + 1).add_(unguided)
            mixed.append(group[: sum(len(part) for part in parts[: len(positions)])])
        return mixed[0] if ahead is None else torch.cat(mixed)

    def forward(
        self,
        ids: Tensor,
        attention_mask: Tensor | None,
        positions: Tensor,
        ahead: Tensor | None,
        begin: int,
        end: int,
        block_step: int,
    ) -> Tensor:
        """Logits of a batch, in which the rows that guidance masks come after the others.

        Rows of which none are asked for, since they are done, do not go through the model.
        """
        rows = (positions if ahead is None else positions | ahead).any(-1)
        if rows.all():
            return self.predictor.logits(ids, attention_mask, positions, ahead)
        mask = None if attention_mask is None else attention_mask[rows.to(attention_mask.device)]
        return self.predictor.logits(ids[rows], mask, positions[rows], None if ahead is None else ahead[rows])
