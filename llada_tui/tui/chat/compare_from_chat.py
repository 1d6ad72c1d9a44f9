"""Comparing from the chat: what is asked, the lanes at work with the chat's worker, and what becomes of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from llada_tui.trace.run import Run
from llada_tui.tui.chat.attached_pictures import AttachedPictures
from llada_tui.tui.chat.conversation_pane import ConversationPane
from llada_tui.tui.model_link.worker_link import WorkerLink
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.tui.shell.options import LanesOptions
from llada_tui.tui.stage.workbench import Workbench
from llada_tui.worker.protocol import Load

if TYPE_CHECKING:
    from llada_tui.settings.vary import Lane
    from llada_tui.tui.compare.compare_screen import CompareScreen
    from llada_tui.tui.compare.comparison import Comparison, Question


class CompareFromChat:
    """The part of the chat that compares. ``worker_command`` starts a worker for another model than the chat's.

    What lanes are is imported when they are asked for: the chat's first screen does not wait for it.
    """

    def __init__(
        self,
        workbench: Workbench,
        conversation_pane: ConversationPane,
        pictures: AttachedPictures,
        worker_command: str | None,
    ) -> None:
        """``pictures`` go with what is asked in lanes, as with any question."""
        self._pictures = pictures
        self._taken: tuple[str, ...] = ()
        """The names of the attached pictures that went with the lanes' question."""
        self._screen, self._workbench, self._pane = workbench.screen, workbench, conversation_pane
        self._worker_command = worker_command
        self._comparison: Comparison | None = None
        self._lanes: CompareScreen | None = None

    async def close(self) -> None:
        """End the workers that only lanes needed."""
        if self._comparison is not None:
            await self._comparison.close()

    def action_compare(self) -> None:
        """Ask what to compare: with the question that is typed, or else that of the run on the stage."""
        from llada_tui.tui.compare.choose_lanes import ChooseLanes, LanesChoice
        from llada_tui.tui.compare.comparison import Question

        if not self._workbench.is_free():
            return
        prompt, link, run = self._pane.prompt, self._workbench.worker.link, self._workbench.stage.player.run
        typed = prompt.text.strip()
        exchange = self._pane.conversation.exchange_of(run) if run is not None and not typed else None
        again = run if exchange is not None else None
        question = typed or (exchange.typed or exchange.question if exchange is not None else "")

        def compare(choice: LanesChoice | None) -> None:
            if choice is None:
                return
            if typed:
                prompt.text = ""
                prompt.remember(typed)
            asked = again if choice.question == question else None
            before = self._pane.messages_before(asked, link.model)
            raw = asked.start.raw_tokens if asked is not None else self._pane.raw_tokens
            if asked is None or exchange is None:
                images = self._taken = self._pictures.take()
            else:
                images, self._taken = exchange.images, ()
            self.open_lanes(Question(choice.question, before, raw, images), choice.lanes)

        self._screen.app.push_screen(
            ChooseLanes(question, self._workbench.settings, link.strategies, link.caches, link.lengths), compare
        )

    async def compare(self, options: LanesOptions) -> None:
        """Compare what the command line asked for."""
        from llada_tui.tui.compare.comparison import Question

        if options.system:
            self._pane.conversation.system = options.system
        for path in options.images:
            await self._pictures.attach(path)
        self._taken = self._pictures.take()
        before = self._pane.messages_before(None, self._workbench.worker.link.model)
        question = Question(options.question, before, self._pane.raw_tokens, self._taken)
        self.open_lanes(question, options.lanes, options.named)

    def open_lanes(self, question: Question, lanes: Sequence[Lane], named: Collection[str] = ("block_length",)) -> None:
        """Ask a question in lanes, on a screen of their own. ``named``: the settings that a person chose."""
        worker = self._workbench.worker
        from llada_tui.tui.compare.compare_screen import CompareScreen
        from llada_tui.tui.compare.comparison import Comparison, LaneState

        comparison = Comparison(
            question,
            lanes,
            worker,
            self._open_session,
            self._lanes_changed,
            lambda work: self._screen.run_worker(work),
            named,
        )
        self._comparison = comparison
        self._lanes = CompareScreen(
            worker.session,
            [LaneState(lane.label, lane.settings, lane.model) for lane in lanes],
            self._lanes_left,
            self._workbench.copy_session,
            comparison=comparison,
            more=self.action_compare,
        )
        self._screen.app.push_screen(self._lanes)
        self._screen.run_worker(comparison.begin())

    def _open_session(self, load: Load) -> WorkerSession:
        """The chat's session, on a worker for another model."""
        return WorkerSession(WorkerLink(self._worker_command, load), self._workbench.worker.recorder)

    def _lanes_changed(self, beyond_a_step: bool) -> None:
        if self._lanes is not None:
            self._lanes.show_comparison(beyond_a_step=beyond_a_step)

    def _lanes_left(self, chosen: Run | None) -> None:
        """Back in the chat: the lanes are tries of their question, the one that was chosen the last of them."""
        comparison, screen = self._comparison, self._lanes
        self._comparison = self._lanes = None
        if comparison is None or screen is None:
            return
        self._screen.run_worker(comparison.close())
        if not comparison.runs:
            self._pictures.give_back(self._taken)
        current, _ = screen.stage.shown
        runs = self._workbench.session.runs
        for lane_run in comparison.runs:
            if runs.get(lane_run.id) is lane_run:
                self._pane.join(lane_run)
        run = chosen or current
        if run is not None and runs.get(run.id) is run:
            exchange = self._pane.conversation.exchange_of(run)
            if exchange is not None and chosen is not None:
                exchange.chosen = chosen
            self._workbench.show_run(run, play=False, frame=run.last)
