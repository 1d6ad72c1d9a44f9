"""A request for runs, on its way through the server; and a mailbox for who reads what comes of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, Protocol, TypeVar

from msgspec.structs import replace

from llada_tui.trace.events import (
    EndEvent,
    InterveneEvent,
    PiecesEvent,
    RetuneEvent,
    RunEvent,
    StepEvent,
)
from llada_tui.trace.run import Run
from llada_tui.worker.job_messages import ScoreTokens, TokensScored
from llada_tui.worker.protocol import Advance, Compare, Failure, Generate, Held, Hold, Progress, Release, Retune

T = TypeVar("T")
RunItem = RunEvent | StepEvent | InterveneEvent | RetuneEvent | EndEvent | Held | Failure | TokensScored
"""The items that a worker sends of a run."""
Change = Hold | Release | Advance | Retune
"""The requests to a run at work, but for its end."""


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """The number of requests that come before this one, of so many that wait."""

    before: int
    waiting: int


Delivery = RunItem | QueuePlace | Progress
"""The items that a request is told of its runs."""


class Continuation(Protocol):
    """The run by itself of a request that left its batch (`llada_tui.serving.lone_run.LoneRun`)."""

    is_cancelled: bool
    """Whether the next end is the run's."""
    request: RunRequest
    """The request for what the worker makes of it."""

    @property
    def is_outside(self) -> bool:
        """Whether it waits outside the worker until its client asks for something."""

    def change(self, change: Change) -> None:
        """Hold, release, advance or retune it."""

    def park(self) -> None:
        """Have it wait outside the worker, where it is held and nothing of it is due."""

    def being_read(self) -> AbstractAsyncContextManager[RunRequest]:
        """The request whose last pass can be read, once it can be."""

    def goes_on_after(self, item: Delivery) -> bool:
        """Whether an end of what the worker makes of it is not the run's end."""


@dataclass(eq=False)
class RunRequest:
    """Runs that a client asked for. ``deliver`` takes what comes of them, under the client's own names for them."""

    client: str
    command: Generate | Compare | ScoreTokens
    deliver: Callable[[Delivery], None]
    alone: bool = False
    """Whether it shares no pass with others, whatever it asks for."""
    lone: Continuation | None = None
    """Its run by itself, where it left its batch."""
    names: dict[str, str] = field(default_factory=dict)
    """The client's name of each run that has not ended, by the server's."""
    runs: dict[str, Run] = field(default_factory=dict)
    """The runs that began, by the server's name, as far as they are."""
    batch: list[RunRequest] = field(default_factory=list)
    """The requests that were given to the worker with it, itself too."""
    changes: list[Change] = field(default_factory=list)
    """The requests that came before it began."""
    place: int = -1
    """The place in the queue that was last said."""
    asked: float = field(default_factory=monotonic)
    began: float = 0.0
    held_since: float | None = None

    @property
    def lanes(self) -> list[Generate]:
        """The runs that it asks for; none for a job."""
        if isinstance(self.command, Compare):
            return self.command.lanes
        return [self.command] if isinstance(self.command, Generate) else []

    def change_runs(self, change: Callable[[Generate], Generate]) -> None:
        """Ask for other runs in place of those asked for."""
        if isinstance(self.command, Compare):
            self.command = replace(self.command, lanes=[change(lane) for lane in self.command.lanes])
        elif isinstance(self.command, Generate):
            self.command = change(self.command)

    @property
    def is_row(self) -> bool:
        """Whether its run is being made as a row of a batch. False once its client was told the end."""
        return self.lone is None and len(self.batch) > 1 and any(name in self.runs for name in self.names)

    @property
    def asked_runs(self) -> list[str]:
        """The client's names of its runs, or of its job."""
        return [self.command.run] if isinstance(self.command, ScoreTokens) else [lane.run for lane in self.lanes]

    @property
    def kind(self) -> str:
        """The command by which a Failure names it."""
        return "score_tokens" if isinstance(self.command, ScoreTokens) else "generate"

    def renamed(self, prefix: str) -> Generate | Compare | ScoreTokens:
        """The command with names that no other request's runs have."""
        if isinstance(self.command, ScoreTokens):
            self.names[prefix] = self.command.run
            return replace(self.command, run=prefix)
        lanes = []
        for number, lane in enumerate(self.lanes):
            name = f"{prefix}.{number}"
            self.names[name] = lane.run
            lanes.append(replace(lane, run=name))
        return replace(self.command, lanes=lanes) if isinstance(self.command, Compare) else lanes[0]


class Mailbox(Generic[T]):
    """The items that were delivered and not read yet. Where a reader lets more than ``most`` lie, ``on_overflow`` is
    called once and nothing more is taken."""

    def __init__(self, most: int, on_overflow: Callable[[], None]) -> None:
        self._items: deque[T] = deque()
        self._most = most
        self._on_overflow = on_overflow
        self._news = asyncio.Event()
        self.overflowed = False

    def put(self, item: T) -> None:
        """Take an item in. Never blocks."""
        if self.overflowed:
            return
        if len(self._items) >= self._most:
            self.overflowed = True
            self._on_overflow()
        else:
            self._items.append(item)
        self._news.set()

    async def next(self) -> T | None:
        """The next item; None for a reader that was too slow, after what could be kept."""
        while not self._items:
            if self.overflowed:
                return None
            self._news.clear()
            await self._news.wait()
        return self._items.popleft()


class TokenFeed:
    """The bytes of tokens for one client, sent before their first use as a worker of its own would send them."""

    def __init__(self, bytes_of: Callable[[set[int]], PiecesEvent | None]) -> None:
        """``bytes_of`` gives the bytes of those tokens that the worker has told."""
        self._bytes_of = bytes_of
        self._sent: set[int] = set()
        self._owed: set[int] = set()

    def around(self, item: RunItem) -> list[RunItem | PiecesEvent]:
        """An item, with the bytes that belong before it, or after it for a run's beginning."""
        if isinstance(item, RunEvent):
            return [item, *self.before(item.token_ids())]
        if isinstance(item, InterveneEvent):
            return [item, *self.before({token for _, token in item.tokens})]
        if isinstance(item, StepEvent):
            return [*self.before(set()), *self.before(item.token_ids()), item]
        return [*self.before(set()), item]

    def before(self, tokens: set[int]) -> list[PiecesEvent]:
        """The bytes of these tokens and of those that could not be told before, as far as they can be now."""
        self._owed |= tokens - self._sent
        event = self._bytes_of(self._owed) if self._owed else None
        if event is None:
            return []
        self._sent |= event.pieces.keys()
        self._owed -= event.pieces.keys()
        return [event]
