"""The conversation of the chat with the widgets that it is shown in and goes on from."""

from __future__ import annotations

from collections.abc import Mapping

from llada_tui.trace.events import Message, ModelInfo
from llada_tui.trace.run import Run
from llada_tui.tui.chat.conversation import Conversation, Exchange
from llada_tui.tui.chat.conversation_view import ConversationView
from llada_tui.tui.chat.prompt_area import PromptArea
from llada_tui.tui.model_link.session_changes import WorkerSilence
from llada_tui.tui.player.player import Player


class ConversationPane:
    """Owns the conversation: what is changed here is shown."""

    def __init__(self, conversation: Conversation, *, raw_tokens: bool = False) -> None:
        """``raw_tokens``: special tokens in what is asked are read as such."""
        self.raw_tokens = raw_tokens
        self.conversation = conversation
        self.view = ConversationView(id="conversation")
        self.prompt = PromptArea(id="prompt")

    def show(self, pictures: Mapping[str, bytes]) -> None:
        """Show the conversation as it was recorded, with the session's pictures."""
        self.view.add_exchanges(self.conversation.exchanges, pictures)
        self.prompt.remember_all([exchange.question for exchange in self.conversation.exchanges])
        if self.conversation.system:
            self.view.notice(f"System prompt: {self.conversation.system}")

    def show_silence(self, silence: WorkerSilence, key: str) -> None:
        """Say that nothing comes of the worker, and that ``key`` restarts it; or that something does again."""
        hint = f"{key} restarts it; what it wrote is kept." if silence.seconds else ""
        self.view.notice(silence.message, bad=silence.seconds > 0, hint=hint)

    def replace(self, conversation: Conversation) -> None:
        """Have another conversation, of which nothing is shown yet."""
        self.conversation = conversation
        self.view.clear()

    def add(self, exchange: Exchange) -> None:
        """Go on with a question."""
        self.conversation.exchanges.append(exchange)
        self.view.add_exchange(exchange)

    def drop(self, exchange: Exchange) -> None:
        """Take a question away that was never asked."""
        if exchange in self.conversation.exchanges:
            self.conversation.exchanges.remove(exchange)
        self.view.drop_exchange(exchange)

    def join(self, run: Run) -> None:
        """Put a run among the tries of its question; a question that was not asked before is added."""
        for exchange in self.conversation.exchanges:
            first = exchange.runs[0].start if exchange.runs else None
            if first is not None and (first.messages, first.text) == (run.start.messages, run.start.text):
                exchange.add(run)
                self.view.update_exchange(exchange)
                return
        images = run.start.messages[-1].images if run.start.messages else tuple(run.start.images)
        self.add(Exchange(run.question, [run], images=images))

    def update(self, run: Run, player: Player) -> None:
        """Bring the answer up to date with a run, as far as it has been watched in a player."""
        exchange = self.conversation.exchange_of(run)
        if exchange is not None:
            watched = player.run is run and player.playing and not player.over
            self.view.update_exchange(exchange, player.frame if watched else None, held=player.held)

    def messages_before(self, run: Run | None, model: ModelInfo | None) -> list[Message]:
        """The messages that come before a question: those of the run that it is asked again of, or all that the model
        was trained to have before it."""
        if run is not None and run.start.messages:
            return list(run.start.messages[:-1])
        return self.conversation.messages(rounds=model.earlier_rounds if model is not None else 0)
