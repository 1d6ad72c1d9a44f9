"""Context-robust remasking (CORE, arXiv 2602.04096)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from llada_tui.diffusion.strategy import Decision, Parameter, Places, StepView, Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


class CORE(Strategy):
    """Commits the schedule's quota of the most confident predictions. After every ``revise_every``-th step from a
    quarter to three quarters of the block a check follows: a pass in which the ``candidate_m`` committed tokens with
    the smallest margin between the two likeliest tokens are masks, all at once. Of those for which another token is
    predicted then, with a probability of ``repl_conf`` or more, the ``remask_k`` whose own token is least likely are
    replaced by it, no more than the step before committed. The last ``k_protect`` positions of a block are not checked:
    a block of no more is written as by ``low_confidence``.

    Published: 8, 32, 0.3, 1 and 16, in one block. Each check is a forward pass, and one of ``steps`` here: of 128 steps
    8 are checks, so that 120 commit. The published code makes them beside its ``steps``. Use it where tokens that
    were committed early may hang on others that were wrong: what does not hold without its neighbours is replaced.
    """

    name = "core"
    title = "check in a weaker context"
    summary = "Commits the surest, and now and then replaces a token that does not hold without the others."
    parameters = (
        Parameter("revise_every", 8, 1, 256, 1, "Steps of the schedule from one check to the next."),
        Parameter("candidate_m", 32, 1, 256, 4, "Tokens that a check masks at once, at most."),
        Parameter("remask_k", 1, 1, 32, 1, "Tokens that a check replaces, at most."),
        Parameter("repl_conf", 0.3, 0, 1, 0.05, "Probability from which a token replaces another."),
        Parameter("k_protect", 16, 0, 256, 1, "Positions at the end of a block that are not checked."),
    )
    rereads = True
    edits = True
    remembers = True

    def passes_again(self, steps: int, block_steps: int) -> int:
        return min(1, block_steps)

    def _checked(self, steps: int) -> list[int]:
        """The steps of a schedule of so many after which a check follows."""
        every = int(self.values["revise_every"])
        return [step for step in range(int(0.25 * steps), int(0.75 * steps)) if step % every == 0]

    def checks(self, steps: int, length: int) -> Collection[int]:
        if length <= self.values["k_protect"]:
            return ()
        of_schedule = next(count for count in range(steps, 0, -1) if count + len(self._checked(count)) <= steps)
        return {step + 1 + number for number, step in enumerate(self._checked(of_schedule))}

    def hide(self, places: Places, memory: dict[str, Tensor]) -> Tensor | None:
        if (candidates := memory.get("candidates")) is None or not candidates.any():
            return None
        # Published so: the check sees the canvas as the step before saw it.
        return candidates | (places.written & ~memory["written"])

    def score(self, predictions: Predictions) -> Tensor:
        likeliest, _ = predictions.top(2)
        return (likeliest[:, 0] - likeliest[:, -1]).where(predictions.is_reread, predictions.confidence)

    def decide(self, view: StepView) -> Decision:
        import torch

        places, memory = view.places, view.memory
        if "candidates" in memory and len(view.verified):
            candidates = memory["candidates"][places.committed]
            memory.clear()
            change = candidates & view.differs & (view.reread_confidence >= self.values["repl_conf"])
            most = min(int(self.values["remask_k"]), view.committed_last_step or 0, int(change.sum()))
            unlikely = view.verified.masked_fill(~change, torch.inf).sort(stable=True).indices[:most]
            return Decision(0, edit=torch.zeros_like(change).scatter(0, unlikely, True))
        memory.clear()
        if view.next_checks:
            end = places.block.stop - int(self.values["k_protect"])
            may = places.committed < end
            ranked = view.reread_scores.masked_fill(~may, torch.inf).sort(stable=True).indices
            least = ranked[: min(int(self.values["candidate_m"]), int(may.sum()))]
            memory["candidates"] = torch.zeros_like(places.written).scatter(0, places.committed[least], True)
            memory["written"] = places.written
        return Decision(view.quota)
