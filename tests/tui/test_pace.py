"""The sentence that says what steps, canvas and blocks come to."""

from __future__ import annotations

import pytest

from llada_tui.settings.presets import CHAT
from llada_tui.tui.stage.knob_rows import pace


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "One token a step, in 4 blocks."),
        ({"block_length": 128}, "One token a step, in one block."),
        ({"steps": 64}, "2 tokens a step, in 4 blocks."),
        ({"steps": 32}, "4 tokens a step, in 4 blocks: the text is worse for it."),
        ({"steps": 32, "remasking": "threshold"}, "4 tokens a step, in 4 blocks."),
        (
            {"steps": 32, "remasking": "entropy_bound"},
            "At most 32 steps, in 4 blocks: it stops by itself.",
        ),
        ({"steps": 96}, "1.3 tokens a step, in 4 blocks."),
        ({"steps": 9999}, "9999 steps for 128 tokens: one token a step needs 128."),
    ],
)
def test_what_the_settings_come_to(changes: dict[str, int], words: str) -> None:
    assert pace(CHAT.replace(**changes)) == words
