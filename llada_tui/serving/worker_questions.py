"""Questions of many clients to one worker, one after another: an answer does not say whose question it was."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from llada_tui.worker.client import Item, WorkerError
from llada_tui.worker.protocol import (
    AnyReply,
    Count,
    Counted,
    Encode,
    Encoded,
    Failure,
    Influence,
    Influences,
    Question,
    Score,
    Scored,
)
from llada_tui.worker.reading_messages import Rank, Ranked, Read, Reading

_ANSWERS: dict[type[Question], type[AnyReply]] = {
    Count: Counted,
    Encode: Encoded,
    Score: Scored,
    Influence: Influences,
    Read: Reading,
    Rank: Ranked,
}
"""The reply that answers each question."""


class WorkerQuestions:
    """Asks them. ``send`` sends a question to the worker: False where there is none that could know it. It raises
    `WorkerError` where there can be none."""

    def __init__(self, send: Callable[[Question], Awaitable[bool]]) -> None:
        self._send = send
        self._lock = asyncio.Lock()
        """Held from a question to its answer, even if who asked has gone: the worker owes the answer all the same."""
        self._exchange: asyncio.Task[AnyReply] | None = None
        self._question: Question | None = None
        self._answer: asyncio.Future[AnyReply] | None = None

    async def ask(self, question: Question) -> AnyReply:
        """The answer; a Failure where there is none."""
        await self._lock.acquire()
        self._exchange = asyncio.ensure_future(self._ask(question))
        self._exchange.add_done_callback(lambda _: self._lock.release())
        return await asyncio.shield(self._exchange)

    async def _ask(self, question: Question) -> AnyReply:
        self._question, self._answer = question, asyncio.get_running_loop().create_future()
        try:
            if not await self._send(question):
                self.give_up("The worker is not there.")
            return await self._answer
        except WorkerError as error:
            return Failure("died", str(error), command=_name(question))
        finally:
            self._question = self._answer = None

    def take(self, item: Item) -> bool:
        """Whether an item is an answer, or refuses the question that was asked. Only the question's own kind of answer
        is taken for it."""
        is_answer = isinstance(item, tuple(_ANSWERS.values()))
        if self._question is None or self._answer is None:
            return is_answer
        is_refusal = isinstance(item, Failure) and item.command == _name(self._question)
        if (is_refusal or type(item) is _ANSWERS[type(self._question)]) and not self._answer.done():
            self._answer.set_result(item)  # type: ignore[arg-type]
        return is_answer or is_refusal

    def give_up(self, message: str) -> None:
        """The worker is gone."""
        if self._question is not None and self._answer is not None and not self._answer.done():
            self._answer.set_result(Failure("died", message, command=_name(self._question)))


def _name(question: Question) -> str:
    return str(question.__struct_config__.tag)
