"""Lanes: what is varied becomes settings, and what differs in their texts is marked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.analysis.differences import marked_differences
from llada_tui.settings.presets import choose
from llada_tui.settings.sampler_settings import KINDS, KNOBS, PARAMETERS_OF, SamplerSettings, SettingsError
from llada_tui.settings.vary import MAX_LANES, Lane, columns, lanes, parse, worded
from tests.trace import support

PARAMETERS = {"low_confidence": [], "random": [], "threshold": ["threshold"], "editing": ["threshold", "post_steps"]}
CACHES: dict[str, list[str]] = {"none": [], "prefix": [], "dual": [], "worn": ["refresh"]}
BASE = SamplerSettings(steps=32, gen_length=32, block_length=16)

SINGLE = [name for name in KNOBS if name not in PARAMETERS_OF.values()]


def made(*texts: str, **named: Any) -> list[Lane]:
    varied = parse(texts, PARAMETERS, CACHES)
    return lanes(varied, lambda changes: choose(BASE, None, {**named, **changes}), PARAMETERS, CACHES)


def test_values_are_combined_in_the_order_in_which_they_were_named() -> None:
    named_lanes = made("steps=8, 16", "remasking=low_confidence,random")
    assert [lane.label for lane in named_lanes] == [
        "steps=8 remasking=low_confidence",
        "steps=8 remasking=random",
        "steps=16 remasking=low_confidence",
        "steps=16 remasking=random",
    ]
    assert [(lane.settings.steps, lane.settings.remasking) for lane in named_lanes] == [
        (lane.varied["steps"], lane.varied["remasking"]) for lane in named_lanes
    ]
    assert {lane.settings.gen_length for lane in named_lanes} == {32}


NAMES = {"cache": ("none", "dual")}
VALUES: dict[Any, tuple[str, list[Any]]] = {
    int: ("1,2", [1, 2]),
    float: ("0,0.5", [0.0, 0.5]),
    bool: ("off,true", [False, True]),
}


@pytest.mark.parametrize("name", SINGLE)
def test_every_setting_can_be_varied(name: str) -> None:
    text, values = VALUES.get(KINDS[name], (",".join(NAMES.get(name, KNOBS[name].choices or ("a", "b"))), []))
    values = values or text.split(",")
    assert parse([f"{name.replace('_', '-')}={text}"], PARAMETERS) == {name: values}
    if name not in ("steps", "block_length"):
        assert [getattr(lane.settings, name) for lane in made(f"{name}={text}")] == values


@given(st.sampled_from(SINGLE), support.settings, support.settings)
def test_a_lanes_words_say_what_was_varied(name: str, first: SamplerSettings, second: SamplerSettings) -> None:
    values = [getattr(first, name), getattr(second, name)]
    words = [worded(value) for value in values]
    if len(set(words)) > 1:
        parsed = parse([f"{name}={','.join(words)}"], PARAMETERS)[name]
        assert [worded(value) for value in parsed] == words
        assert parsed == (pytest.approx(values, rel=1e-5) if KINDS[name] is float else values)


def test_steps_that_were_not_named_keep_their_share_of_the_canvas() -> None:
    assert [lane.settings.steps for lane in made("gen_length=16,64")] == [16, 64]


def test_a_parameter_goes_to_the_lanes_that_take_it() -> None:
    by_strategy = made("remasking=low_confidence,threshold", "threshold=0.6,0.9")
    assert [(lane.label, lane.settings.remasking_params) for lane in by_strategy] == [
        ("remasking=low_confidence", {}),
        ("remasking=threshold threshold=0.6", {"threshold": 0.6}),
        ("remasking=threshold threshold=0.9", {"threshold": 0.9}),
    ]
    editing = made("post_steps=0,4", remasking="editing", remasking_params={"threshold": 0.7})
    assert [lane.settings.remasking_params for lane in editing] == [
        {"threshold": 0.7, "post_steps": 0.0},
        {"threshold": 0.7, "post_steps": 4.0},
    ]


def test_a_strategy_that_is_not_known_keeps_its_parameters() -> None:
    by_strategy = made("remasking=magic,random", remasking_params={"power": 2.0})
    assert [lane.settings.remasking_params for lane in by_strategy] == [{"power": 2.0}, {}]


def test_a_parameter_of_a_cache_policy_goes_to_the_lanes_that_take_it() -> None:
    by_policy = made("cache=none,worn", "refresh=2,4")
    assert [(lane.label, lane.settings.cache_params) for lane in by_policy] == [
        ("cache=none", {}),
        ("cache=worn refresh=2", {"refresh": 2.0}),
        ("cache=worn refresh=4", {"refresh": 4.0}),
    ]
    assert all(lane.settings.remasking_params == {} for lane in by_policy)
    assert columns([lane.settings for lane in by_policy], ["demo"] * 3)["refresh"] == ["-", "2", "4"]
    with pytest.raises(SettingsError, match="refresh is no parameter of dual"):
        made("refresh=2,4", cache="dual")


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        ((), "nothing to compare"),
        (("steps=16",), "nothing to compare"),
        (("steps",), "'steps' is not of the form name=value,value"),
        (("steps=",), "not of the form"),
        (("step=16,32",), "nothing named 'step' to vary"),
        (("remasking_params=1,2",), "nothing named 'remasking_params'"),
        (("steps=16,many",), "steps must be a whole number, not 'many'"),
        (("steps=16,",), "steps must be a whole number, not ''"),
        (("steps=1,16",), "steps must be at least 2"),
        (("temperature=0,hot",), "temperature must be a number, not 'hot'"),
        (("temperature=0,99",), "temperature must be a number from 0 to 10"),
        (("cache=none,all",), "cache must be none, prefix, dual or worn, not 'all'."),
        (("early_stop=true,perhaps",), "early_stop must be true or false, not 'perhaps'"),
        (("threshold=0.5,x",), "threshold must be a number, not 'x'"),
        (("threshold=0.5,0.6",), "threshold is no parameter of low_confidence"),
        (("steps=16,32", "steps=8"), "steps is varied twice"),
        (("steps=16,32,16",), "steps has the value 16 twice"),
        ((f"seed={','.join(map(str, range(MAX_LANES + 1)))}",), f"more than {MAX_LANES} lanes"),
        (("steps=8,16,32", "seed=1,2,3,4,5,6"), f"more than {MAX_LANES} lanes"),
    ],
)
def test_what_cannot_be_varied_is_a_sentence(texts: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(SettingsError, match=r"^[^\n]+\.$") as caught:
        made(*texts)
    assert sentence in str(caught.value)


def test_the_most_lanes_there_may_be() -> None:
    assert len(made("steps=8,16", "seed=1,2,3,4,5,6,7,8")) == MAX_LANES


def marked(text: str, other: str) -> list[str]:
    return [part for part, new in marked_differences(text, other) if new]


def test_words_that_differ_are_marked() -> None:
    assert marked("The sky is  blue today.", "The sky is blue.") == ["blue", "today."]
    assert marked("a\nb c", "a b c") == []
    assert marked("one", "") == ["one"]
    assert marked("天空是蓝色的", "天空是绿色的") == ["蓝"]


texts = st.text(st.sampled_from("ab \n\u00a0天空"), max_size=40) | support.words


@given(texts, texts)
def test_parts_are_the_text_and_what_is_not_marked_stands_in_the_other(text: str, other: str) -> None:
    parts = marked_differences(text, other)
    assert "".join(part for part, _ in parts) == text
    assert not any(part.isspace() for part, new in parts if new)
    rest = iter([part for part, _ in marked_differences(other, "") if not part.isspace()])
    assert all(part in rest for part, new in parts if not new and not part.isspace())
    assert marked(text, text) == []
