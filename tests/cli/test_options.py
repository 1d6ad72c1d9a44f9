"""Options: every setting has one, and what is typed wrongly is said in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llada_tui import __version__, cli
from llada_tui.cli import generate as generating
from llada_tui.cli.generate import Format, GenerateRequest
from llada_tui.diffusion.strategies import by_name
from llada_tui.paths import TRACEBACK
from llada_tui.settings.presets import PRESETS
from llada_tui.settings.sampler_settings import KINDS, KNOBS


class Outcome:
    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        capsys.readouterr()
        self.code = cli.run(arguments)
        self.out, self.err = capsys.readouterr()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[GenerateRequest]:
    """The requests that ``generate`` would have carried out."""
    requests: list[GenerateRequest] = []
    monkeypatch.setattr(generating, "run", lambda request: requests.append(request) or 0)
    return requests


PARAM_FLAGS = {"remasking_params": "--param", "cache_params": "--cache-param", "length_params": "--length-param"}


def flags(name: str, value: Any) -> list[str]:
    flag = name.replace("_", "-")
    if KINDS[name] is bool:
        return [f"--{flag}" if value else f"--no-{flag}"]
    if isinstance(value, dict):
        return [part for key, number in value.items() for part in (PARAM_FLAGS[name], f"{key}={number}")]
    return [f"--{flag}", str(value)]


def _examples() -> list[tuple[str, Any]]:
    examples: list[tuple[str, Any]] = []
    for name, kind in KINDS.items():
        if kind is bool:
            examples += [(name, True), (name, False)]
        elif kind in (int, float):
            examples += [(name, kind(KNOBS[name].low)), (name, kind(KNOBS[name].high))]
        elif KNOBS[name].choices:
            examples += [(name, choice) for choice in KNOBS[name].choices]
        elif kind is str:
            examples.append((name, "entropy"))
        else:
            examples.append((name, {"a": 1.5, "b": -2.0}))
    return examples


@pytest.mark.parametrize(("name", "value"), _examples())
def test_every_setting_can_be_set(asked: list[GenerateRequest], name: str, value: Any) -> None:
    assert cli.run(["generate", "x", *flags(name, value)]) == 0
    assert asked[0].settings == {name: value}
    assert type(asked[0].settings[name]) is type(value)


def test_nothing_is_set_that_was_not_named(asked: list[GenerateRequest]) -> None:
    assert cli.run(["generate", "x"]) == 0
    (request,) = asked
    assert (request.settings, request.preset, request.format) == ({}, None, Format.TEXT)
    assert (request.load.source, request.load.dtype, request.load.device) == ("", "auto", "auto")


@pytest.mark.parametrize(
    "name", [name for name, kind in KINDS.items() if kind in (int, float) and KNOBS[name].high < 2**60]
)
def test_ranges_are_those_of_the_settings(
    asked: list[GenerateRequest], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    knob = KNOBS[name]
    for wrong in (knob.low - 1, knob.high + 1):
        outcome = Outcome(capsys, "generate", "x", *flags(name, KINDS[name](wrong)))
        assert outcome.code == 2
        assert outcome.err.startswith(f"llada-tui: {name} must be ")
    assert asked == []


def test_help_names_every_setting_and_preset(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("generate", "chat"):
        words = " ".join(Outcome(capsys, command, "--help").out.split())
        for name, knob in KNOBS.items():
            assert (f"--{name.replace('_', '-')}" if name not in PARAM_FLAGS else PARAM_FLAGS[name]) in words
            assert " ".join(knob.help.rstrip(".").split()[:3]) in words
        for preset in PRESETS:
            assert preset.name in words
        assert "low_confidence" in words


@pytest.mark.parametrize("name", ["fast", "FAST", "authors: GSM8K", "gsm8k"])
def test_presets_by_name(asked: list[GenerateRequest], name: str) -> None:
    assert cli.run(["generate", "x", "--preset", name]) == 0
    assert asked[0].preset in PRESETS


RECORDED = Path(__file__).parents[1] / "readme" / "session.jsonl"

WRONG = {
    "no such command": ["genrate"],
    "no prompt": ["generate"],
    "no such option": ["generate", "x", "--stepz", "3"],
    "no number": ["generate", "x", "--steps", "many"],
    "not a number": ["generate", "x", "--temperature", "nan"],
    "no preset": ["generate", "x", "--preset", "fastest"],
    "no parameter": ["generate", "x", "--param", "eta"],
    "no value": ["generate", "x", "--param", "eta=high"],
    "two formats": ["generate", "x", "--json", "--plain"],
    "an empty prompt": ["generate", " \n"],
    "steps for blocks": ["generate", "x", "--steps", "1"],
    "no strategy": ["generate", "x", "--remasking", "magic"],
    "no such parameter": ["generate", "x", "--param", "eta=1"],
    "two prompts": ["generate", "x", "y"],
    "no terminal": ["chat"],
    "no terminal without a command": [],
    "no terminal to replay in": ["replay", str(RECORDED)],
    "a negative step": ["replay", "--text", "--step", "-1"],
    "escape sequences": ["\x1b[31mred"],
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG.keys())
def test_wrong_use_is_a_sentence(home: Any, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    outcome = Outcome(capsys, *arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("llada-tui: ")
    assert outcome.err.count("\n") == 1
    assert outcome.err.rstrip().endswith((".", "?"))
    assert "\x1b" not in outcome.err


SENTENCES = {
    "generate x --steps abc": "steps must be a whole number, not 'abc'.",
    "generate x --steps 0": "steps must be a whole number from 1 to 32768, not 0.",
    "generate x --temperature 11": "temperature must be a number from 0 to 10, not 11.0.",
    "generate x --cache all": "cache must be none, dllm_cache, prefix, dual or sub_block, not 'all'.",
    "generate x --param eta=nan": "'eta=nan' is not of the form name=number. Try 'llada-tui generate --help'.",
    "generate x --param =3": "'=3' is not of the form name=number. Try 'llada-tui generate --help'.",
    "generate x --steps": "'--steps' requires an argument. Try 'llada-tui generate --help'.",
    "generate what is this": 'The words of a prompt need quotes round them, as in llada-tui generate "What is 2 + 2?".',
    "score a b --mc-num 0": "--mc-num must be a whole number from 1 to 1000000, not 0.",
    "score a b --seed -1": "seed must be a whole number from 0 to 9223372036854775807, not -1.",
    "export --speed 0": "--speed must be a number from 0.05 to 100, not 0.0.",
    "lesson --page 0": "--page must be a whole number from 1 to 999, not 0.",
    "models quantize demo --to foo": "--to must be nf4 or int8, not 'foo'.",
}


@pytest.mark.parametrize("typed", SENTENCES)
def test_what_is_wrong_is_told_in_the_words_of_the_settings(
    home: Any, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    outcome = Outcome(capsys, *typed.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("llada-tui: ")
    assert outcome.err.endswith(f"{SENTENCES[typed]}\n")


def test_an_empty_prompt_is_nothing_to_time(home: Any, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome(capsys, "bench", "--prompt", "")
    assert (outcome.code, outcome.err) == (2, "llada-tui: The prompt is empty.\n")


def test_the_list_of_commands_is_whole(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert "..." not in Outcome(capsys, "--help").out.split("Commands:")[1]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--version", "-V"):
        outcome = Outcome(capsys, flag)
        assert (outcome.code, outcome.out) == (0, f"llada-tui {__version__}\n")


def test_a_defect_is_a_sentence_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_: GenerateRequest) -> int:
        raise ZeroDivisionError("made up \x1b[31m")

    monkeypatch.setattr(generating, "run", broken)
    outcome = Outcome(capsys, "generate", "x")
    assert outcome.code == 1
    assert outcome.err.startswith("llada-tui: Something unexpected happened: ZeroDivisionError: made up")
    assert "\x1b" not in outcome.err
    monkeypatch.setenv(TRACEBACK, "1")
    with pytest.raises(ZeroDivisionError):
        cli.run(["generate", "x"])


class Opened:
    """Stands in for the screen, and keeps what it was opened with."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        from llada_tui.cli import chat, replay
        from llada_tui.tui import app

        self.chats: list[Any] = []
        for screen in (chat, replay):
            patch.setattr(screen, "need_terminal", lambda _: None)
        patch.setattr(app, "run_chat", lambda options: self.chats.append(options) or 0)
        patch.setattr(app, "run_replay", lambda *what, **more: self.chats.append((what, more)) or 0)


