"""Questions of many clients to one worker, one after another: an answer does not say whose question it was."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from llada_tui.worker.client import Item, WorkerError
from llada_tui.worker.protocol import AnyReply, Counted, Encoded, Failure, Influences, Question, Scored
from llada_tui.worker.reading_messages import Ranked, Reading


class WorkerQuestions:
    """Asks them. ``send`` sends a question to the worker, and raises `WorkerError` where there is none."""

    def __init__(self, send: Callable[[Question], Awaitable[object]]) -> None:
        self._send = send
        self._lock = asyncio.Lock()
        self._name = ""
        self._answer: asyncio.Future[AnyReply] | None = None

    async def ask(self, question: Question) -> AnyReply:
        """The answer; a Failure where there is none."""
        async with self._lock:
            self._name = str(question.__struct_config__.tag)
            self._answer = asyncio.get_running_loop().create_future()
            try:
                await self._send(question)
                return await self._answer
            except WorkerError as error:
                return Failure("died", str(error), command=self._name)
            finally:
                self._answer = None

    def take(self, item: Item) -> bool:
        """Whether an item is the answer to the question that was asked."""
        is_answer = isinstance(item, Counted | Encoded | Scored | Influences | Reading | Ranked)
        is_refusal = isinstance(item, Failure) and item.command == self._name
        if self._answer is None or not (is_answer or is_refusal):
            return is_answer
        if not self._answer.done():
            self._answer.set_result(item)  # type: ignore[arg-type]
        return True

    def give_up(self, message: str) -> None:
        """The worker is gone."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Failure("died", message, command=self._name))
