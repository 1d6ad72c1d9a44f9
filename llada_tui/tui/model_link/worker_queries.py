"""Questions to a worker between two steps, and those who wait for its answers. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.run import Run
from llada_tui.worker.client import Item, WorkerError
from llada_tui.worker.protocol import (
    Count,
    Counted,
    Encode,
    Encoded,
    Failure,
    GiveUp,
    Influence,
    Influences,
    Question,
    Score,
    Scored,
)
from llada_tui.worker.reading_messages import Rank, Ranked, Read, Reading

_COMMANDS: dict[type, str] = {Influences: "influence", Reading: "read", Ranked: "rank"}
"""The commands of answers that say which question they answer."""


def _do_nothing() -> None:
    """For who does not mind that no answer comes."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    """Who waits for the answer to a question: to which command, and to which of its kind."""

    command: str
    key: object
    on_answer: Callable[..., None]
    on_failure: Callable[[], None]
    given_up: bool = False
    """Whether the answer is not wanted any more, though the worker owes one."""


class WorkerQueries:
    """Asks them. ``on_answer`` is called with an answer, or ``on_failure`` if none will come: there is no model to ask,
    the worker refused the question, or it is gone."""

    def __init__(
        self,
        can_ask: Callable[[], bool],
        send: Callable[[Question | GiveUp], Coroutine[Any, Any, object]],
        tell_problem: Callable[[str, str], None],
    ) -> None:
        """``send`` raises `WorkerError` for a question that cannot be sent, which ``tell_problem`` is told with its
        details. What the worker itself refuses, and its end, are told by others."""
        self.can_give_up = False
        """Whether the worker knows GiveUp."""
        self._can_ask, self._send, self._tell_problem = can_ask, send, tell_problem
        self._waiters: list[_Waiter] = []
        self._last_asked = 0

    async def count(
        self, on_answer: Callable[[int], None], prompt: Prompt, sizes: Sequence[tuple[int, int]] = ()
    ) -> None:
        """Ask how many tokens a prompt makes; ``sizes`` are those of its pictures, in pixels."""
        await self._ask(Count(prompt, [*sizes]), _Waiter("count", None, on_answer, _do_nothing))

    async def encode(
        self, text: str, on_answer: Callable[[list[int]], None], on_failure: Callable[[], None] = _do_nothing
    ) -> None:
        """Ask which tokens a text makes."""
        await self._ask(Encode(text), _Waiter("encode", text, on_answer, on_failure))

    async def score(
        self,
        answer: str,
        on_answer: Callable[[float, float], None],
        prompt: Prompt,
        *,
        samples: int = 64,
        seed: int = 0,
        on_failure: Callable[[], None] = _do_nothing,
    ) -> None:
        """Ask how likely an answer is: its log-likelihood, in nats, and the standard error."""
        waiter = _Waiter("score", (answer, seed), on_answer, on_failure)
        await self._ask(Score(answer, prompt, samples, seed), waiter)

    async def influence(
        self,
        run: Run,
        frame: int,
        position: int,
        token: int,
        on_answer: Callable[[Influences], None],
        pictures: Mapping[str, bytes],
        parts: int = 0,
    ) -> None:
        """Ask what a token of a run's frame leans on: on which words, or on which of so many ``parts`` of pictures.
        ``pictures`` are those that the run is about, by name. What was asked before is given up."""
        await self.give_up()
        self._last_asked += 1
        question = Influence(
            self._last_asked,
            run.start.prompt_ids,
            run.ids(frame),
            position,
            token,
            images=run.start.prompt.picture_names,
            pictures=dict(pictures),
            parts=parts,
        )
        await self._ask(question, _Waiter("influence", question.asked, on_answer, _do_nothing))

    @property
    def influence_waits(self) -> bool:
        """Whether the answer to an influence is still wanted."""
        return any(waiter.command == "influence" and not waiter.given_up for waiter in self._waiters)

    async def give_up(self) -> None:
        """Want no answer any more to the influences that were asked about. A worker that is older makes it all the
        same."""
        for at, waiter in enumerate(self._waiters):
            if waiter.command == "influence" and not waiter.given_up:
                self._waiters[at] = replace(waiter, on_answer=lambda _: None, on_failure=_do_nothing, given_up=True)
                if self.can_give_up:
                    await self._send(GiveUp(int(str(waiter.key))))

    async def read(
        self, run: Run, settings: SamplerSettings, on_answer: Callable[[Reading], None], on_failure: Callable[[], None]
    ) -> None:
        """Ask what the last step of a run at work would have done with other settings."""
        self._last_asked += 1
        question = Read(self._last_asked, run.id, settings)
        await self._ask(question, _Waiter("read", question.asked, on_answer, on_failure))

    async def rank(
        self, run: Run, position: int, token: int, on_answer: Callable[[Ranked], None], on_failure: Callable[[], None]
    ) -> None:
        """Ask for the rank of a token at a position, in the last pass of a run at work."""
        self._last_asked += 1
        question = Rank(self._last_asked, run.id, position, token)
        await self._ask(question, _Waiter("rank", question.asked, on_answer, on_failure))

    async def _ask(self, question: Question, waiter: _Waiter) -> None:
        if not self._can_ask():
            waiter.on_failure()
            return
        self._waiters.append(waiter)
        try:
            await self._send(question)
        except WorkerError as error:
            if waiter in self._waiters:  # else it was told that the worker is gone
                self._waiters.remove(waiter)
                waiter.on_failure()
            if error.died is None and self._can_ask():
                self._tell_problem(str(error), "\n".join(error.log))

    def answered(self, item: Item) -> bool:
        """Tell an answer to who waits for it; False if it is none."""
        match item:
            case Counted(tokens=count):
                for waiter in self._take("count", None):
                    waiter.on_answer(count)
            case Encoded(text=text, tokens=tokens):
                for waiter in self._take("encode", text):
                    waiter.on_answer(tokens)
            case Scored():
                for waiter in self._take("score", (item.answer, item.seed)):
                    waiter.on_answer(item.total, item.standard_error)
            case Influences() | Reading() | Ranked():
                for waiter in self._take(_COMMANDS[type(item)], item.asked):
                    waiter.on_answer(item)
            case _:
                return isinstance(item, Failure) and self._unanswered(item.command)
        return True

    def _take(self, command: str, key: object) -> list[_Waiter]:
        """Those who wait for an answer; they wait no more. Counts are answered in order, one at a time."""
        waiters = [waiter for waiter in self._waiters if (waiter.command, waiter.key) == (command, key)]
        waiters = waiters[:1] if command == "count" else waiters
        self._waiters = [waiter for waiter in self._waiters if waiter not in waiters]
        return waiters

    def _unanswered(self, command: str) -> bool:
        """A question is answered by a Failure, which does not say which of its kind: they are answered in order.
        Returns whether nobody is to be told, as it was given up."""
        first = next((waiter for waiter in self._waiters if waiter.command == command), None)
        if first is not None:
            for waiter in self._take(command, first.key):
                waiter.on_failure()
        return first is not None and first.given_up

    def forget(self) -> None:
        """No answer will come: the worker is gone."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.on_failure()
