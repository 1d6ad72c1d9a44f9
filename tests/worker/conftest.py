"""The worker's process, with a made-up model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .driver import RawWorker


@pytest.fixture
def worker() -> Iterator[RawWorker]:
    with RawWorker() as found:
        yield found


@pytest.fixture(scope="module")
def tough() -> Iterator[RawWorker]:
    """One process for a whole file: nothing that the file sends may end it."""
    with RawWorker() as found:
        yield found
