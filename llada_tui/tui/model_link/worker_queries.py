"""What a worker is asked between two steps, and who waits for its answers. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from llada_tui.trace.events import Message
from llada_tui.trace.run import Run
from llada_tui.worker.client import Item, WorkerError
from llada_tui.worker.protocol import Count, Counted, Encode, Encoded, Influence, Influences, Question, Score, Scored


class WorkerQueries:
    """Asks them. ``told`` is called with an answer if one comes: a question is not asked, and no answer awaited, while
    ``can`` says that there is no model to ask; ``send`` raises `WorkerError` where the worker is gone."""

    def __init__(self, can: Callable[[], bool], send: Callable[[Question], Coroutine[Any, Any, object]]) -> None:
        self._can, self._send = can, send
        self._counts: list[Callable[[int], None]] = []
        self._texts: dict[str, list[Callable[[list[int]], None]]] = {}
        self._scores: dict[tuple[str, int], list[Callable[[float, float], None]]] = {}
        self._leans: dict[int, Callable[[Influences], None]] = {}
        self._leans_asked = 0

    async def count(self, told: Callable[[int], None], messages: list[Message] | None, text: str | None) -> None:
        """Ask how many tokens a prompt makes."""
        if self._can():
            self._counts.append(told)
            await self._ask(Count(messages=messages, text=text))

    async def encode(self, text: str, told: Callable[[list[int]], None]) -> None:
        """Ask which tokens a text makes."""
        if self._can():
            self._texts.setdefault(text, []).append(told)
            await self._ask(Encode(text))

    async def score(
        self,
        answer: str,
        told: Callable[[float, float], None],
        *,
        messages: list[Message] | None = None,
        text: str | None = None,
        samples: int = 64,
        seed: int = 0,
    ) -> None:
        """Ask how likely an answer is: its log-likelihood, in nats, and the standard error."""
        if self._can():
            self._scores.setdefault((answer, seed), []).append(told)
            await self._ask(Score(answer, messages=messages, text=text, samples=samples, seed=seed))

    async def influence(
        self, run: Run, frame: int, position: int, token: int, told: Callable[[Influences], None]
    ) -> None:
        """Ask what a token of a run's frame leans on."""
        if self._can():
            self._leans_asked += 1
            self._leans[self._leans_asked] = told
            ids = run.start.prompt_ids, run.ids(frame)
            await self._ask(Influence(self._leans_asked, *ids, position, token))

    async def _ask(self, question: Question) -> None:
        try:
            await self._send(question)
        except WorkerError:
            self.forget()

    def answered(self, item: Item) -> bool:
        """Tell an answer to who waits for it; False if it is none."""
        if isinstance(item, Counted):
            if self._counts:
                self._counts.pop(0)(item.tokens)
        elif isinstance(item, Encoded):
            for told in self._texts.pop(item.text, []):
                told(item.tokens)
        elif isinstance(item, Scored):
            for heard in self._scores.pop((item.answer, item.seed), []):
                heard(item.total, item.standard_error)
        elif isinstance(item, Influences):
            if (waiting := self._leans.pop(item.asked, None)) is not None:
                waiting(item)
        else:
            return False
        return True

    def forget(self) -> None:
        """No answer will come: the worker is gone."""
        self._counts.clear()
        self._texts.clear()
        self._scores.clear()
        self._leans.clear()
