"""A bounded queue in which clients take turns: who asks for much waits behind who asks for little."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class QueueFull(Exception):
    """No further request can wait; the message is one sentence."""


class FairQueue(Generic[T]):
    """Requests that wait. The next one is the first of the client that was served longest ago."""

    def __init__(self, most: int, most_of_client: int) -> None:
        self._most = most
        self._most_of_client = most_of_client
        self._lines: dict[str, deque[T]] = {}
        """Each client's requests; the first client's turn is next."""

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def add(self, client: str, item: T) -> None:
        """Raises `QueueFull` where too many wait, of all clients or of this one."""
        if len(self) >= self._most:
            raise QueueFull(f"{self._most} requests are waiting already, which is all this server lets wait.")
        if len(self._lines.get(client, ())) >= self._most_of_client:
            raise QueueFull(f"{self._most_of_client} of your requests are waiting already: wait for one to end.")
        self._lines.setdefault(client, deque()).append(item)

    def take(self, fits: Callable[[T], bool] = lambda item: True) -> T | None:
        """The next item that fits, which is taken out; None where there is none. Its client's next turn is the last."""
        for client, line in self._lines.items():
            if fits(line[0]):
                item = line.popleft()
                del self._lines[client]
                if line:
                    self._lines[client] = line
                return item
        return None

    def remove(self, item: T) -> bool:
        """Take an item out. False if it does not wait."""
        for client, line in self._lines.items():
            if item in line:
                line.remove(item)
                if not line:
                    del self._lines[client]
                return True
        return False

    def in_order(self) -> Iterator[T]:
        """The items in the order in which they would be taken if nobody came any more."""
        turns = [iter(line) for line in self._lines.values()]
        while turns:
            for turn in list(turns):
                try:
                    yield next(turn)
                except StopIteration:
                    turns.remove(turn)
