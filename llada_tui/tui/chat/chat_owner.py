"""The chat's screen, as the objects that it is made of see it."""

from __future__ import annotations

from typing import Protocol

from llada_tui.models.recommendation import Recommendation
from llada_tui.tui.stage.workbench_owner import WorkbenchOwner


class ChatOwner(WorkbenchOwner, Protocol):
    """A screen with a workbench and a conversation."""

    @property
    def proposal(self) -> Recommendation | None:
        """The model to begin with on this machine, where that is known."""

    def greet(self) -> None:
        """Say on an empty stage what there is to begin with."""

    def count_context(self) -> None:
        """Something that a question would send to the model has changed."""
