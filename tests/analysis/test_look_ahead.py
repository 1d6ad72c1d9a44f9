"""What was seen beyond the block at work, as a run keeps it, and what it cost."""

from __future__ import annotations

import msgspec
import pytest

from llada_tui.analysis.look_ahead import announcement, cost, milliseconds
from llada_tui.analysis.token_history import TokenHistory
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.cell import State
from llada_tui.trace.events import Choice, RetuneEvent, StepEvent, decode, encode
from llada_tui.trace.resume_from import resume_from
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.trace.support import start

BLOCKS = SamplerSettings(steps=8, gen_length=8, block_length=4, look_ahead=True)


def made(index: int, ahead: list[int], *, seconds: float = 0.25, block: int = 0) -> StepEvent:
    """A step that commits one token of its block, and sees 30 and more at some places beyond."""
    choices = [Choice(at, 30 + at, 0.5) for at in ahead]
    return StepEvent(
        run="r1",
        index=index,
        block=block,
        block_step=index % 4,
        seconds=seconds,
        commits=[Choice(index, 7, 0.9)],
        ahead=choices,
    )


def run(settings: SamplerSettings, *steps: StepEvent) -> Run:
    recorded = Run(msgspec.structs.replace(start(8), settings=settings), TokenBytes())
    for step in steps:
        recorded.add(step)
    return recorded


def test_it_is_in_the_file_only_where_it_was_asked_for() -> None:
    assert b"ahead" not in encode(made(0, []))
    assert decode(encode(made(0, [5]))) == made(0, [5])


def test_a_guess_ahead_is_a_state_of_its_own_and_part_of_a_position_s_past() -> None:
    recorded = run(BLOCKS, made(0, [5]), made(1, [5, 6]))
    assert [recorded.cell(at, 2).state for at in range(8)] == [
        State.COMMITTED, State.COMMITTED_NOW, State.MASKED, State.MASKED, State.MASKED, State.AHEAD, State.AHEAD,
        State.MASKED,
    ]  # fmt: skip
    assert recorded.cell(5, 2).token == 35
    assert recorded.cell(5, 2).guessed
    assert recorded.touched(1, 2, lambda confidence: 0) == {0, 1, 6}
    assert [guess.token for guess in TokenHistory(recorded, 5).guesses] == [35, 35]
    assert recorded.ids(2)[5] == recorded.start.model.mask_id
    assert resume_from(recorded, 2).commit_confidence[5] == 0.0


def test_with_a_dual_cache_it_stays_on_show_while_its_block_is_at_work() -> None:
    dual = BLOCKS.replace(cache="dual")
    steps = [made(0, [5, 6]), made(1, []), made(2, []), made(3, []), made(4, [], block=1)]
    assert [len(run(dual, *steps).ahead(frame)) for frame in range(6)] == [0, 2, 2, 2, 2, 0]
    assert [len(run(BLOCKS, *steps).ahead(frame)) for frame in range(6)] == [0, 2, 0, 0, 0, 0]
    switched = run(dual, *steps[:2])
    switched.add(RetuneEvent("r1", 2, dual.replace(look_ahead=False)))
    switched.add(steps[2])
    assert [len(switched.ahead(frame)) for frame in range(4)] == [0, 2, 2, 0]


def test_the_cost_is_that_of_the_steps_that_looked_ahead() -> None:
    looking = [made(0, [5], seconds=9), *(made(at, [5, 6], seconds=0.5) for at in (1, 2, 3))]
    plain = [made(at, [], seconds=0.25) for at in (4, 5, 6)]
    recorded = run(BLOCKS, *looking, *plain, made(7, [6], seconds=0.5))
    assert [milliseconds(recorded, frame) for frame in (0, 4, 6, 7, 8)] == [None, None, None, 250, 250]
    assert [cost(recorded, frame) for frame in (0, 4, 7, 8)] == ["", "2 ahead", "", "1 ahead, +250.0 ms"]
    assert milliseconds(run(BLOCKS.replace(cache="prefix"), *looking, *plain), 7) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "up to 4 rows of logits more a step; no token changes."),
        ({"block_length": 8}, "nothing lies beyond"),
        ({"look_ahead": False}, "off"),
    ],
)
def test_what_to_expect_is_said(changes: dict[str, object], words: str) -> None:
    assert words in announcement(BLOCKS.replace(**changes))


def test_a_cache_that_lets_only_first_steps_look_ahead_is_named() -> None:
    dual = BLOCKS.replace(cache="dual")
    assert "With a dual cache only a block's first step looks ahead" in announcement(dual, first_steps_only=True)
    assert "cache" not in announcement(dual)
