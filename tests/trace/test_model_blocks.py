"""The block_length that suits a model with blocks of its own, and the sentence where a run has another."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from llada_tui.settings.presets import CHAT, PRESETS
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.events import ModelInfo
from llada_tui.trace.model_blocks import block_length_of, block_warning, in_blocks_of

PLAIN = ModelInfo("m", "llada", "float32", "cpu", 9)


def model(**fields: Any) -> ModelInfo:
    return msgspec.structs.replace(PLAIN, **fields)


SDAR = model(family="sdar", block_size=4, blocks_as_set=True)
LLADA2 = model(family="llada2_moe", block_size=32)
FAST = model(family="Fast_dLLM_Qwen", block_size=32, first_alone=True)
SMDM = model(id="/models/anything", family="smdm")
LEFT_TO_RIGHT = model(family="qwen3", block_size=1)


@pytest.mark.parametrize(
    ("loaded", "length"), [(None, 0), (PLAIN, 0), (LEFT_TO_RIGHT, 0), (SDAR, 4), (LLADA2, 32), (FAST, 8)]
)
def test_a_model_with_blocks_has_a_block_length(loaded: ModelInfo | None, length: int) -> None:
    assert block_length_of(loaded) == length


def test_settings_get_the_blocks_of_the_model_and_keep_their_share_of_steps() -> None:
    assert in_blocks_of(PLAIN, CHAT) is CHAT
    assert in_blocks_of(LLADA2, CHAT) is CHAT
    assert in_blocks_of(SDAR, CHAT) == CHAT.replace(block_length=4)
    assert in_blocks_of(SDAR, SamplerSettings(8, 64, 32)) == SamplerSettings(16, 64, 4)
    assert in_blocks_of(model(block_size=64, blocks_as_set=True), CHAT).block_length == 64


@pytest.mark.parametrize("length", [48, 128])
def test_the_canvas_of_smdm_is_one_block_whatever_its_folder_is_called(length: int) -> None:
    settings = CHAT.replace(gen_length=length, steps=length)
    assert in_blocks_of(SMDM, settings) == settings.replace(block_length=length)
    assert in_blocks_of(SMDM, settings, {"block_length"}) is settings


def test_what_a_person_named_stays() -> None:
    assert in_blocks_of(SDAR, CHAT, {"block_length": 32}) is CHAT
    assert in_blocks_of(SDAR, SamplerSettings(20, 64, 32), ["steps"]) == SamplerSettings(20, 64, 4)
    with pytest.raises(SettingsError, match="steps must be at least 16") as caught:
        in_blocks_of(SDAR, SamplerSettings(8, 64, 32), ["steps"])
    assert caught.value.field == "steps"


def test_other_blocks_than_the_model_was_trained_with_are_warned_of() -> None:
    words = block_warning(SDAR, CHAT)
    assert words.startswith("This model was trained with blocks of 4, and block_length is 32")
    for info, length in ((SDAR, 4), (PLAIN, 32), (LLADA2, 8), (FAST, 8)):
        assert block_warning(info, CHAT.replace(block_length=length)) == ""


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_no_preset_changes_the_blocks_of_a_model(preset: Any) -> None:
    for info in (SDAR, LLADA2, FAST):
        length = block_length_of(info)
        on_model = preset.of("m", length)
        assert on_model.apply(in_blocks_of(info, CHAT)).block_length == length
        assert on_model.matches(on_model.apply(CHAT))
    assert preset.of("m") is preset
