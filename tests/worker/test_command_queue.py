"""When the name of a run is free again: before its end is told, or whoever reads of it may be refused."""

from __future__ import annotations

import os
from collections.abc import Iterator
from queue import Queue

import pytest

from llada_tui.worker.codec import encode
from llada_tui.worker.command_queue import CommandQueue, QueuedCommand
from llada_tui.worker.messages import Command
from llada_tui.worker.protocol import Compare, Failure

from .driver import PATIENCE, ask


class Mail:
    """A command queue whose commands come through a pipe."""

    def __init__(self) -> None:
        reading, self._writing = os.pipe()
        self._refused: Queue[Failure] = Queue()
        self.queue = CommandQueue(reading, self._refused.put)
        self.queue.start()

    def send(self, command: Command) -> None:
        os.write(self._writing, encode(command))

    def next(self) -> QueuedCommand:
        job = self.queue.next()
        assert job is not None
        return job

    def refused(self) -> str:
        return self._refused.get(timeout=PATIENCE).message

    def close(self) -> None:
        os.close(self._writing)


@pytest.fixture
def mail() -> Iterator[Mail]:
    mail = Mail()
    yield mail
    mail.close()


def test_the_name_of_a_run_is_free_once_its_end_is_told(mail: Mail) -> None:
    mail.send(ask("a"))
    first = mail.next()
    mail.send(ask("a"))
    assert "already at work" in mail.refused()
    mail.queue.over("a")
    mail.send(ask("a", 2))
    mail.send(ask("a", 3))  # There is one of that name again.
    assert "already at work" in mail.refused()
    assert mail.queue.done(first) == []
    assert mail.next().runs == ["a"]
    mail.send(ask("a"))  # That the first is done did not set free what is at work now.
    assert "already at work" in mail.refused()


def test_lanes_keep_their_names_until_the_last_of_them_ends(mail: Mail) -> None:
    mail.send(Compare([ask("a"), ask("b")]))
    lanes = mail.next()
    mail.queue.over("a")
    mail.send(ask("a"))
    assert "already at work" in mail.refused()
    mail.queue.over("b")
    mail.send(ask("a"))
    mail.queue.done(lanes)
    assert mail.next().runs == ["a"]
