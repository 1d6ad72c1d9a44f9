"""The sentence that says what steps, canvas and blocks come to."""

from __future__ import annotations

import msgspec
import pytest

from llada_tui.settings.presets import CHAT
from llada_tui.tui.stage.knob_rows import pace
from llada_tui.worker.sampler_parts import StrategyInfo
from llada_tui.worker.server import hello


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "One token a step, in 4 blocks."),
        ({"block_length": 128}, "One token a step, in one block."),
        ({"steps": 64}, "2 tokens a step, in 4 blocks."),
        ({"steps": 32}, "4 tokens a step, in 4 blocks: the text is worse for it."),
        ({"steps": 32, "remasking": "least_confident"}, "4 tokens a step, in 4 blocks: the text is worse for it."),
        ({"steps": 32, "remasking": "threshold"}, "4 tokens a step, in 4 blocks."),
        ({"steps": 32, "remasking": "not_described"}, "At most 32 steps, in 4 blocks."),
        (
            {"steps": 32, "remasking": "entropy_bound"},
            "At most 32 steps, in 4 blocks: it stops by itself.",
        ),
        ({"steps": 96}, "1.3 tokens a step, in 4 blocks."),
        ({"steps": 9999}, "9999 steps for 128 tokens: one token a step needs 128."),
    ],
)
def test_what_the_settings_come_to(changes: dict[str, int], words: str) -> None:
    settings = CHAT.replace(**changes)
    assert pace(settings, next((info for info in hello().strategies if info.name == settings.remasking), None)) == words


def test_what_an_older_worker_does_not_tell_is_not_said() -> None:
    described = StrategyInfo("entropy_bound", "", by_schedule=True, settles=True)
    older = {
        name: value for name, value in msgspec.to_builtins(described).items() if name not in ("by_schedule", "settles")
    }
    settings = CHAT.replace(steps=32, remasking=described.name)
    assert pace(settings, msgspec.convert(older, StrategyInfo)) == "4 tokens a step, in 4 blocks."
