"""The end of a process is told by the system, to who may see the process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from llada_tui.serving.process_end import ProcessAddress, watched_end
from llada_tui.serving.relay import ReplicaLost

from .support import PATIENCE

WAITS = [sys.executable, "-c", "input()"]


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits."""
    with subprocess.Popen(WAITS, stdin=subprocess.PIPE) as started:
        yield started
        started.kill()


async def test_the_end_of_a_process_is_told_to_each_who_watches(process: subprocess.Popen[bytes]) -> None:
    address = ProcessAddress.here()._replace(pid=process.pid)
    with watched_end(address) as first, watched_end(address) as second:
        await asyncio.sleep(0)
        assert not first.done()
        process.kill()
        await asyncio.wait_for(asyncio.gather(first, second), PATIENCE)
    process.wait()
    with watched_end(address) as late:
        await asyncio.wait_for(late, PATIENCE)


async def test_a_number_of_another_machine_is_not_taken_for_one_of_this(process: subprocess.Popen[bytes]) -> None:
    here = ProcessAddress.here()._replace(pid=process.pid)
    process.kill()
    process.wait()
    for elsewhere in (here._replace(boot="another"), here._replace(namespace="pid:[1]"), here._replace(boot="")):
        with watched_end(elsewhere) as end:
            assert not end.done()


async def test_a_watch_that_is_given_up_leaves_no_descriptor(process: subprocess.Popen[bytes]) -> None:
    address = ProcessAddress.here()._replace(pid=process.pid)
    before = len(os.listdir("/proc/self/fd"))
    with watched_end(address) as end:
        assert len(os.listdir("/proc/self/fd")) == before + 1
    assert len(os.listdir("/proc/self/fd")) == before
    process.kill()
    process.wait()
    await asyncio.sleep(0)
    assert not end.done()


class Quiet:
    """In place of Ray's handle: a replica whose answer has begun, and of whose end Ray does not know yet."""

    def __init__(self, process: ProcessAddress) -> None:
        self._process = process
        self.answer = self
        self.cancelled = False

    def options(self, *, stream: bool) -> Quiet:
        return self

    def remote(self, *request: object) -> Quiet:
        self._messages = self._answer()
        return self

    def __aiter__(self) -> Quiet:
        return self

    async def __anext__(self) -> object:
        return await anext(self._messages)

    async def _answer(self) -> AsyncIterator[object]:
        yield self._process
        yield []
        await asyncio.Event().wait()

    def cancel(self) -> None:
        self.cancelled = True


async def test_the_end_of_a_replica_of_this_machine_is_heard_before_ray_tells_it() -> None:
    from llada_tui.serving.on_ray import RayReplicas  # here: others need not wait for Ray

    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as replica:
        handle = Quiet(ProcessAddress.here()._replace(pid=replica.pid))
        answer = RayReplicas(handle).answer({}, b"", "")
        assert await anext(answer) == []
        hearing = asyncio.ensure_future(anext(answer))
        await asyncio.sleep(0)
        assert not hearing.done()
        replica.kill()
        with pytest.raises(ReplicaLost):
            await asyncio.wait_for(hearing, PATIENCE)
    assert handle.cancelled
