"""The divergences of a row's distributions in its last steps, for strategies that ask for it."""

from __future__ import annotations

from copy import copy

import torch
from torch import Tensor

from llada_tui.diffusion.predictions import Predictions


class DivergenceHistory:
    """The distributions of a row's last step and the divergences of the steps before, by position.

    Nothing is kept for a strategy that needs no history. The divergence is inf where a position was not predicted in
    the step before. A run that is continued without its earlier steps begins without a
    history.
    """

    def __init__(self) -> None:
        self._this_step: list[tuple[Tensor, Tensor, Tensor]] = []
        self._forget()

    def copy(self) -> DivergenceHistory:
        """The history between two steps, to be added to without the other's knowing. Its tensors are shared: none is
        changed in place."""
        twin = copy(self)
        twin._this_step = [*self._this_step]
        return twin

    def _forget(self) -> None:
        self._positions = torch.empty(0, dtype=torch.long)
        self._log_probabilities = torch.empty(0, 0)
        self._divergences = torch.empty(0, 0)

    def add(self, predictions: Predictions, positions: Tensor, steps: int) -> None:
        """Give predictions at ``positions`` (long, ``(N,)``) the divergences of the last ``steps`` steps, and keep
        their distributions for the next step."""
        device = predictions.tokens.device
        divergences = torch.full((steps, len(positions)), torch.inf, device=device)
        predictions.divergences = divergences
        if not steps:
            return
        log_probabilities = predictions.log_probabilities
        again = torch.isin(positions, self._positions)
        if again.any():
            before = torch.searchsorted(self._positions, positions[again])
            # Numbers, not a mask, which the device would have to be waited for.
            at, before = (index.to(device, non_blocking=True) for index in (again.nonzero()[:, 0], before))
            divergences[0, at] = predictions.divergence(self._log_probabilities.index_select(0, before), at)
            earlier = min(steps - 1, len(self._divergences))
            divergences[1 : 1 + earlier, at] = self._divergences[:earlier].index_select(1, before)
        self._this_step.append((positions, log_probabilities, divergences))

    def end_step(self) -> None:
        """The step is over: what was added in it is what the next one is compared with."""
        if self._this_step:
            positions, log_probabilities, divergences = zip(*self._this_step, strict=True)
            self._positions, self._log_probabilities = torch.cat(positions), torch.cat(log_probabilities)
            self._divergences = torch.cat(divergences, 1)
        else:
            self._forget()
        self._this_step = []
