"""``generate --watch`` in a real pseudo-terminal, with the real worker process and a model with gates."""

from __future__ import annotations

import re
import shlex
import signal
import sys
from pathlib import Path

import pytest

from llada_tui.settings.presets import SHOW, first_settings
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.session import read_session
from tests.cli.support import ROOT, generate, llada
from tests.conftest import Home, first_quick
from tests.tui.pseudo_terminal import Terminal
from tests.tui.support import Gate

WORKER = shlex.join([sys.executable, str(ROOT / "tests" / "tui" / "fakes.py")])
SMALL = ("--gen-length", "12", "--block-length", "12")


@pytest.fixture
def gate(tmp_path: Path, home: Home) -> Gate:
    return Gate(tmp_path / "gate")


def watch(
    gate: Gate, *arguments: str, size: tuple[int, int] = (60, 14), model: str | None = None, **variables: str
) -> Terminal:
    words = ["-m", "llada_tui", "generate", "hi", "--worker", WORKER, "--model", model or gate.model, "--watch"]
    return Terminal(*words, *SMALL, *arguments, size=size, **variables)


def lines(terminal: Terminal) -> list[str]:
    return [line for line in terminal.text.splitlines() if line]


def test_the_canvas_is_drawn_in_place_and_stays(gate: Gate) -> None:
    gate.open(2)
    with watch(gate) as terminal:
        terminal.until("step  2/12 · 10 masks")
        assert lines(terminal)[0].count("a") >= 2
        assert terminal.screen.cursor.hidden
        assert "masked" in lines(terminal)[-1]
        gate.open()
        assert terminal.ended() == 0
        assert lines(terminal) == ["a" * 12, "step 12/12 · 0 masks"]
        assert not terminal.screen.cursor.hidden
        assert terminal.screen.cursor.y == 2
    assert b"?1049" not in terminal.raw
    assert b"38;2;" in terminal.raw


def test_a_pipe_gets_the_answer_alone() -> None:
    done = generate("hi", *SMALL, "--watch")
    assert (done.code, done.out, done.err) == (0, "a" * 12 + "\n", "")


def test_a_terminal_that_cannot_be_drawn_on_gets_the_answer_alone(gate: Gate) -> None:
    gate.open()
    with watch(gate, TERM="dumb") as terminal:
        assert terminal.ended() == 0
        assert b"a" * 12 in terminal.raw
        assert b"\x1b" not in terminal.raw


def test_without_colours(gate: Gate) -> None:
    gate.open()
    with watch(gate, NO_COLOR="1") as terminal:
        assert terminal.ended() == 0
        assert lines(terminal)[0] == "a" * 12
    assert not re.search(rb"\x1b\[[0-9;]*(38|48|3[0-7]|4[0-7]|9[0-7])[;m]", terminal.raw)
    assert b"\x1b[2m" in terminal.raw  # what is a mask is still told from what is kept


def test_only_the_lines_that_changed_are_sent(gate: Gate) -> None:
    gate.open(1)
    with watch(gate) as terminal:
        terminal.until("step  1/12")
        before = len(terminal.raw)
        gate.open(2)
        terminal.until("step  2/12")
        assert b"masked" not in terminal.raw[before:]  # the legend stays
        gate.open()
        terminal.ended()


@pytest.mark.parametrize("columns", first_quick([40, 100]))
def test_another_size_in_the_middle(gate: Gate, columns: int) -> None:
    gate.open(2)
    with watch(gate, "--gen-length", "64", "--block-length", "64", size=(60, 14)) as terminal:
        terminal.until("step  2/64")
        terminal.resize(columns, 10)
        gate.open(3)
        terminal.until("step  3/64")
        assert terminal.text.count("step") == 1
        assert all(len(line) < columns for line in lines(terminal))
        gate.open()
        assert terminal.ended() == 0
        assert terminal.text.count("step") == 1
        assert "".join(lines(terminal)[:-1]) == "a" * 64


@pytest.mark.slow
def test_a_canvas_that_is_higher_than_the_terminal(gate: Gate) -> None:
    gate.open(5)
    with watch(gate, "--gen-length", "400", "--block-length", "400", "--steps", "8", size=(40, 8)) as terminal:
        terminal.until("step 5/8")
        assert len(lines(terminal)) < 8
        gate.open()
        assert terminal.ended() == 0
        assert "".join(lines(terminal)[:-1]) == "a" * (39 * (len(lines(terminal)) - 2) + 400 % 39)


def test_ctrl_c_leaves_the_canvas_and_the_cursor(gate: Gate) -> None:
    gate.open(3)
    with watch(gate) as terminal:
        terminal.until("step  3/12")
        terminal.process.send_signal(signal.SIGINT)
        gate.open(4)
        assert terminal.ended() == 130
        assert terminal.text.count("step") == 1
        assert "masks" in lines(terminal)[-1]
        assert not terminal.screen.cursor.hidden


def test_a_failure_is_said_below_the_canvas(gate: Gate) -> None:
    with watch(gate, model="defect") as terminal:
        assert terminal.ended() == 1
        _, step, sentence = terminal.text.partition("step 2/2")
        assert step
        assert "made up" in " ".join(sentence.split())
        assert not terminal.screen.cursor.hidden


def test_watch_excludes_the_other_outputs(home: Home) -> None:
    assert llada("generate", "hi", "--json", "--watch").sentence == "--json and --watch exclude each other."
    assert llada("generate", "hi", "--json", "--plain").sentence == "--json and --plain exclude each other."


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        (("--watch",), SHOW.apply(first_settings("demo"))),
        pytest.param((), first_settings("demo"), marks=pytest.mark.slow),
        pytest.param(("--watch", "--steps", "32"), first_settings("demo").replace(steps=32), marks=pytest.mark.slow),
    ],
)
def test_the_embedded_model_is_watched_with_settings_that_show_something(
    home: Home, arguments: tuple[str, ...], settings: SamplerSettings
) -> None:
    file = home.sessions / "run.jsonl"
    assert generate("hi", "--record", str(file), *arguments, model="demo").code == 0
    run = read_session(file).last_run()
    assert run is not None
    assert run.start.settings == settings
