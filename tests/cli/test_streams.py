"""Where a command's output goes, and where its input comes from."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli.support import command, environment, llada
from tests.conftest import Home, first_quick


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux' full device")
def test_a_full_disk_is_a_sentence(home: Home) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command("models"), stdout=full, stderr=subprocess.PIPE, env=environment(), timeout=100)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("llada-tui: There is no room left where the output goes")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("closed", first_quick([1, 0, 2]))
def test_a_closed_stream_takes_and_gives_nothing(home: Home, closed: int) -> None:
    line = f"{shlex.join(command('models'))} {'<' if closed == 0 else closed}>&-".replace("<>", "<")
    done = subprocess.run(["sh", "-c", line], capture_output=True, env=environment(), timeout=100)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (b"GSAI-ML/LLaDA-8B-Instruct (8b)" in done.stdout) is (closed != 1)


def test_input_that_never_ends_is_refused(home: Home) -> None:
    with subprocess.Popen(["yes"], stdout=subprocess.PIPE) as endless:
        done = subprocess.run(
            command("generate", "-"), stdin=endless.stdout, capture_output=True, env=environment(), timeout=100
        )
        endless.kill()
    assert done.returncode == 1
    assert done.stderr.decode().startswith("llada-tui: This is too long: more than 400 kB of text")


def test_a_worker_whose_command_has_an_open_quote_is_a_sentence(home: Home) -> None:
    sentence = llada("generate", "x", "--worker", "unclosed '").sentence
    assert sentence == 'The worker cannot be started: a quotation mark in "unclosed \'" has no second one.'


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["chat", "--resume", "nowhere.jsonl"], "nowhere.jsonl"),
        (["replay", "nowhere.jsonl"], "nowhere.jsonl"),
        (["lesson", "nowhere"], "There is no lesson 'nowhere'"),
        (["lesson", "masks", "--page", "99"], "There is no page 99"),
        (["chat"], "needs a terminal"),
    ],
)
def test_what_is_not_there_is_told_before_the_terminal_that_is_none(arguments: list[str], words: str) -> None:
    assert words in llada(*arguments).sentence
