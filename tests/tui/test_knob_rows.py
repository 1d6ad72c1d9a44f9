"""The knobs as rows: whatever is pressed or typed, the settings stay valid, and a refusal says why."""

from __future__ import annotations

import math
import textwrap
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.settings.presets import CHAT, PRESETS, Preset
from llada_tui.settings.sampler_settings import KNOBS, MAX_CANVAS, SamplerSettings, SettingsError
from llada_tui.tui.stage.knob_rows import (
    PRESET,
    KnobRow,
    is_number,
    nudge,
    put,
    rows_for,
    share_of,
    shown_value,
    turned,
    typed,
    value_of,
    with_share,
)
from llada_tui.worker.sampler_parts import CacheInfo, ParameterInfo, StrategyInfo
from llada_tui.worker.server import hello

MASK_PRESETS = [preset for preset in PRESETS if not preset.is_uniform]
STRATEGIES = [
    StrategyInfo("low_confidence", "Keeps the surest."),
    StrategyInfo("random", "Keeps any."),
    StrategyInfo(
        "made_up", "Has knobs.", [ParameterInfo("power", 1.0, 0.0, 4.0, "How much."), ParameterInfo("p", 5, 5, 5, "")]
    ),
]
NAMES = [PRESET, *(name for name, knob in KNOBS.items() if knob.shown), "power"]

presses = st.one_of(
    st.tuples(st.just("nudge"), st.sampled_from(NAMES), st.sampled_from([-4, -1, 1, 4])),
    st.tuples(st.just("typed"), st.sampled_from(NAMES), st.text("0123456789.", min_size=1, max_size=18)),
)


def row(name: str, settings: SamplerSettings = CHAT) -> KnobRow:
    return next(row for row in rows_for(settings, STRATEGIES, lengths=hello().lengths) if row.name == name)


def check(settings: SamplerSettings) -> None:
    """Valid in every way that making it anew checks, with a step for every block."""
    assert settings.replace() == settings
    assert settings.steps >= settings.blocks
    for knob_row in rows_for(settings, STRATEGIES):
        assert shown_value(settings, knob_row)
        share = share_of(settings, knob_row)
        assert share is None or (0 <= share <= 1 and math.isfinite(share))


@given(st.lists(presses, max_size=25))
def test_no_press_makes_settings_that_cannot_be(pressed: list[tuple[str, str, int | str]]) -> None:
    settings = CHAT
    for how, name, value in pressed:
        at = next((row for row in rows_for(settings, STRATEGIES) if row.name == name), None)
        if at is None or (how == "typed" and not is_number(at)):
            continue
        refused = ""
        if isinstance(value, int):  # an arrow is never refused
            settings = nudge(settings, at, value, STRATEGIES, context=512)
        else:
            try:
                settings = typed(settings, at, value)
            except SettingsError as error:
                refused = str(error)
        assert not refused or (" must be " in refused and refused.endswith("."))
        check(settings)


@pytest.mark.parametrize("length", [1, 7, 8, 100, 1000, MAX_CANVAS])
@pytest.mark.parametrize("block", [1, 8, 33, MAX_CANVAS])
def test_another_canvas_or_block_keeps_a_step_for_every_block(length: int, block: int) -> None:
    settings = put(put(CHAT, row("gen_length"), length), row("block_length"), block)

    assert (settings.gen_length, settings.block_length) == (length, block)
    check(settings)


def test_another_canvas_keeps_the_share_of_steps() -> None:
    half = CHAT.replace(gen_length=128, steps=64, block_length=32)

    assert put(half, row("gen_length"), 256).steps == 128
    assert put(half, row("gen_length"), 64).steps == 32


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("steps", "0", "steps must be"),
        ("steps", "1", "at least 4"),
        ("steps", "12.5", "a whole number"),
        ("steps", ".", "a whole number"),
        ("gen_length", "99999", "from 1 to 32768"),
        ("temperature", "11", "from 0 to 10"),
        ("temperature", "1..", "must be a number"),
        ("cfg_scale", "20.5", "from 0 to 20"),
        ("seed", "9" * 30, "seed must be"),
    ],
)
def test_a_refusal_says_what_would_do(name: str, text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        typed(CHAT, row(name), text)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "-1"])
def test_numbers_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        typed(CHAT, row("temperature"), text)
    with pytest.raises(SettingsError):
        typed(CHAT.replace(remasking="made_up"), row("power", CHAT.replace(remasking="made_up")), text)


