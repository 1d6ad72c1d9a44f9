"""Asking: from what was typed to a run, or back to the prompt where that cannot be."""

from __future__ import annotations

import random
from pathlib import Path

from llada_tui.models.catalog import DEMO
from llada_tui.settings.prompt import typed_prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.resume import branch_settings, resume_from
from llada_tui.trace.run import Run
from llada_tui.trace.session import SessionError, read_session
from llada_tui.trace.text import clean
from llada_tui.tui.chat.conversation import Conversation, Exchange, conversation_of
from llada_tui.tui.chat.conversation_view import Talk
from llada_tui.tui.chat.prompt import Prompt
from llada_tui.tui.chat.welcome import EXAMPLES
from llada_tui.tui.model_link.worker_link import Phase, WorkerLink
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.tui.stage.stage_screen import StageScreen


class Asking(StageScreen):
    """The part of the chat that asks. ``pending`` is a question whose run has not begun yet."""

    worker: WorkerSession
    conversation: Conversation
    settings: SamplerSettings
    prompt: Prompt
    talk: Talk
    pending: Exchange | None = None
    _waiting: str | None = None
    _settings: SamplerSettings | None = None
    _changes: dict[int, int] = {}  # noqa: RUF012 - never changed in place

    @property
    def link(self) -> WorkerLink:
        return self.worker.link

    def greet(self) -> None:
        """What an empty stage says."""

    def count_context(self) -> None:
        """Something that a question would send to the model has changed."""
        raise NotImplementedError

    def show_conversation(self) -> None:
        """Show a conversation that was recorded."""

    def cannot_continue(self, run: Run) -> str:
        """Why a run cannot go on with the model that is loaded, in a sentence; empty if it can."""
        return ""

    # -- asking -------------------------------------------------------------------------------------------------------

    async def take_early(self, typed: str) -> None:
        """Take what was typed before the prompt was there: with an enter at its end it is asked."""
        typed, asked, rest = typed.rpartition("\n")
        if asked and typed.strip():
            await self.ask(typed.strip())
            typed = ""
        if typed + rest:
            self.prompt.put(typed + rest + self.prompt.text)

    async def on_prompt_asked(self, message: Prompt.Asked) -> None:
        await self.ask(message.text.strip())

    async def on_prompt_example(self, message: Prompt.Example) -> None:
        if message.number == 0:
            await self.run_action("tour")
            return
        await self.ask(EXAMPLES[self.link.wanted.source == DEMO][message.number - 1])

    async def ask(
        self, question: str, *, settings: SamplerSettings | None = None, changes: dict[int, int] | None = None
    ) -> None:
        """Ask a new question, with other settings or with words on its canvas; while a run is going on the question
        stays in the prompt."""
        if self.occupied:
            self.notify("A run is going on: esc cancels it, then enter asks this.", timeout=5)
            return
        self.prompt.remember(question)
        self.prompt.text = ""
        self._settings, self._changes = settings, changes or {}
        self.pending = Exchange(question)
        self.conversation.exchanges.append(self.pending)
        self.talk.add_exchange(self.pending)
        self.run_worker(self._ask(question))

    @property
    def occupied(self) -> bool:
        """Whether something was asked whose end has not come."""
        return self.worker.busy or self.pending is not None

    async def _ask(self, question: str) -> None:
        """Not awaited by the screen: a worker may take long to start, and the screen goes on meanwhile.

        Until a model is there the question waits: how it is asked depends on whether the model chats.
        """
        if self.link.phase in (Phase.OFF, Phase.FAILED):
            await self.link.load()
        if self.link.model is None:
            self._waiting = question if self.pending is not None else None
        elif not await self._send(question):
            self.give_back()

    def ask_waiting(self) -> None:
        """Ask what was asked before there was a model."""
        if self._waiting is not None and self.link.model is not None:
            question, self._waiting = self._waiting, None
            self.run_worker(self._ask(question))

    async def _send(self, question: str) -> bool:
        model = self.link.model
        chat = model is None or model.chat
        settings = self._settings or self.settings
        earlier = Conversation(self.conversation.system, self._before(), self.conversation.forgotten)
        prompt = typed_prompt(question, chat=chat, before=earlier.messages())
        if prompt.template is not None and self.pending is not None:
            self.pending.question, self.pending.typed = prompt.question or question, question
        return await self.worker.ask(settings, prompt, self._changes)

    def _before(self) -> list[Exchange]:
        """The exchanges before the question at hand."""
        exchanges = self.conversation.exchanges
        return exchanges[:-1] if exchanges and exchanges[-1] is self.pending else exchanges

    def give_back(self) -> None:
        """A question could not be asked: put it back where it was typed."""
        exchange, self.pending = self.pending, None
        self._waiting = None
        if exchange is not None and not exchange.runs:
            if exchange in self.conversation.exchanges:
                self.conversation.exchanges.remove(exchange)
            self.talk.drop_exchange(exchange)
            if not self.prompt.text:
                self.prompt.put(exchange.typed or exchange.question)

    async def action_again(self) -> None:
        """Ask the question of the run on the stage again, with the knobs as they are now."""
        await self._repeat(self.settings)

    async def action_reseed(self) -> None:
        """Ask again with another seed; without temperature only the random strategies differ."""
        if self.occupied:
            self.notify("A run is going on: esc cancels it.")
            return
        self.settings = self.settings.replace(seed=random.randrange(2**31))
        self.stage.knobs.set_settings(self.settings)
        drawing = [info.name for info in self.link.strategies if info.draws]
        if self.settings.temperature == 0 and self.settings.remasking not in drawing:
            self.notify("At temperature 0 every seed gives the same answer: f2 turns the temperature up.")
        await self._repeat(self.settings)

    async def _repeat(self, settings: SamplerSettings) -> None:
        run = self.stage.player.run
        if run is None or self.occupied:
            self.notify("There is nothing to run again yet." if run is None else "A run is going on: esc cancels it.")
            return
        self.pending = self.conversation.exchange_of(run)
        start = run.start
        if start.parent is not None or run.ids(0) != [start.model.mask_id] * run.length:
            # what stood on its canvas before the start is part of the question
            if problem := self.cannot_continue(run):
                self.pending = None
                self.notify(problem)
            else:
                settings = branch_settings(run, 0, settings)
                self.run_worker(self.worker.branch(run, settings, resume_from(run, 0, settings), start.parent))
        else:
            self.run_worker(self.worker.ask(settings, start.prompt))

    # -- the run going on ---------------------------------------------------------------------------------------------

    async def action_leave(self) -> None:
        """Escape: out of the knobs; else end the run, keeping what it has; else to the end of what is playing."""
        canvas = self.stage.canvas
        if self.stage.whole:
            self.stage.action_whole()
        elif self.focused is canvas and canvas.selected is not None:
            canvas.selected = None
        elif self.stage.panel.has_focus_within:
            self.home()
        elif self.pending is not None and not self.worker.busy:
            self.give_back()
        elif self.worker.busy:
            self.run_worker(self.worker.cancel())  # which waits for the end of the step at work
        elif self.stage.player.moving:
            self.stage.to_end()
        else:
            self.home()

    async def action_hold(self) -> None:
        if self.worker.run is None:
            over = "The sampler has finished: space pauses the picture."
            self.notify(over if self.stage.player.moving else "No run is going on.")
        await self.worker.hold()

    async def action_advance(self) -> None:
        if self.worker.run is None:
            self.notify("No run is going on.")
        await self.worker.advance()
        self.stage.to_end()

    # -- conversations ------------------------------------------------------------------------------------------------

    async def action_new_chat(self) -> None:
        if self.occupied:
            self.notify("A run is going on: esc cancels it.")
            return
        self.worker.recorder.renew()
        self.conversation = Conversation(self.conversation.system)
        self.talk.clear()
        self.show_run(None)
        self.greet()
        self.count_context()
        self.home()
        self.update_keys()

    def resume(self, path: Path) -> None:
        """Go on with a recorded session; the one so far stays in its file."""
        if self.occupied:
            self.notify("A run is going on: esc cancels it.")
            return
        try:
            session = read_session(path)
        except SessionError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.worker.recorder.renew(session, path)
        self.conversation = conversation_of(session)
        if (last := session.last_run()) is not None:
            self.settings = last.start.settings
            self.stage.knobs.set_settings(self.settings)
        self.talk.clear()
        self.show_conversation()
        for problem in session.problems:
            self.talk.notice(problem, bad=True)
        self.count_context()
        self.home()
        self.update_keys()

    def action_system_prompt(self) -> None:
        from llada_tui.tui.shell.dialogs import AskLong

        def put(text: str | None) -> None:
            if text is not None:
                self.conversation.system = text
                self.talk.notice(f"System prompt: {text}" if text else "There is no system prompt now.")
                self.count_context()

        question = "What the model is told before the conversation. Empty: nothing."
        self.app.push_screen(AskLong("System prompt", question, clean(self.conversation.system)), put)

    def action_model(self) -> None:
        from llada_tui.tui.chat.choose_model import ChooseModel
        from llada_tui.worker.protocol import Load

        def load(chosen: Load | None) -> None:
            if chosen is not None:
                self.run_worker(self.link.load(chosen))
                self.greet()

        if self.occupied:
            self.notify("A run is going on: esc cancels it.")
            return
        self.app.push_screen(ChooseModel(self.link.wanted), load)

    # -- context ------------------------------------------------------------------------------------------------------

    def on_text_area_changed(self) -> None:
        self.count_context()
