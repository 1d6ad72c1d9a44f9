"""Uniform noise within a bound of entropy (DiffusionGemma, in transformers 5.11; uniform noise: arXiv 2412.10193)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import HELD_BACK, Decision, Parameter, StepView, Strategy
from llada_tui.trace.model_info import UNIFORM_NOISE

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class EntropyBound(Strategy):
    """Predicts the whole block anew in every step and accepts the predictions of lowest entropy, as long as the
    entropies before add up to no more than ``bound`` nats. All other positions get fresh random tokens, those that were
    accepted before too.

    Logits are divided by a temperature that falls from ``t_max`` at the block's first step towards ``t_min``. The block
    is done when the likeliest tokens are those of the step before and the mean entropy is below ``settled``, after its
    steps in any case.

    Published: 0.1, 0.4, 0.8 and 0.005, in 48 steps at most, with accepted tokens drawn at ``temperature`` 1 from what
    is left of the distribution; 0 takes the likeliest. Use it with models that were trained with uniform noise, on a
    canvas of one block: the published sampler accepts over the whole canvas. The schedule plays no part.
    """

    name = "entropy_bound"
    title = "random tokens"
    summary = "Begins with random tokens, and accepts the surest predictions anew in every step."
    parameters = (
        Parameter("bound", 0.1, 0, 4, 0.05, "Nats of entropy that a step may accept besides its largest."),
        Parameter("t_min", 0.4, 0.05, 2, 0.05, "Temperature of the logits at the end of a block."),
        Parameter("t_max", 0.8, 0.05, 2, 0.05, "Temperature of the logits at its first step."),
        Parameter("settled", 0.005, 0, 1, 0.005, "Mean entropy, in nats, below which a block may be done."),
    )
    noise = UNIFORM_NOISE
    rereads = True
    remasks = True
    draws = True
    edits = True
    fuses = True
    remembers = True
    settles = True

    @property
    def stop_entropy(self) -> float:
        return self.values["settled"]

    def passes_again(self, steps: int, block_steps: int) -> int:
        return min(1, block_steps)

    def fuse(self, logits: Tensor, masks: Tensor, memory: dict[str, Tensor], left: float) -> Tensor:
        low, high = self.values["t_min"], self.values["t_max"]
        return logits.float() / (low + (high - low) * left)

    def score(self, predictions: Predictions) -> Tensor:
        return -predictions.entropy

    def decide(self, view: StepView) -> Decision:
        from torch import cat, equal, full, zeros_like

        entropy = -cat([view.scores, view.reread_scores])
        order = entropy.argsort(stable=True)
        ranked = entropy[order]
        before = cat([ranked.new_zeros(1), ranked.cumsum(0)])[:-1]
        accepted = zeros_like(entropy, dtype=view.differs.dtype)
        accepted[order] = (before <= self.values["bound"]) & (ranked < -HELD_BACK)
        likeliest = full((len(view.places.written),), -1)
        likeliest[cat([view.places.masks, view.places.committed])] = view.likeliest
        earlier = view.memory.get("likeliest")
        is_stable = earlier is not None and equal(earlier, likeliest)
        view.memory["likeliest"] = likeliest
        if view.step >= view.steps - 1 or (is_stable and float(entropy.mean()) < self.values["settled"]):
            return Decision(len(view.scores), edit=view.differs, finish=True)
        commit, stays = accepted[: len(view.scores)], accepted[len(view.scores) :]
        return Decision(commit, ~stays, view.differs & stays)
