"""The schedule equals the published one wherever that is defined, and is whole where it is not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llada_tui.diffusion.schedule import blocks, quota
from llada_tui.trace.settings import SamplerSettings


def published(masks: int, steps: int) -> list[int]:
    """generate.py, get_num_transfer_tokens."""
    base, remainder = divmod(masks, steps)
    return [base + (index < remainder) for index in range(steps)]


@given(st.integers(0, 300), st.integers(1, 300))
def test_quotas_are_the_published_ones(masks: int, steps: int) -> None:
    left, found = masks, []
    for step in range(steps):
        found.append(quota(left, steps - step))
        left -= found[-1]
    assert found == published(masks, steps)


@given(st.integers(1, 300), st.integers(1, 300), st.data())
def test_blocks_cover_the_canvas_and_use_all_steps(length: int, block: int, data: st.DataObject) -> None:
    count = -(-length // block)
    steps = data.draw(st.integers(count, count + 300))
    found = blocks(SamplerSettings(steps=steps, gen_length=length, block_length=block))
    assert [position for part in found for position in range(part.begin, part.end)] == list(range(length))
    assert sum(part.steps for part in found) == steps
    assert max(part.steps for part in found) - min(part.steps for part in found) <= 1
    assert [part.steps for part in found] == sorted((part.steps for part in found), reverse=True)


def test_a_step_past_the_last_commits_what_is_left() -> None:
    assert quota(5, 0) == 5
