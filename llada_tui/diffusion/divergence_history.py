"""How a row's distributions moved in its last steps, for strategies that ask for it."""

from __future__ import annotations

import torch
from torch import Tensor

from llada_tui.diffusion.predictions import Predictions


class History:
    """The distributions of a row's last step and the divergences of the steps before, by position.

    Nothing is kept for a strategy that needs no history; what a position has not been predicted for is inf. A run
    that is continued begins with none.
    """

    def __init__(self) -> None:
        self._new: list[tuple[Tensor, Tensor, Tensor]] = []
        self._forget()

    def _forget(self) -> None:
        self._places = torch.empty(0, dtype=torch.long)
        self._last = torch.empty(0, 0)
        self._moved = torch.empty(0, 0)

    def follow(self, predictions: Predictions, places: Tensor, steps: int) -> None:
        """Give predictions at ``places`` (long, N) their divergences, and keep their distributions for the next."""
        device = predictions.tokens.device
        moved = torch.full((steps, len(places)), torch.inf, device=device)
        predictions.divergences = moved
        if not steps:
            return
        now = predictions.log_probabilities
        known = torch.isin(places, self._places)
        if known.any():
            before = torch.searchsorted(self._places, places[known])
            # Numbers, not a mask, which the device would have to be waited for.
            at, before = (places.to(device, non_blocking=True) for places in (known.nonzero()[:, 0], before))
            moved[0, at] = predictions.divergence(self._last.index_select(0, before), at)
            kept = min(steps - 1, len(self._moved))
            moved[1 : 1 + kept, at] = self._moved[:kept].index_select(1, before)
        self._new.append((places, now, moved))

    def turn(self) -> None:
        """The step is over."""
        if self._new:
            places, last, moved = zip(*self._new, strict=True)
            self._places, self._last, self._moved = torch.cat(places), torch.cat(last), torch.cat(moved, 1)
        else:
            self._forget()
        self._new = []
