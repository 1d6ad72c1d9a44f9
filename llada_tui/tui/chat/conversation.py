"""A conversation: questions with the runs that answered them, and the messages that the next question goes with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from llada_tui.trace.events import Message
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session


@dataclass
class Exchange:
    """A question and the runs that answered it; the last one is what the conversation goes on from.

    ``earlier`` is the answer's text where its run is in another session: this one goes on from that.
    """

    question: str
    runs: list[Run] = field(default_factory=list)
    earlier: str = ""
    typed: str = ""
    """What was typed, where the question is only a part of it."""

    @property
    def run(self) -> Run | None:
        return self.runs[-1] if self.runs else None

    @property
    def answer(self) -> str:
        return self.runs[-1].answer() if self.runs else self.earlier


@dataclass
class Conversation:
    """A system prompt and exchanges. ``forgotten`` exchanges at the beginning no longer fit into the context."""

    system: str = ""
    exchanges: list[Exchange] = field(default_factory=list)
    forgotten: int = 0

    def messages(self, question: str | None = None, *, forget: int | None = None) -> list[Message]:
        """The conversation as the template wants it, ending in a new question, if there is one; the first ``forget``
        exchanges are left out."""
        messages = [Message("system", self.system)] if self.system else []
        for exchange in self.exchanges[self.forgotten if forget is None else forget :]:
            messages += [Message("user", exchange.question), Message("assistant", exchange.answer)]
        return messages if question is None else [*messages, Message("user", question)]

    def exchange_of(self, run: Run) -> Exchange | None:
        return next((exchange for exchange in self.exchanges if run in exchange.runs), None)


def conversation_of(session: Session) -> Conversation:
    """The conversation that a session's last run ends: what to go on from when it is continued.

    Runs of the same question stand together; runs on other branches of the session are not part of it.
    """
    last = session.last_run()
    if last is None:
        return Conversation()
    if not last.start.messages:
        return Conversation(exchanges=[Exchange(run.question, [run]) for run in session.listed()])
    messages = last.start.messages
    system = messages[0].content if messages[0].role == "system" else ""
    conversation = Conversation(system)
    runs_of: dict[int, list[Run]] = {}
    for run in session.listed():
        if _begins(messages, run.start.messages):
            runs_of.setdefault(len(run.start.messages), []).append(run)
    for index, message in enumerate(messages):
        if message.role != "user":
            continue
        runs = runs_of.get(index + 1, [])
        answer = messages[index + 1].content if index + 1 < len(messages) else ""
        runs.sort(key=lambda run: run.answer() == answer)
        conversation.exchanges.append(Exchange(message.content, runs, answer))
    return conversation


def _begins(messages: Sequence[Message], first: Sequence[Message]) -> bool:
    """Whether messages begin with others. The last of those is looked at first: where it differs, most do."""
    count = len(first)
    if not 0 < count <= len(messages) or first[-1] != messages[count - 1]:
        return False
    return all(one == other for one, other in zip(first, messages, strict=False))
