"""The worker's process, with a made-up model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from .client_screen import Screen, exists
from .driver import RawWorker


@pytest.fixture
def worker() -> Iterator[RawWorker]:
    with RawWorker() as raw_worker:
        yield raw_worker


@pytest.fixture(scope="module")
def tough() -> Iterator[RawWorker]:
    """One process for a whole file: nothing that the file sends may end it."""
    with RawWorker() as worker:
        yield worker


@pytest.fixture
async def open_screen() -> AsyncIterator[Callable[..., Screen]]:
    opened: list[Screen] = []

    def make(command: list[str] | str | None = None, **options: Any) -> Screen:
        opened.append(Screen(command, **options))
        return opened[-1]

    yield make
    for screen in opened:
        await screen.client.stop()
        for pid in screen.pids:
            assert not exists(pid), "an orphan or a zombie"


@pytest.fixture
def screen(open_screen: Callable[..., Screen]) -> Screen:
    return open_screen()
