"""``llada-tui serve`` as a program, and the examples of docs/serving.md as they are written there."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from llada_tui import cli
from llada_tui.trace.session import read_session
from tests.cli.support import FAKE_WORKER, command, environment

from .support import PATIENCE

PAGE = (Path(__file__).parents[2] / "docs" / "serving.md").read_text("utf-8")


@contextmanager
def served(*arguments: str, model: str = "fake") -> Iterator[tuple[str, list[str]]]:
    """The program, at work: its address, and the lines that it printed when it was ready."""
    words = command("serve", "--port", "0", "--model", model, *arguments)
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        match = re.fullmatch(rf"{model} is served at (http://\S+); ctrl-C ends it.\n", line)
        assert match, line + process.communicate(timeout=PATIENCE)[1]
        lines = [line]
        if "0.0.0.0" in arguments:
            lines.append(process.stdout.readline())
        yield match[1], lines
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) in (0, 130)
        assert process.stderr is not None
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_an_address_that_others_reach_gets_a_token() -> None:
    with served("--host", "0.0.0.0", "--worker", FAKE_WORKER) as (url, lines):
        assert "0.0.0.0" not in url, "it is the address for others"
        token = lines[1].removeprefix("Clients need this token: ").strip()
        assert len(token) >= 32
        assert httpx.get(f"{url}/v1/models").status_code == 401
        headers = {"authorization": f"Bearer {token}"}
        assert httpx.get(f"{url}/v1/models", headers=headers).json()["data"][0]["id"] == "fake"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "missing"], "There is no model named missing."),
        (["--host", "300.1.2.3"], "Nothing can listen at 300.1.2.3"),
        (["--port", "99999"], "--port must be a whole number from 0 to 65535, not 99999."),
        (["--token", " "], "The token is empty."),
        (["--max-batch", "65"], "--max-batch must be a whole number from 1 to 64, not 65."),
    ],
)
def test_what_cannot_be_served_is_a_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["serve", "--worker", FAKE_WORKER, "--port", "0", *arguments]) in (1, 2)
    assert words in capsys.readouterr().err


def test_without_the_extra_it_says_how_to_install_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llada_tui.cli.serve.find_spec", lambda name: None)
    assert cli.run(["serve"]) == 1
    assert 'pip install "llada-tui[serve]"' in capsys.readouterr().err


def test_the_examples_of_the_page_can_be_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    curls = re.findall(r"^\$ (curl .+)$", PAGE, re.MULTILINE)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(curls) >= 6
    with served(model="demo") as (url, _):
        for line in curls:
            words = [*shlex.split(line.replace("http://127.0.0.1:8000", url)), "-sS", "--fail"]
            done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)
            assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
            if "stream" in line:
                assert done.stdout.endswith("data: [DONE]\n\n")
                assert ('"event":{"event":"step"' in done.stdout) == ("include_steps" in line)
            elif "-o" not in line:
                assert "object" in json.loads(done.stdout)
        exec(compile(code.replace("http://127.0.0.1:8000", url), "docs/serving.md", "exec"), {})
    assert "5" in capsys.readouterr().out
    (run,) = read_session(tmp_path / "run.jsonl").runs.values()
    assert run.last == 8


def test_every_option_of_the_page_is_one_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["serve", "--help"]) == 0
    help = capsys.readouterr().out
    for option in set(re.findall(r"`(--[a-z-]+)", PAGE)) | set(re.findall(r"^\$ llada-tui serve (--\w+)", PAGE, re.M)):
        assert option in help, option
