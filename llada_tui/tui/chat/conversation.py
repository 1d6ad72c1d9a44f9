"""A conversation: questions with the runs that answered them, and the messages that the next question goes with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from llada_tui.trace.events import Message
from llada_tui.trace.recorder import Recorded, SessionRecorder
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session


@dataclass
class Exchange:
    """A question and the runs that answered it. The conversation goes on from ``run``: the last of them, or the one
    that was chosen since.

    ``earlier`` is the answer's text where its run is in another session: this one goes on from that.
    """

    question: str
    runs: list[Run] = field(default_factory=list)
    earlier: str = ""
    typed: str = ""
    """The text that was typed, if that was here: the question may be a part of it."""
    chosen: Run | None = None
    images: tuple[str, ...] = ()
    """The names of the pictures that it is about."""

    @property
    def run(self) -> Run | None:
        return self.chosen or (self.runs[-1] if self.runs else None)

    @property
    def answer(self) -> str:
        return self.run.answer() if self.run is not None else self.earlier

    def add(self, run: Run) -> None:
        """Another run has answered it, and is what the conversation goes on from."""
        self.runs.append(run)
        self.chosen = None


@dataclass
class Conversation:
    """A system prompt and exchanges. ``forgotten`` exchanges at the beginning no longer fit into the context."""

    system: str = ""
    exchanges: list[Exchange] = field(default_factory=list)
    forgotten: int = 0

    def left_out(self, rounds: int) -> int:
        """Exchanges at the beginning that a question is asked without: those that are forgotten, and those before the
        last ``rounds``, if that is not 0."""
        return max(self.forgotten, len(self.exchanges) - rounds if rounds else 0)

    def messages(self, *, rounds: int = 0) -> list[Message]:
        """The conversation as the template wants it, without the exchanges that a question with ``rounds`` before it
        is asked without."""
        messages = [Message("system", self.system)] if self.system else []
        for exchange in self.exchanges[self.left_out(rounds) :]:
            messages += [Message("user", exchange.question, exchange.images), Message("assistant", exchange.answer)]
        return messages

    def exchange_of(self, run: Run) -> Exchange | None:
        return next((exchange for exchange in self.exchanges if run in exchange.runs), None)


def read_conversation(recorder: SessionRecorder, path: Path) -> tuple[Recorded, Conversation]:
    """Read a recorded session to go on with, and the conversation in it. Takes long for a large one, and may be done
    in a thread. Raises `SessionError`, changing nothing."""
    recorded = recorder.read(path)
    return recorded, conversation_of(recorded.session)


def conversation_of(session: Session) -> Conversation:
    """The conversation that a session's last run ends: what to go on from when it is continued.

    Runs of the same question stand together; runs on other branches of the session are not part of it. It is read from
    its end: a question may have been asked without the oldest rounds, and the run before it knew more of them.
    """
    last = session.last_run()
    if last is None:
        return Conversation()
    listed = session.listed()
    if not last.start.messages:
        return Conversation(exchanges=[Exchange(run.question, [run]) for run in listed])
    system = _system(last)
    asked: dict[Message, list[tuple[int, Run]]] = {}
    for number, run in enumerate(listed):
        if run.start.messages and _system(run) == system:
            asked.setdefault(run.start.messages[-1], []).append((number, run))

    exchanges: list[Exchange] = []
    messages, answer, earliest = _rounds(last), last.answer(), len(listed)
    count = len(messages)
    while count:
        message = messages[count - 1]
        if message.role == "user":
            tries = [
                (run.answer() == answer, number, run)
                for number, run in asked.get(message, ())
                if (number < earliest or len(_rounds(run)) == count) and _leads_to(run, messages, count)
            ]
            runs: list[Run] = []
            chosen: Run | None = None
            if tries:
                _, number, chosen = max(tries, key=lambda entry: entry[:2])
                earliest, messages = min(earliest, number), _rounds(chosen)
                count = len(messages)
                runs = [other for *_, other in tries if _rounds(other) == messages]
            exchanges.append(Exchange(message.content, runs, answer, chosen=chosen, images=message.images))
        answer = message.content if message.role == "assistant" else ""
        count -= 1
    exchanges.reverse()
    sent = sum(message.role == "user" for message in last.start.messages)
    full = not last.start.model.earlier_rounds
    return Conversation(system, exchanges, len(exchanges) - sent if full else 0)


def _system(run: Run) -> str:
    """The system prompt of a run, or nothing."""
    first = run.start.messages[0]
    return first.content if first.role == "system" else ""


def _rounds(run: Run) -> list[Message]:
    """The messages of a run's prompt, without the system prompt."""
    messages = run.start.messages
    return messages[1:] if messages[0].role == "system" else messages


def _leads_to(run: Run, messages: list[Message], count: int) -> bool:
    """Whether what a run was asked with ends in the first ``count`` of these messages. The last of those before the
    question is looked at first: where it differs, most do."""
    rounds = _rounds(run)
    if len(rounds) < count or (count > 1 and rounds[-2] != messages[count - 2]):
        return False
    return rounds[len(rounds) - count :] == messages[:count]
