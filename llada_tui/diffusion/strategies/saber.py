"""Adaptive acceleration with backtracking (Saber, arXiv 2510.18165)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import HELD_BACK, Decision, Parameter, StepView, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class Saber(Strategy):
    """Commits every prediction that is likelier than the tokens committed so far were on average, ``n`` at least. Then
    it takes back those tokens whose place has lost most confidence since the step before: an eighth of what it
    committed, half of ``n`` at least, and always fewer than it committed.

    Published: n 2, and one block. Use it for code: it goes faster as the text takes shape, and mends what was committed
    too early. It takes back tokens of earlier blocks too, and therefore never stops early, at a stop sequence neither.
    What a step commits and takes back at once was never there. The schedule plays no part.
    """

    name = "saber"
    title = "faster, with taking back"
    summary = "Goes faster as the text takes shape, and takes back what has become doubtful."
    parameters = (Parameter("n", 2, 1, 32, 1, "Tokens that a step commits at least."),)
    rereads = True
    remasks = True
    revisits = True
    remembers = True

    def score(self, predictions: Predictions) -> Tensor:
        return predictions.confidence

    def decide(self, view: StepView) -> Decision:
        import torch

        places, memory, least = view.places, view.memory, int(self.values["n"])
        unknown = torch.full((len(places.written),), math.nan, dtype=torch.float64)
        confidence = unknown.clone()
        confidence[places.masks], confidence[places.committed] = view.scores, view.reread_confidence
        # Before a run's first step every place has confidence 0, and a place has none before its block begins.
        gained = (confidence - memory.get("confidence", torch.zeros_like(unknown))).nan_to_num(nan=math.inf)
        memory["confidence"] = confidence
        committed_with = memory.setdefault("committed_with", unknown)
        standing = committed_with[places.committed]
        committed_with[places.committed] = torch.where(standing.isnan(), view.commit_confidence, standing)
        before = committed_with[~committed_with.isnan()]
        threshold = float(before.mean()) if len(before) else 1.0

        commit = view.scores > threshold
        if int(commit.sum()) < least:
            commit = torch.zeros_like(commit)
            commit[view.scores.topk(min(least, len(commit))).indices] = True
        commit &= view.scores > HELD_BACK
        if not commit.any():
            return Decision(1)
        committed_with[places.masks[commit]] = view.scores[commit]
        if bool(commit.all()):
            return Decision(commit)
        count = int(commit.sum())
        again = min(max(least // 2, math.ceil(max(least, count) / 8)), max(least, count) - 1, count - 1)
        written = torch.cat([places.masks[commit], places.committed])
        taken = torch.zeros_like(places.written)
        taken[written[gained[written].topk(again, largest=False).indices]] = True
        return Decision(commit & ~taken[places.masks], taken[places.committed])
