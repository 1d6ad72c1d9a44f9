"""Comparing from the chat: what is asked, the lanes at work with the chat's worker, and what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence

from llada_tui.settings.vary import Lane
from llada_tui.trace.events import Message
from llada_tui.trace.run import Run
from llada_tui.tui.chat.conversation import Conversation, Exchange
from llada_tui.tui.compare.compare_screen import Compare
from llada_tui.tui.compare.comparison import Comparison, Question, Slot
from llada_tui.tui.model_link.worker_link import WorkerLink
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.tui.shell.options import ChatOptions, LanesOptions
from llada_tui.tui.stage.drafting import Branching
from llada_tui.worker.protocol import Load


class Comparing(Branching):
    """The part of the chat that compares."""

    options: ChatOptions
    _comparison: Comparison | None = None
    _lanes: Compare | None = None

    async def close_workers(self) -> None:
        """End the chat's worker, and those that only lanes needed."""
        if self._comparison is not None:
            await self._comparison.close()
        await self.link.close()
        await self.worker.close()

    def action_compare(self) -> None:
        """Ask what to compare: with the question that is typed, or else that of the run on the stage."""
        from llada_tui.tui.compare.choose_lanes import ChooseLanes, Wanted

        if self.occupied:
            self.notify("A run is going on: esc cancels it.")
            return
        run = self.stage.player.run
        typed = self.prompt.text.strip()
        exchange = self.conversation.exchange_of(run) if run is not None and not typed else None
        again = run if exchange is not None else None
        question = typed or (exchange.typed or exchange.question if exchange is not None else "")

        def compare(wanted: Wanted | None) -> None:
            if wanted is None:
                return
            if typed:
                self.prompt.text = ""
                self.prompt.remember(typed)
            before = self._said_before(again if wanted.question == question else None)
            self.open_lanes(Question(wanted.question, before), wanted.lanes)

        self.app.push_screen(ChooseLanes(question, self.settings, self.link.strategies, self.link.caches), compare)

    def _said_before(self, run: Run | None) -> list[Message]:
        """The messages that come before a question: those of the run that it is asked again of, or all."""
        if run is not None and run.start.messages:
            return list(run.start.messages[:-1])
        talk = self.conversation
        return Conversation(talk.system, talk.exchanges, talk.forgotten).messages()

    def compare(self, wanted: LanesOptions) -> None:
        """Compare what the command line asked for."""
        if wanted.system:
            self.conversation.system = wanted.system
        self.open_lanes(Question(wanted.question, self._said_before(None)), wanted.lanes)

    def open_lanes(self, question: Question, lanes: Sequence[Lane]) -> None:
        """Ask a question in lanes, on a screen of their own."""
        comparison = Comparison(
            question, lanes, self.worker, self._open_session, self._lanes_changed, lambda work: self.run_worker(work)
        )
        self._comparison = comparison
        screen = Compare(
            self.worker.session,
            [Slot(lane.label, lane.settings, lane.model) for lane in lanes],
            self._lanes_left,
            self.copy_session,
            comparison=comparison,
            more=self.action_compare,
        )
        self._lanes = screen
        self.app.push_screen(screen)
        self.run_worker(comparison.begin())

    def _open_session(self, load: Load) -> WorkerSession:
        """The chat's session, on a worker for another model."""
        return WorkerSession(WorkerLink(self.options.worker or self.llada.config.worker, load), self.worker.recorder)

    def _lanes_changed(self, much: bool) -> None:
        if self._lanes is not None:
            self._lanes.show_comparison(much)

    def _lanes_left(self, chosen: Run | None) -> None:
        """Back in the chat: the lanes are tries of their question, the one that was chosen the last of them."""
        comparison, screen = self._comparison, self._lanes
        self._comparison = self._lanes = None
        if comparison is None or screen is None:
            return
        self.run_worker(comparison.close())
        current, _ = screen.stage.shown
        for made in comparison.made:
            if self.worker.session.runs.get(made.id) is made:
                self.join_lane(made)
        run = chosen or current
        if run is not None and self.worker.session.runs.get(run.id) is run:
            exchange = self.conversation.exchange_of(run)
            if exchange is not None and chosen is not None:
                exchange.runs.sort(key=lambda one: one is chosen)
            self.show_run(run, play=False, frame=run.last)

    def join_lane(self, run: Run) -> None:
        """Put a lane's run among the tries of its question."""
        for exchange in self.conversation.exchanges:
            first = exchange.runs[0].start if exchange.runs else None
            if first is not None and (first.messages, first.text) == (run.start.messages, run.start.text):
                exchange.runs.append(run)
                self.talk.update_exchange(exchange)
                return
        exchange = Exchange(run.question, [run])
        self.conversation.exchanges.append(exchange)
        self.talk.add_exchange(exchange)
