"""The schedule equals the published one wherever that is defined, and is whole where it is not."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.diffusion.schedule import blocks, part_committed, quota
from llada_tui.settings.sampler_settings import SamplerSettings


def published(masks: int, steps: int) -> list[int]:
    """generate.py, get_num_transfer_tokens."""
    base, remainder = divmod(masks, steps)
    return [base + (index < remainder) for index in range(steps)]


@given(st.integers(0, 300), st.integers(1, 300))
def test_quotas_are_the_published_ones(masks: int, steps: int) -> None:
    left, counts = masks, []
    for step in range(steps):
        counts.append(quota("linear", left, step, steps))
        left -= counts[-1]
    assert counts == published(masks, steps)


@given(st.integers(1, 300), st.integers(1, 300), st.data())
def test_blocks_cover_the_canvas_and_use_all_steps(length: int, block: int, data: st.DataObject) -> None:
    count = -(-length // block)
    steps = data.draw(st.integers(count, count + 300))
    counts = blocks(SamplerSettings(steps=steps, gen_length=length, block_length=block))
    assert [position for part in counts for position in range(part.begin, part.end)] == list(range(length))
    assert sum(part.steps for part in counts) == steps
    assert max(part.steps for part in counts) - min(part.steps for part in counts) <= 1
    assert [part.steps for part in counts] == sorted((part.steps for part in counts), reverse=True)


@given(st.sampled_from(["linear", "cosine"]), st.integers(0, 300), st.integers(1, 300))
def test_every_schedule_leaves_nothing_and_wastes_no_step(schedule: str, masks: int, steps: int) -> None:
    left = masks
    for step in range(steps):
        counts = quota(schedule, left, step, steps)
        assert (1 if left else 0) <= counts <= left
        left -= counts
    assert left == 0


@given(st.integers(16, 300), st.integers(4, 16))
def test_the_cosine_schedule_follows_the_cosine(masks: int, steps: int) -> None:
    left = masks
    for step in range(steps):
        left -= quota("cosine", left, step, steps)
        assert left == pytest.approx(masks * math.cos(math.pi / 2 * (step + 1) / steps), abs=step + 1.5)


def test_the_cosine_schedule_begins_slowly() -> None:
    left, counts = 64, []
    for step in range(8):
        counts.append(quota("cosine", left, step, 8))
        left -= counts[-1]
    assert counts == [1, 4, 6, 8, 10, 11, 12, 12]


def test_a_step_past_the_last_commits_what_is_left() -> None:
    assert quota("linear", 5, 3, 3) == quota("cosine", 5, 3, 3) == 5


@given(st.sampled_from(["linear", "cosine"]), st.integers(1, 100))
def test_the_part_that_is_written_grows_from_nothing_to_all(schedule: str, steps: int) -> None:
    parts = [part_committed(schedule, step, steps) for step in range(steps + 1)]
    assert parts[0] == 0
    assert parts[-1] == pytest.approx(1)
    assert parts == sorted(parts)