def test_arrows_stop_at_the_ends_of_the_range() -> None:
    settings = CHAT
    for _ in range(3):
        settings = nudge(settings, row("temperature"), -4, STRATEGIES)
    assert settings.temperature == 0
    for _ in range(60):
        settings = nudge(settings, row("temperature"), 4, STRATEGIES)
    assert settings.temperature == 10


def test_steps_stop_at_one_for_each_block_and_the_canvas_at_what_the_model_reads() -> None:
    blocks = CHAT.replace(gen_length=64, block_length=32, steps=8)

    assert nudge(blocks, row("steps"), -1, STRATEGIES).steps == 2
    assert nudge(blocks.replace(steps=2), row("steps"), -4, STRATEGIES).steps == 2
    assert nudge(blocks.replace(block_length=64), row("steps"), -4, STRATEGIES).steps == 1
    assert nudge(blocks.replace(steps=2), row("steps"), 1, STRATEGIES).steps == 8
    assert nudge(blocks, row("gen_length"), 99, STRATEGIES, context=512).gen_length == 511
    assert nudge(blocks, row("gen_length"), -99, STRATEGIES, context=512).gen_length == 1


@pytest.mark.parametrize("by", [1, -1])
def test_presets_too_long_for_the_model_are_passed_over(by: int) -> None:
    settings, names = CHAT, set()
    for _ in PRESETS:
        settings = nudge(settings, row(PRESET, settings), by, STRATEGIES, context=512)
        assert settings.gen_length < 512
        names.add(value_of(settings, row(PRESET, settings)))
    assert {"fast", "authors: GSM8K", "authors: GPQA"} <= names


def test_arrows_go_to_round_numbers_and_back() -> None:
    odd = CHAT.replace(gen_length=100, block_length=33, steps=100)

    assert nudge(odd, row("block_length"), 1, STRATEGIES).block_length == 40
    assert nudge(odd, row("block_length"), -1, STRATEGIES).block_length == 32
    assert nudge(CHAT, row("temperature"), 3, STRATEGIES).temperature == 0.3
    assert nudge(nudge(CHAT, row("temperature"), 3, STRATEGIES), row("temperature"), -3, STRATEGIES) == CHAT


def test_every_knob_moves_with_an_arrow() -> None:
    rows = rows_for(CHAT, STRATEGIES)
    still = [knob_row.name for knob_row in rows if all(nudge(CHAT, knob_row, by, STRATEGIES) == CHAT for by in (-1, 1))]
    assert len(rows) > 8
    assert still == []


def test_the_length_is_a_knob_where_there_is_a_choice() -> None:
    assert "length" not in [knob.name for knob in rows_for(CHAT, STRATEGIES)]
    offered = hello().lengths
    grown = nudge(CHAT, row("length"), -1, STRATEGIES, lengths=offered)
    assert grown.length == "rho_eos"
    names = [knob.name for knob in rows_for(grown, STRATEGIES, lengths=offered)]
    assert names[names.index("length") + 1 :][:2] == ["max_gen_length", "expansion_factor"]
    # A replay has no worker, and shows what was recorded.
    assert "length" in [knob.name for knob in rows_for(grown, STRATEGIES)]


def test_switches_turn_and_strategies_go_round() -> None:
    assert nudge(CHAT, row("early_stop"), 1, STRATEGIES).early_stop is False
    names = []
    settings = CHAT
    for _ in STRATEGIES:
        settings = nudge(settings, row("remasking", settings), 1, STRATEGIES)
        names.append(settings.remasking)
    assert names == ["random", "made_up", "low_confidence"]


