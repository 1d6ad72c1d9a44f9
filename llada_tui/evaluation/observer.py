"""The observer of an evaluation: it hears of every request that was answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lm_eval.api.instance import Instance

    from llada_tui.evaluation.request_cost import RequestCost
    from llada_tui.models.generation import Generation


class Observer:
    """Hears what a `llada_tui.evaluation.HarnessModel` does. This one does nothing with it."""

    def begin(self, requests: int) -> None:
        """So many requests come now."""

    def answered(self, cost: RequestCost) -> None:
        """One of them was answered."""

    def wants(self) -> int:
        """The number of generations whose steps are still to be kept."""
        return 0

    def keep(self, request: Instance, generation: Generation) -> None:
        """A generation with its steps."""
