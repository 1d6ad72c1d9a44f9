"""The user's configuration: read whole, and every value that cannot be used is told by name."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from llada_tui.cli import doctor
from llada_tui.drawing.palette import load_palettes
from llada_tui.tui.shell.config import Config, key_problems, load_config, value_problems
from llada_tui.tui.stage.pages import all_actions
from tests.conftest import Home


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(codecs.BOM_UTF8 + b"dwell = 0.5\n[keys]\ntoken = 'ctrl+x'\n")
    assert load_config(path) == (Config(dwell=0.5, keys={"token": "ctrl+x"}), [])
    (tmp_path / "mine.toml").write_bytes(codecs.BOM_UTF8 + b"name = 'mine'\nprimary = 'red'\n")
    path.unlink()
    palettes, problems = load_palettes([tmp_path])
    assert (list(palettes), problems) == (["mine"], [])


def test_keys_that_are_none() -> None:
    keys = {"token": "f3,ctrl+x,alt+enter,?,question_mark,ctrl+right_square_bracket", "knobs": "", "help": "nokey"}
    (problem,) = key_problems(Path("c"), Config(keys=keys), all_actions())
    assert problem == "c: help is bound to 'nokey', which is no key."
    (problem,) = key_problems(Path("c"), Config(keys={"fly": "f3"}), all_actions())
    assert "no action fly" in problem
    assert not [
        problem
        for action in all_actions().values()
        for problem in key_problems(Path("c"), Config(keys={action.id: action.keys}), all_actions())
    ]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (Config(theme="nosuch"), "no theme 'nosuch'"),
        (Config(worker="ssh 'box"), "quotation mark"),
        (Config(worker="no-such-command here"), "no command 'no-such-command'"),
        (Config(model="./nowhere"), "no folder ./nowhere"),
    ],
)
def test_values_that_cannot_be_used(config: Config, told: str) -> None:
    (problem,) = value_problems(Path("c"), config, {"llada-dark"})
    assert told in problem


def test_values_that_can(tmp_path: Path) -> None:
    config = Config(theme="dark", worker="sh -c true", model=str(tmp_path))
    assert value_problems(Path("c"), config, {"llada-dark"}) == []
    assert value_problems(Path("c"), Config(model="acme/llada"), set()) == []


def test_doctor_checks_every_value(home: Home) -> None:
    home.config.mkdir()
    path = home.config / "config.toml"
    for text, told in (
        ("dwell = 1e9", "dwell must be from 0"),
        ("theme = 'nosuch'", "no theme"),
        ("worker = 'no-such-command'", "no command"),
        ("[keys]\nfly = 'f3'", "no action fly"),
        ("speed = 3", "speed"),
    ):
        path.write_text(text)
        (finding,) = doctor.configuration()
        assert finding.verdict == doctor.NOTE
        assert told in finding.what
        assert finding.advice
    path.write_text("dwell = 0.2")
    (finding,) = doctor.configuration()
    assert finding.verdict == doctor.OK
    (home.config / "themes").mkdir()
    (home.config / "themes" / "bad.toml").write_text("name = 'BAD'")
    assert [finding.verdict for finding in doctor.configuration()] == [doctor.NOTE, doctor.OK]