def test_chat_is_opened_with_what_was_named(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Opened(monkeypatch)
    assert cli.run([]) == 0
    assert cli.run(["chat", "--model", "m", "--preset", "fast", "--seed", "3", "--no-early-stop", "--theme", "t"]) == 0
    bare, named = opened.chats
    assert (bare.model, bare.settings, bare.preset, bare.resume) == (None, {}, None, None)
    assert (named.model, named.preset, named.theme) == ("m", "fast", "t")
    assert named.settings == {"seed": 3, "early_stop": False}


def test_chat_refuses_before_it_opens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Any
) -> None:
    opened = Opened(monkeypatch)
    for wrong in (["--steps", "1"], ["--remasking", "magic"], ["--param", "x=1"]):
        assert Outcome(capsys, "chat", *wrong).code == 2
    missing = Outcome(capsys, "chat", "--resume", str(home.path / "none"))
    assert missing.code == 1
    assert "no such file" in missing.err
    assert opened.chats == []


def test_every_strategy_and_its_parameters_can_be_found_and_set(
    asked: list[GenerateRequest], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "10000")
    cli.run(["generate", "--help"])
    help = capsys.readouterr().out
    for name, kind in by_name().items():
        assert name in help
        values = {parameter.name: parameter.default for parameter in kind.parameters}
        assert all(f"{key}={value:g}" in help for key, value in values.items())
        flags = [word for key, value in values.items() for word in ("--param", f"{key}={value}")]
        assert cli.run(["generate", "x", "--remasking", name, *flags]) == 0
        assert asked[-1].settings == {"remasking": name, **({"remasking_params": values} if values else {})}
