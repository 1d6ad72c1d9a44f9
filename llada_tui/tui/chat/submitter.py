"""From what was typed to a run, or back to the prompt where that cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llada_tui.settings.prompt import typed_prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import ModelInfo
from llada_tui.trace.run import Run
from llada_tui.tui.chat.attached_pictures import COMMAND, AttachedPictures
from llada_tui.tui.chat.conversation import Conversation, Exchange
from llada_tui.tui.chat.conversation_pane import ConversationPane
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.stage.workbench import Workbench


class Submitter:
    """The part of the chat that asks questions. ``pending`` is a question whose run has not begun yet."""

    def __init__(self, workbench: Workbench, conversation_pane: ConversationPane, *, link_images: bool = False) -> None:
        self._screen, self._workbench, self._pane = workbench.screen, workbench, conversation_pane
        self.pictures = AttachedPictures(workbench.worker, conversation_pane.view, link=link_images)
        self.pending: Exchange | None = None
        self._for_model = False
        """Whether the pending question waits for a model."""
        self._settings: SamplerSettings | None = None
        self._changes: dict[int, int] = {}

    @property
    def typed(self) -> str:
        """The question that is typed and was not asked."""
        return self._pane.prompt.text.strip()

    @property
    def raw_tokens(self) -> bool:
        """Whether special tokens in what is typed are read as such."""
        return self._pane.raw_tokens

    @property
    def waiting(self) -> bool:
        """Whether a question was asked whose run has not begun."""
        return self.pending is not None

    async def take_early(self, typed: str) -> None:
        """Take what was typed before the prompt was there: with an enter at its end it is asked."""
        typed, asked, rest = typed.rpartition("\n")
        if asked and typed.strip():
            await self.ask(typed.strip())
            typed = ""
        if typed + rest:
            prompt = self._pane.prompt
            prompt.put(typed + rest + prompt.text)

    async def ask(
        self, question: str, *, settings: SamplerSettings | None = None, changes: dict[int, int] | None = None
    ) -> None:
        """Ask a new question, with other settings or with words on its canvas; while a run is going on the question
        is put back into the prompt."""
        prompt = self._pane.prompt
        if self.typed == question:
            prompt.text = ""
        if question.strip() == COMMAND:
            prompt.remember(question)
            self.pictures.take_off()
            return
        if number := self.pictures.number_in(question):
            prompt.remember(question)
            self.pictures.take_off_one(number)
            return
        if (path := self.pictures.path_in(question)) is not None:
            prompt.remember(question)
            self._screen.run_worker(self.pictures.attach(path))
            return
        if not self._workbench.is_free(then="enter asks this"):
            prompt.give_back(question)
            return
        prompt.remember(question)
        self._settings, self._changes = settings, changes or {}
        self.pending = Exchange(question, typed=question, images=self.pictures.take())
        self._pane.add(self.pending)
        self._screen.run_worker(self._ask(self.pending))

    async def attach(self, paths: Sequence[Path]) -> None:
        """Have pictures go with the next question, in their order."""
        for path in paths:
            await self.pictures.attach(path)

    def action_attach(self) -> None:
        """Ask for a picture's file."""
        from llada_tui.tui.chat.choose_picture import ChoosePicture

        def attach(path: Path | None) -> None:
            if path is not None:
                self._screen.run_worker(self.attach([path]))

        self._screen.app.push_screen(ChoosePicture(self.pictures.folder), attach)

    async def _ask(self, exchange: Exchange) -> None:
        """Not awaited by the screen: a worker may take long to start, and the screen goes on meanwhile.

        Until a model is there the question waits: how it is asked depends on whether the model chats.
        """
        link = self._workbench.worker.link
        if link.phase in (Phase.OFF, Phase.FAILED):
            await link.load()
        if self.pending is not exchange:  # it was taken back meanwhile
            return
        self._for_model = link.model is None
        if self._for_model:  # the conversation, which has the question, is out of sight in a small terminal
            self._workbench.stage.title = f"waits for the model: {exchange.typed}"
        if link.model is not None and not await self._send(exchange, link.model):
            self.refused()

    def model_is_ready(self) -> None:
        """Ask what was asked before there was a model."""
        if self._for_model and self.pending is not None and self._workbench.worker.link.model is not None:
            self._for_model = False
            self._screen.run_worker(self._ask(self.pending))

    async def _send(self, exchange: Exchange, model: ModelInfo) -> bool:
        conversation, question = self._pane.conversation, exchange.typed
        before = [other for other in conversation.exchanges if other is not exchange]
        earlier = Conversation(conversation.system, before, conversation.forgotten)
        messages = earlier.messages(rounds=model.earlier_rounds)
        prompt = typed_prompt(
            question, chat=model.chat, before=messages, raw_tokens=self.raw_tokens, images=exchange.images
        )
        if prompt.template is not None:
            exchange.question = prompt.question or question
        return await self._workbench.worker.ask(self._settings or self._workbench.settings, prompt, self._changes)

    def begin(self, run: Run) -> None:
        """A run has begun that no exchange has: it answers the pending question, or one that was asked again."""
        again = self._workbench.begin()
        exchange, self.pending = self.pending, None
        if exchange is None and again is not None:
            exchange = self._pane.conversation.exchange_of(again)
        if exchange is None:
            exchange = Exchange(run.question)
            self._pane.add(exchange)
        exchange.add(run)
        self._pane.prompt.offers_examples = False
        self._pane.view.update_exchange(exchange)

    def leave(self) -> bool:
        """Take a pending question back; False if there is none."""
        if self.pending is None or self._workbench.worker.busy:
            return False
        self._give_back()
        return True

    def leave_words(self) -> str:
        """The effect that `leave` would have now, for the footer; empty if nothing."""
        return "take it back" if self.pending is not None and not self._workbench.worker.busy else ""

    def withdraw(self) -> None:
        """Forget a pending question: it is neither asked nor typed any more."""
        if not self._workbench.worker.busy:
            self._drop()

    def refused(self) -> None:
        """Something went wrong: a question whose run does not begin goes back where it was typed."""
        if not self._workbench.worker.busy:
            self._give_back()

    def _give_back(self) -> None:
        """The pending question is not asked: put it back where it was typed."""
        if (exchange := self._drop()) is not None:
            self._pane.prompt.give_back(exchange.typed)
            self.pictures.give_back(exchange.images)
            self._workbench.drafting.not_begun()

    def _drop(self) -> Exchange | None:
        """Ask the pending question no more; returns it."""
        exchange, self.pending, self._for_model = self.pending, None, False
        if exchange is not None:
            self._pane.drop(exchange)
            run = self._workbench.stage.player.run
            self._workbench.stage.title = run.question if run is not None else ""
        return exchange
