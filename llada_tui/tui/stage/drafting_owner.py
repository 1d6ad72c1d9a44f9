"""The interface of drafting a branch to the workbench, and to what asks typed questions."""

from __future__ import annotations

from typing import Protocol

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.run import Run
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.tui.stage.stage import Stage
from llada_tui.tui.stage.stage_owner import StageOwner


class Asker(Protocol):
    """The part of a screen that asks questions that are typed."""

    @property
    def typed(self) -> str:
        """The question that is typed and was not asked; empty if there is none."""

    @property
    def raw_tokens(self) -> bool:
        """Whether special tokens in what is typed are read as such."""

    @property
    def waiting(self) -> bool:
        """Whether a question was asked whose run has not begun."""

    async def ask(
        self, question: str, *, settings: SamplerSettings | None = None, changes: dict[int, int] | None = None
    ) -> None:
        """Ask a question, with other settings or with words on its canvas."""


class DraftingOwner(StageOwner, Protocol):
    """The workbench of a draft."""

    stage: Stage
    worker: WorkerSession
    settings: SamplerSettings
    asker: Asker | None
    """Asks a question that was typed, once words are on its canvas; where there is no prompt, None."""
    asked_again: Run | None
    """The run whose question was asked again or that goes on in a branch, until the new run begins."""

    def cannot_continue(self, run: Run) -> str:
        """Why a run cannot go on here, in a sentence; empty if it can."""

    async def branch(
        self,
        run: Run,
        frame: int,
        settings: SamplerSettings,
        changes: dict[int, int] | None,
        *,
        parent: str | None,
        one_step: bool = False,
    ) -> None:
        """Let a run go on from a frame in a new run, which with ``one_step`` is held after its first step."""

    async def ask_like(
        self, asked: Run, settings: SamplerSettings, changes: dict[int, int] | None = None, *, again: Run | None = None
    ) -> None:
        """Ask what a run was asked, on a canvas of masks of which ``changes`` set some."""
