"""A branch that is made again from its first frame, as it was or as the file tells it, has the tail that it had."""

from __future__ import annotations

import pytest

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import InterveneEvent, RunEvent, StepEvent, decode, encode
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.worker.test_branching_property import MASK, branch_of, decisions, run_of

PLAIN = SamplerSettings(gen_length=12, block_length=6, steps=12, temperature=0.7, seed=1)
EDITING = PLAIN.replace(
    remasking="editing", remasking_params={"threshold": 0.0, "edit_threshold": 0.0, "post_steps": 4}
)  # fmt: skip
"""Fills a block in a step, and edits it in the four that follow."""
SETTINGS = {
    "editing": EDITING,
    "editing, early stop": EDITING.replace(early_stop=True),
    "editing, slowly": EDITING.replace(remasking_params={"threshold": 1.0, "edit_threshold": 0.0, "post_steps": 2}),
    "early stop": PLAIN.replace(early_stop=True),
    "wino": PLAIN.replace(remasking="wino"),
    "prefix": PLAIN.replace(cache="prefix"),
    "dual": PLAIN.replace(cache="dual"),
}


def from_file(run: Run) -> Run:
    """The run as a session file tells it."""
    start = decode(encode(run.start))
    assert isinstance(start, RunEvent)
    read = Run(start, TokenBytes())
    for event in sorted((*run.interventions, *run.steps), key=_order):
        read.add(event)
    return read


def _order(event: InterveneEvent | StepEvent) -> tuple[int, bool]:
    return (event.index, True) if isinstance(event, StepEvent) else (event.step, False)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_branch_of_a_branch_at_its_first_frame_has_the_same_tail(name: str) -> None:
    run = run_of(SETTINGS[name], [5, 9, 14])
    for frame in range(run.last + 1):
        branch = branch_of(run, frame)
        again = branch_of(from_file(branch), 0)
        assert again.start.resume == branch.start.resume
        assert decisions(again) == decisions(branch) == decisions(run, frame)


def test_a_branch_with_nothing_made_goes_on_where_it_would_have() -> None:
    run = run_of(EDITING, [5, 9, 14])
    assert [step.more for step in run.steps] == [True] * 4 + [False] + [True] * 4 + [False]
    branch = branch_of(run, 2)
    unmade = Run(branch.start, TokenBytes())
    assert decisions(branch_of(unmade, 0)) == decisions(run, 2)
    cut = Run(run.start, TokenBytes())
    for step in run.steps[:3]:
        cut.add(step)
    assert decisions(branch_of(cut, 3)) == decisions(run, 3)


def test_a_mask_set_by_hand_before_the_block_at_work_leaves_its_place_in_it() -> None:
    run = run_of(PLAIN.replace(cache="dual"), [5, 9, 14])
    branch = branch_of(run, 9, {1: MASK})
    assert [(step.block, step.block_step) for step in branch.steps] == [(0, 0), (1, 3), (1, 4), (1, 5)]
    assert decisions(branch_of(from_file(branch), 0)) == decisions(branch)
    assert decisions(branch_of(from_file(branch), 1)) == decisions(branch, 1)
