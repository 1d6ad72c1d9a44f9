"""Settings: everything that can be set can be wrong, and says so by name."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.settings.presets import CHAT, DEMO_CHAT, PRESETS, SHOW, chat_settings, choose, first_settings
from llada_tui.settings.sampler_settings import KINDS, KNOBS, PARAMETERS_OF, SamplerSettings, SettingsError, either

RANGED = [name for name, kind in KINDS.items() if kind in (int, float)]

names = st.from_regex(r"[a-z_][a-z0-9_]{0,20}", fullmatch=True)
numbers = st.floats(allow_nan=False, allow_infinity=False)


def _value(name: str) -> st.SearchStrategy[Any]:
    knob, kind = KNOBS[name], KINDS[name]
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(int(knob.low), int(knob.high))
    if kind is float:
        return st.floats(knob.low, knob.high)
    if knob.choices:
        return st.sampled_from(knob.choices)
    return names if kind is str else st.dictionaries(names, numbers, max_size=3)


@st.composite
def settings(draw: st.DrawFn) -> SamplerSettings:
    values = {name: draw(_value(name)) for name in KNOBS}
    blocks = -(-values["gen_length"] // values["block_length"])
    values["steps"] = max(values["steps"], blocks)
    return SamplerSettings(**values)


@given(settings())
def test_json_round_trip(value: SamplerSettings) -> None:
    assert msgspec.json.decode(msgspec.json.encode(value), type=SamplerSettings) == value


@given(settings(), st.dictionaries(names.filter(lambda name: name not in KNOBS), numbers, max_size=4))
def test_unknown_fields_are_ignored(value: SamplerSettings, more: dict[str, float]) -> None:
    fields = {**msgspec.to_builtins(value), **more}
    assert msgspec.json.decode(msgspec.json.encode(fields), type=SamplerSettings) == value


def test_missing_fields_are_the_published_defaults() -> None:
    value = msgspec.json.decode(b"{}", type=SamplerSettings)
    assert value == SamplerSettings()
    assert (value.steps, value.gen_length, value.block_length) == (128, 128, 128)
    assert (value.temperature, value.cfg_scale, value.remasking) == (0.0, 0.0, "low_confidence")


@given(st.sampled_from(RANGED), st.data())
def test_numbers_out_of_range_are_refused_by_name(name: str, data: st.DataObject) -> None:
    knob = KNOBS[name]
    wrong = data.draw(
        st.integers(max_value=int(knob.low) - 1)
        | st.integers(min_value=int(knob.high) + 1)
        | st.sampled_from([math.nan, math.inf, -math.inf, True, None, "3", [3], {}])
    )
    with pytest.raises(SettingsError) as caught:
        SamplerSettings(**{name: wrong})
    assert caught.value.field == name
    assert name in str(caught.value)
    assert str(caught.value).endswith(".")


@given(
    st.sampled_from([name for name, kind in KINDS.items() if kind in (bool, int)]),
    st.sampled_from([1.5, "yes", None, []]),
)
def test_a_wrong_type_is_refused_by_name(name: str, wrong: object) -> None:
    with pytest.raises(SettingsError) as caught:
        SamplerSettings(**{name: wrong})
    assert caught.value.field == name


@pytest.mark.parametrize("name", [name for name, knob in KNOBS.items() if knob.choices])
def test_what_is_not_among_the_choices_is_refused(name: str) -> None:
    for wrong in ("", "other", KNOBS[name].choices[0].upper(), 1, None):
        with pytest.raises(SettingsError, match=f"{name} must be {either(KNOBS[name].choices)}, not") as caught:
            SamplerSettings(**{name: wrong})
        assert caught.value.field == name


@pytest.mark.parametrize("part", PARAMETERS_OF)
@pytest.mark.parametrize("wrong", ["", "two words", "low-confidence", "../x", "a" * 65, 3, None, "\x1b[31m"])
def test_a_strategy_or_cache_policy_is_a_name(part: str, wrong: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        SamplerSettings(**{part: wrong})
    assert caught.value.field == part
    assert KNOBS[part].names in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("wrong", [None, 3, [], {"a b": 1}, {"a": "1"}, {"a": math.nan}, {"a": True}, {1: 1.0}])
@pytest.mark.parametrize("holder", PARAMETERS_OF.values())
def test_parameters_are_named_numbers(holder: str, wrong: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        SamplerSettings(**{holder: wrong})
    assert caught.value.field == holder


@given(st.integers(2, 400), st.integers(1, 400), st.data())
def test_every_block_needs_a_step(length: int, block: int, data: st.DataObject) -> None:
    blocks = math.ceil(length / block)
    assert SamplerSettings(steps=blocks, gen_length=length, block_length=block).blocks == blocks
    if blocks > 1:
        with pytest.raises(SettingsError) as caught:
            SamplerSettings(steps=data.draw(st.integers(1, blocks - 1)), gen_length=length, block_length=block)
        assert caught.value.field == "steps"


@given(settings(), settings())
def test_changes_lead_from_one_to_the_other(first: SamplerSettings, second: SamplerSettings) -> None:
    assert second.replace(**first.changes_from(second)) == first
    assert first.changes_from(first) == {}


def test_replace_checks_again() -> None:
    with pytest.raises(SettingsError) as caught:
        SamplerSettings().replace(temprature=1.0)
    assert caught.value.field == "temprature"
    with pytest.raises(SettingsError) as caught:
        SamplerSettings().replace(block_length=1, steps=3)
    assert caught.value.field == "steps"


def test_invalid_json_settings_are_a_decode_error_that_names_the_field() -> None:
    with pytest.raises(msgspec.ValidationError, match="temperature must be a number from 0 to 10"):
        msgspec.json.decode(b'{"temperature": 11}', type=SamplerSettings)


def test_every_knob_has_words_for_a_person() -> None:
    for name, knob in KNOBS.items():
        assert knob.label, name
        assert knob.help.endswith("."), name
        if name in RANGED:
            assert knob.low <= getattr(SamplerSettings(), name) <= knob.high, name
            assert knob.nudge > 0, name


@given(settings(), st.sampled_from(PRESETS))
def test_presets_can_be_applied_to_anything_and_keep_the_seed(value: SamplerSettings, preset: Any) -> None:
    changed = preset.apply(value)
    assert (changed.seed, changed.top_k, changed.early_stop) == (value.seed, value.top_k, value.early_stop)
    assert preset.apply(changed) == changed
    assert preset.matches(changed)


def test_presets_have_names_of_their_own() -> None:
    assert len({preset.name for preset in PRESETS}) == len(PRESETS)
    assert CHAT.early_stop
    assert DEMO_CHAT.early_stop


@given(st.sampled_from([None, *PRESETS]), st.data())
def test_what_was_asked_for_by_name_wins_over_the_preset(preset: Any, data: st.DataObject) -> None:
    names = data.draw(st.sets(st.sampled_from(list(KNOBS))))
    changes = {name: data.draw(_value(name)) for name in names - {"steps"}}
    chosen = choose(DEMO_CHAT, preset, changes)
    assert {name: getattr(chosen, name) for name in changes} == changes
    assert chosen.steps >= chosen.blocks
    if preset is not None and not names:
        assert preset.matches(chosen)


def test_steps_keep_their_share_of_a_canvas_asked_for() -> None:
    fast = next(preset for preset in PRESETS if preset.name == "fast")
    assert choose(DEMO_CHAT, None, {"gen_length": 256}).steps == 256
    assert choose(DEMO_CHAT, fast, {"gen_length": 256}).steps == 64
    assert choose(DEMO_CHAT, fast, {"gen_length": 256, "steps": 100}).steps == 100
    assert choose(DEMO_CHAT, fast, {"block_length": 1}).steps == 64
    for wrong in ({"gen_length": 0}, {"block_length": -1}, {"gen_length": "x"}):
        with pytest.raises(SettingsError) as caught:
            choose(DEMO_CHAT, None, wrong)
        assert caught.value.field in wrong
    with pytest.raises(SettingsError) as caught:
        choose(DEMO_CHAT, None, {"steps": 1})
    assert caught.value.field == "steps"


def test_a_preset_is_what_its_authors_gave_for_the_model() -> None:
    named = {preset.name: preset for preset in PRESETS}
    chosen = choose(CHAT, named["authors: Math"], {}, "GSAI-ML/LLaDA-1.5")
    assert (chosen.steps, chosen.gen_length, chosen.block_length) == (1024, 1024, 128)
    chosen = choose(CHAT, named["authors: Math"], {}, "GSAI-ML/LLaDA-8B-Instruct")
    assert (chosen.steps, chosen.gen_length, chosen.block_length) == (512, 512, 64)
    code = named["authors: HumanEval"]
    assert choose(CHAT, code, {}, "GSAI-ML/LLaDA-8B-Instruct").logits_eos_inf
    assert not choose(CHAT, code, {}, "GSAI-ML/LLaDA-1.5").logits_eos_inf
    assert choose(CHAT, code, {"seed": 5}, "GSAI-ML/LLaDA-1.5").seed == 5


def test_a_published_preset_leaves_no_cache_of_the_one_before() -> None:
    named = {preset.name: preset for preset in PRESETS}
    before = choose(CHAT.replace(cache="dual", cache_params={"refresh": 8.0}), named["authors: SDAR"], {})
    assert (before.cache, before.cache_params) == ("prefix", {})
    after = choose(before, named["authors: chat"], {})
    assert (after.cache, after.cache_params) == ("none", {})
    assert not named["authors: chat"].matches(after.replace(cache="prefix"))
    assert choose(before, named["authors: Math"], {}, "GSAI-ML/LLaDA-1.5").cache == "none"
    assert choose(before, named["fast"], {}).cache == "prefix"


def test_what_a_chat_starts_from_fits_the_model() -> None:
    assert first_settings("demo") == DEMO_CHAT
    assert SHOW.matches(chat_settings("demo"))
    assert chat_settings("demo").early_stop
    assert chat_settings("GSAI-ML/LLaDA-8B-Instruct") == CHAT
    assert first_settings("GSAI-ML/LLaDA-8B-Instruct") == CHAT == first_settings("a-folder")
    assert first_settings("inclusionAI/LLaDA2.0-mini").remasking_params == {"threshold": 0.95}
    assert first_settings("inclusionAI/LLaDA2.1-flash").remasking == "editing"
    for model in ("inclusionAI/LLaDA2.0-mini", "inclusionAI/LLaDA2.1-mini"):
        assert 32 % first_settings(model).block_length == 0


@pytest.mark.parametrize(
    "model", ["/home/me/sdar-trials/LLaDA-8B-Instruct", "bd3lm/my-model", "./Fast_dLLM_v2/x/", "a2d/Qwen3-0.6B-mdlm"]
)
def test_what_folders_are_called_says_nothing_of_the_model_in_them(model: str) -> None:
    assert first_settings(model) == CHAT
    named = {preset.name: preset for preset in PRESETS}
    assert choose(CHAT, named["authors: Math"], {}, f"/llada-1.5/{model}").gen_length == 512
    assert first_settings("/models/SDAR-1.7B-Chat-nf4/").block_length == 4


@pytest.mark.parametrize("model", ["JetLM/SDAR-1.7B-Chat", "GSAI-ML/LLaDA-1.5", "Qwen/Qwen3-0.6B", "d3LLM/d3LLM_LLaDA"])
def test_a_folder_in_the_cache_of_the_hub_starts_from_what_its_repository_starts_from(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = f"models--{model.replace('/', '--')}/snapshots/0a1b2c"
    monkeypatch.chdir(tmp_path)
    (tmp_path / cache).mkdir(parents=True)
    math = next(preset for preset in PRESETS if preset.name == "authors: Math")
    for source in (cache, f"/hub/{cache}/"):
        assert first_settings(source) == first_settings(model)
        assert math.of(source) == math.of(model)
    monkeypatch.chdir(tmp_path / cache)
    assert first_settings(".") == first_settings(model)
    assert first_settings("") == CHAT


def test_small_and_distilled_models_start_from_what_their_authors_have() -> None:
    assert first_settings("JetLM/SDAR-1.7B-Chat").block_length == 4
    assert first_settings("JetLM/SDAR-1.7B-Chat").remasking_params == {"threshold": 0.9, "at_least_quota": 1}
    assert first_settings("Efficient-Large-Model/Fast_dLLM_v2_1.5B").block_length == 8
    assert first_settings("dllm-hub/Qwen3-0.6B-diffusion-bd3lm-v0.1").cache == "prefix"
    assert first_settings("dllm-hub/Qwen3-0.6B-diffusion-mdlm-v0.1") == CHAT
    assert first_settings("Qwen/Qwen3-0.6B").block_length == 1
    assert first_settings("d3LLM/d3LLM_LLaDA").remasking == "entropy_threshold"
    assert first_settings("Zigeng/dParallel-LLaDA-8B-instruct").remasking_params == {"threshold": 0.5}