def test_a_strategy_that_this_worker_does_not_have_can_be_left() -> None:
    elsewhere = CHAT.replace(remasking="of_tomorrow", remasking_params={"x": 1.0})

    assert nudge(elsewhere, row("remasking"), 1, STRATEGIES).remasking == "low_confidence"
    assert nudge(elsewhere, row("remasking"), 1, STRATEGIES).remasking_params == {}
    assert nudge(elsewhere, row("remasking"), 1, []).remasking == "of_tomorrow"


def test_parameters_of_the_strategy_in_use_are_knobs() -> None:
    settings = CHAT.replace(remasking="made_up")
    names = [row.name for row in rows_for(settings, STRATEGIES)]
    power = row("power", settings)

    assert names.index("power") == names.index("remasking") + 1
    assert "power" not in [row.name for row in rows_for(CHAT, STRATEGIES)]
    assert value_of(settings, power) == 1.0
    assert nudge(settings, power, 1, STRATEGIES).remasking_params == {"power": 1.2}
    assert nudge(settings, power, 99, STRATEGIES).remasking_params == {"power": 4.0}
    assert typed(settings, power, "2.5").remasking_params == {"power": 2.5}
    with pytest.raises(SettingsError, match="power must be from 0 to 4, not 5"):
        typed(settings, power, "5")
    assert share_of(settings, row("p", settings)) is None, "a range of nothing has no bar"


def test_a_cache_policy_says_what_it_does_and_has_its_parameters_as_knobs() -> None:
    worn = [
        CacheInfo("none", "Keeps nothing."),
        CacheInfo("worn", "Wears.", [ParameterInfo("age", 2, 1, 9, "Old.", 1)]),
    ]
    settings = nudge(CHAT, row("cache"), 1, STRATEGIES, caches=worn)
    rows = {row.name: row for row in rows_for(settings, STRATEGIES, caches=worn)}

    assert (settings.cache, rows["cache"].help) == ("worn", "Wears.")
    assert list(rows).index("age") == list(rows).index("cache") + 1
    assert not rows["age"].live, "a cache policy holds for a whole run"
    settings = nudge(settings, rows["age"], 2, STRATEGIES, caches=worn)
    assert (settings.cache_params, settings.remasking_params) == ({"age": 4}, {})
    assert turned(settings, CHAT) == ["cache worn", "age 4"]
    left = nudge(settings, rows["cache"], 1, STRATEGIES, caches=worn)
    assert (left.cache, left.cache_params) == ("none", {})
    assert "age" in [row.name for row in rows_for(settings, STRATEGIES)], "a replay shows what was used"


def test_a_strategy_says_what_it_does() -> None:
    assert row("remasking").help == "Keeps the surest."
    assert row("remasking", CHAT.replace(remasking="of_tomorrow")).help == KNOBS["remasking"].help


def test_a_parameter_is_nudged_by_its_own_measure_and_shown_in_full() -> None:
    fine = [StrategyInfo("fine", "", [ParameterInfo("kl", 0.01, 0, 1, "How far.", 0.005)])]
    settings = CHAT.replace(remasking="fine")
    kl = next(row for row in rows_for(settings, fine) if row.name == "kl")
    settings = nudge(settings, kl, 1, fine)
    assert settings.remasking_params == {"kl": 0.015}
    assert shown_value(settings, kl) == "0.015"


def test_a_parameter_of_every_strategy_has_a_knob_where_it_is_set() -> None:
    offered = [StrategyInfo("low_confidence", "", [ParameterInfo("gap", 0, 0, 9, "A gap.", 1, shown=False)])]
    assert "gap" not in [row.name for row in rows_for(CHAT, offered)]
    settings = CHAT.replace(remasking_params={"gap": 4})
    knob = next(row for row in rows_for(settings, offered) if row.name == "gap")
    assert nudge(settings, knob, 1, offered).remasking_params == {"gap": 5}


def test_a_replay_shows_the_parameters_that_were_used() -> None:
    settings = CHAT.replace(remasking="made_up", remasking_params={"power": 2.5})
    shown = {row.name: shown_value(settings, row) for row in rows_for(settings, [])}
    assert shown["power"] == "2.5"


