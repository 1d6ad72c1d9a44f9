"""The campaign, for a moment; by hand as long as wanted: ``python -m tests.campaign WHAT SIZE SEED``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaign import damage, deaths, hands, lines, memory, tokens
from tests.conftest import Home

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.parametrize(("times", "sessions"), [(3, 1), pytest.param(10, 2, marks=pytest.mark.slow)])
async def test_no_conversation_is_lost_with_the_worker(tmp_path: Path, home: Home, times: int, sessions: int) -> None:
    assert (await deaths(times, 1, tmp_path)).startswith(f"{times} deaths")
    assert len(list(home.sessions.glob("*.jsonl"))) == sessions


async def test_damaged_files_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    assert (await damage(150, 1, tmp_path)).startswith("150 cuts and 150 flips")


async def test_hostile_tokens_are_exported_clean(tmp_path: Path) -> None:
    assert (await tokens(300, 1, tmp_path)).startswith("300 tokens")


async def test_a_worker_survives_malformed_lines(tmp_path: Path) -> None:
    assert (await lines(1000, 1, tmp_path)).startswith("1000 lines")


@pytest.mark.slow
async def test_whatever_hands_do(tmp_path: Path) -> None:
    assert "no crash" in await hands(30, 1, tmp_path)


@pytest.mark.slow
async def test_the_screens_memory_is_flat(tmp_path: Path) -> None:
    assert (await memory(40, 1, tmp_path)).startswith("4,000 steps of 40 questions")
