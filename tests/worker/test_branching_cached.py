"""Branches of runs with a cache: what was kept when the block was opened is kept again."""

from __future__ import annotations

import pytest

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.resume_from import resume_from
from tests.worker.test_branching_property import branch_of, decisions, run_of

SETTINGS = SamplerSettings(gen_length=12, block_length=6, steps=12, temperature=0.7, seed=1)


@pytest.mark.parametrize("cache", ["prefix", "dual"])
def test_a_branch_in_the_middle_of_a_block_has_the_same_tail(cache: str) -> None:
    run = run_of(SETTINGS.replace(cache=cache), [5, 9, 14])
    assert run.masks_left(run.last) == 0
    for frame in (2, 6, 9):
        branch = branch_of(run, frame)
        assert decisions(branch) == decisions(run, frame)
        assert decisions(branch_of(branch, 2)) == decisions(run, frame + 2)


def test_tokens_changed_by_hand_open_the_block_anew() -> None:
    run = run_of(SETTINGS.replace(cache="dual"), [5, 9, 14])
    assert resume_from(run, 3).block_start_canvas == run.ids(0)
    assert resume_from(run, 8).block_start_canvas == run.ids(6)
    assert resume_from(run, 6).block_start_canvas is None
    assert resume_from(run, 3, changes={11: 7}).block_start_canvas is None
    assert resume_from(run, 3, SETTINGS).block_start_canvas is None
    branch = branch_of(run, 3, {11: 7})
    assert resume_from(branch, 1).block_start_canvas == branch.ids(0) != run.ids(3)
    assert decisions(branch_of(branch, 1)) == decisions(branch, 1)
