"""What a worker is asked between two steps, and who waits for its answers. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from llada_tui.settings.prompt import Prompt
from llada_tui.trace.run import Run
from llada_tui.worker.client import Item, WorkerError
from llada_tui.worker.protocol import (
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


class WorkerQueries:
    """Asks them. ``on_answer`` is called with an answer if one comes: a question is not asked, and no answer awaited,
    while ``can_ask`` says that there is no model to ask; ``send`` raises `WorkerError` where the worker is gone."""

    def __init__(self, can_ask: Callable[[], bool], send: Callable[[Question], Coroutine[Any, Any, object]]) -> None:
        self._can_ask, self._send = can_ask, send
        self._counting: list[Callable[[int], None]] = []
        self._encoding: dict[str, list[Callable[[list[int]], None]]] = {}
        self._scoring: dict[tuple[str, int], list[Callable[[float, float], None]]] = {}
        self._influencing: dict[int, Callable[[Influences], None]] = {}
        self._last_asked = 0

    async def count(self, on_answer: Callable[[int], None], prompt: Prompt) -> None:
        """Ask how many tokens a prompt makes."""
        if self._can_ask():
            self._counting.append(on_answer)
            await self._ask(Count(prompt))

    async def encode(self, text: str, on_answer: Callable[[list[int]], None]) -> None:
        """Ask which tokens a text makes."""
        if self._can_ask():
            self._encoding.setdefault(text, []).append(on_answer)
            await self._ask(Encode(text))

    async def score(
        self,
        answer: str,
        on_answer: Callable[[float, float], None],
        prompt: Prompt,
        *,
        samples: int = 64,
        seed: int = 0,
    ) -> None:
        """Ask how likely an answer is: its log-likelihood, in nats, and the standard error."""
        if self._can_ask():
            self._scoring.setdefault((answer, seed), []).append(on_answer)
            await self._ask(Score(answer, prompt, samples, seed))

    async def influence(
        self, run: Run, frame: int, position: int, token: int, on_answer: Callable[[Influences], None]
    ) -> None:
        """Ask what a token of a run's frame leans on."""
        if self._can_ask():
            self._last_asked += 1
            self._influencing[self._last_asked] = on_answer
            ids = run.start.prompt_ids, run.ids(frame)
            await self._ask(Influence(self._last_asked, *ids, position, token))

    async def _ask(self, question: Question) -> None:
        try:
            await self._send(question)
        except WorkerError:
            self.forget()

    def answered(self, item: Item) -> bool:
        """Tell an answer to who waits for it; False if it is none."""
        if isinstance(item, Counted):
            if self._counting:
                self._counting.pop(0)(item.tokens)
        elif isinstance(item, Encoded):
            for on_tokens in self._encoding.pop(item.text, []):
                on_tokens(item.tokens)
        elif isinstance(item, Scored):
            for on_score in self._scoring.pop((item.answer, item.seed), []):
                on_score(item.total, item.standard_error)
        elif isinstance(item, Influences):
            if (on_influences := self._influencing.pop(item.asked, None)) is not None:
                on_influences(item)
        else:
            if isinstance(item, Failure):
                self._unanswered(item.command)
            return False
        return True

    def _unanswered(self, command: str) -> None:
        """A question is answered by a Failure, which does not say which of its kind: they are answered in order."""
        if command == "count" and self._counting:
            self._counting.pop(0)
        elif command == "encode" and self._encoding:
            self._encoding.pop(next(iter(self._encoding)))
        elif command == "score" and self._scoring:
            self._scoring.pop(next(iter(self._scoring)))
        elif command == "influence" and self._influencing:
            self._influencing.pop(next(iter(self._influencing)))

    def forget(self) -> None:
        """No answer will come: the worker is gone."""
        self._counting.clear()
        self._encoding.clear()
        self._scoring.clear()
        self._influencing.clear()