def test_choices_go_round() -> None:
    schedule = row("schedule")
    assert nudge(CHAT, schedule, 1, STRATEGIES).schedule == "cosine"
    assert nudge(nudge(CHAT, schedule, 1, STRATEGIES), schedule, 1, STRATEGIES) == CHAT
    assert shown_value(CHAT, schedule) == "linear"


@pytest.mark.parametrize("by", [1, -1])
@pytest.mark.parametrize("preset", MASK_PRESETS, ids=lambda preset: preset.name)
def test_every_preset_can_be_reached_with_one_arrow(preset: Preset, by: int) -> None:
    """Also past presets that say the same: best is the authors' own on a canvas of 128."""
    settings, reached = CHAT, []
    for _ in PRESETS:
        settings = nudge(settings, row(PRESET, settings), by, STRATEGIES)
        assert value_of(settings, row(PRESET, settings)) != "own"
        reached.append(settings)
    assert any(preset.matches(settings) for settings in reached)


@pytest.mark.parametrize("by", [1, -1])
@pytest.mark.parametrize("length", [64, 128, 256])
def test_an_arrow_shows_no_preset_twice(length: int, by: int) -> None:
    settings = CHAT.replace(gen_length=length, steps=length)
    names = [value_of(settings, row(PRESET, settings))]
    for _ in range(2 * len(PRESETS)):
        settings = nudge(settings, row(PRESET, settings), by, STRATEGIES)
        names.append(value_of(settings, row(PRESET, settings)))
    assert not [name for name, following in pairwise(names) if name == following]


def preset_row(settings: SamplerSettings, model: str) -> KnobRow:
    return next(row for row in rows_for(settings, STRATEGIES, model) if row.name == PRESET)


def test_presets_are_those_of_the_model() -> None:
    for model, block in (("GSAI-ML/LLaDA-8B-Instruct", 8), ("GSAI-ML/LLaDA-1.5", 16)):
        settings = CHAT
        for _ in PRESETS:
            settings = nudge(settings, preset_row(settings, model), 1, STRATEGIES)
            if value_of(settings, preset_row(settings, model)) == "authors: GSM8K":
                break
        assert (settings.gen_length, settings.block_length) == (256, block)


def test_settings_of_no_preset_are_called_custom() -> None:
    custom = CHAT.replace(temperature=0.7)

    assert value_of(custom, row(PRESET)) == "custom"
    assert value_of(nudge(custom, row(PRESET), 1, STRATEGIES), row(PRESET)) == PRESETS[0].name
    assert value_of(nudge(custom, row(PRESET), -1, STRATEGIES), row(PRESET)) == PRESETS[-1].name


@pytest.mark.parametrize(("value", "shown"), [(0.0, "0.0"), (0.1, "0.1"), (1.25, "1.25"), (3.0, "3.0"), (10.0, "10.0")])
def test_numbers_are_short(value: float, shown: str) -> None:
    assert shown_value(CHAT.replace(temperature=value), row("temperature")) == shown


def test_every_knobs_help_has_room_below_the_knobs() -> None:
    """Two lines, on a terminal of 120 columns."""
    greeting = hello()
    for strategy in greeting.strategies:
        for row in rows_for(SamplerSettings(remasking=strategy.name), greeting.strategies, "", greeting.caches):
            name = f"{row.name}: " if row.name in KNOBS and row.name != row.label else ""
            assert len(textwrap.wrap(name + row.help, 58)) <= 2, row.name


@given(st.sampled_from(NAMES), st.floats(0, 1))
def test_a_click_on_a_bar_fills_it_as_far(name: str, share: float) -> None:
    knob = row(name, CHAT.replace(remasking="made_up"))
    settings = CHAT.replace(remasking="made_up")
    if share_of(settings, knob) is None or name == "steps":
        return
    try:
        changed = with_share(settings, knob, share)
    except SettingsError:
        return
    check(changed)
    assert abs((share_of(changed, knob) or 0.0) - share) <= 0.07, "half of an arrow key's step"


def test_steps_by_a_click_are_at_least_one_a_block() -> None:
    settings = CHAT.replace(block_length=8)
    assert with_share(settings, row("steps"), 0.0).steps == 16
    assert with_share(settings, row("steps"), 1.0).steps == 256
