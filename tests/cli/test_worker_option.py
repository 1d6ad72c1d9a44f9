"""Every command that needs a model reaches it through the worker that ``--worker`` starts, and survives that worker."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.checkpoints import make_checkpoint
from tests.cli.support import FAKE_WORKER, Result, command, environment, llada
from tests.conftest import Home, first_quick
from tests.tui.pseudo_terminal import Terminal

SMALL = ("--gen-length", "8", "--block-length", "8", "--steps", "2")
LONG = ("--gen-length", "4000", "--block-length", "4000", "--steps", "4000")
COMMANDS = {
    "generate": ("generate", "hi", *SMALL),
    "compare": ("compare", "hi", *SMALL, "--seeds", "1,2", "--mc-num", "2"),
    "compare --apart": ("compare", "hi", *SMALL, "--seeds", "1,2", "--mc-num", "2", "--apart"),
    "score": ("score", "hi", "there", "--mc-num", "4"),
    "bench": ("bench", *SMALL, "--rounds", "1", "--prompt", "hi"),
}
ENDLESS = {
    "generate": ("generate", "hi", *LONG),
    "compare": ("compare", "hi", *LONG, "--seeds", "1,2"),
    "score": ("score", "hi", "there", "--mc-num", "1000000"),
    "bench": ("bench", *SMALL, "--rounds", "100"),
}
"""Commands that take long with a model that is paced."""


@pytest.fixture(autouse=True)
def _at_home(home: Home) -> None:
    """Each test has a home of its own."""


class Elsewhere:
    """A worker behind a shell script, as ssh would be: it notes that it was used, and by which process."""

    def __init__(self, folder: Path, words: list[str]) -> None:
        self.mark, script = folder / "used", folder / "worker.sh"
        script.write_text(f"#!/bin/sh\necho $$ > {shlex.quote(str(self.mark))}\nexec {shlex.join(words)}\n")
        script.chmod(0o755)
        self.option = ("--worker", str(script))

    @property
    def pid(self) -> int:
        return int(self.mark.read_text())

    def is_gone(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        return False


@pytest.fixture
def real(tmp_path: Path) -> Elsewhere:
    return Elsewhere(tmp_path, [sys.executable, "-m", "llada_tui", "worker"])


def _with_code(folder: Path, code: str) -> Elsewhere:
    (folder / "worker.py").write_text(code)
    return Elsewhere(folder, [sys.executable, str(folder / "worker.py")])


@pytest.mark.parametrize("name", first_quick(COMMANDS))
def test_the_model_is_that_of_the_worker(name: str, real: Elsewhere) -> None:
    done = llada(*COMMANDS[name], "--model", "demo", "--device", "cpu", *real.option)
    assert (done.code, done.err) == (0, "")
    assert done.out
    assert real.is_gone()


@pytest.mark.slow
def test_a_quantised_copy_is_saved_where_the_worker_runs(tmp_path: Path, real: Elsewhere) -> None:
    source, copy = make_checkpoint(tmp_path / "tiny"), tmp_path / "copy"
    done = llada("models", "quantize", str(source), "--to", "nf4", "--out", str(copy), "--device", "cpu", *real.option)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{copy} holds {source} in nf4, ")
    assert any(copy.glob("*.safetensors"))
    assert real.is_gone()


@pytest.mark.slow
def test_the_configuration_names_a_worker_for_all(home: Home, real: Elsewhere) -> None:
    home.config.mkdir()
    (home.config / "config.toml").write_text(f"worker = '''{real.option[1]}'''\n")
    report = json.loads(llada(*COMMANDS["score"], "--json").out)
    assert report["model"]["id"] == "demo"
    assert real.is_gone()


PACED = """
import os
from pathlib import Path
from llada_tui.worker import server
from llada_tui.worker.job_messages import Quantized
from tests.worker import fakes

class Slow(fakes.FakeBackend):
    def _mark(self):
        Path({sign!r}).touch()

    def _steps(self, *task):
        for step in super()._steps(*task):
            self._mark()
            yield step

    def score(self, *asked, progress=None, **more):
        def marked(*done):
            self._mark()
            progress(*done)
        return super().score(*asked, progress=marked, **more)

    def bench(self, command, progress):
        while True:
            super().bench(command, progress)
            self._mark()

def load(command, progress):
    return Slow("paced")

def quantize(command, progress):
    part = Path(command.folder + ".part")
    part.mkdir()
    try:
        while True:
            progress("save", 1, 2, "")
            Path({sign!r}).touch()
            fakes.time.sleep(fakes.PAUSE)
    finally:
        part.rmdir()

server.run(load, quantize)
"""
"""A worker that takes long, and tells when it is at work."""


@pytest.fixture
def paced(tmp_path: Path) -> Elsewhere:
    return _with_code(tmp_path, PACED.format(sign=str(tmp_path / "at work")))


def _at_work(folder: Path, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """Start a command and wait until its worker is in the middle of it."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(command(*arguments), stdout=pipe, stderr=pipe, env=environment())
    while not (folder / "at work").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    return process


def _arguments(name: str, folder: Path) -> tuple[str, ...]:
    if name == "models quantize":
        return ("models", "quantize", "acme/tiny", "--to", "nf4", "--out", str(folder / "copy"))
    return ENDLESS[name]


LONG_ONES = [*ENDLESS, "models quantize"]


@pytest.mark.parametrize("name", first_quick(LONG_ONES))
def test_ctrl_c_ends_the_command_and_its_worker(name: str, paced: Elsewhere, tmp_path: Path) -> None:
    with _at_work(tmp_path, (*_arguments(name, tmp_path), *paced.option)) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"")
    assert (name == "generate") == bool(out)  # what was written so far
    assert paced.is_gone()
    assert not [*tmp_path.glob("copy*")]


@pytest.mark.parametrize("name", first_quick(LONG_ONES))
def test_a_worker_that_dies_in_the_middle_is_a_sentence(name: str, paced: Elsewhere, tmp_path: Path) -> None:
    with _at_work(tmp_path, (*_arguments(name, tmp_path), *paced.option)) as process:
        os.kill(paced.pid, signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    done = Result(process.returncode, out.decode(), err.decode())
    assert done.code == 1
    assert done.sentence == "The worker was killed (SIGKILL): the system may have run out of memory."


VERSION_1 = """
from llada_tui.worker import codec, command_queue, protocol, server
from llada_tui.worker.job_messages import JobCommand
import msgspec
from tests.worker import fakes

def decode(line):
    command = codec.decode_command(line)
    if isinstance(command, JobCommand):
        raise msgspec.ValidationError("Invalid value - at `$.command`")
    return msgspec.structs.replace(command, order="turns") if isinstance(command, protocol.Compare) else command

command_queue.decode_command = decode
server.run(fakes.load)
"""
"""A worker that knows only the commands that there were at first."""


@pytest.mark.parametrize("name", first_quick(["score", "bench", "models quantize"]))
def test_an_older_worker_is_a_sentence(name: str, tmp_path: Path) -> None:
    older = _with_code(tmp_path, VERSION_1)
    arguments = COMMANDS.get(name) or _arguments(name, tmp_path)
    done = llada(*arguments, *older.option)
    assert (done.code, done.out) == (1, "")
    assert done.sentence.startswith("The worker is older: it does not know ")
    assert older.is_gone()


def test_what_an_older_worker_knows_works(tmp_path: Path) -> None:
    older = _with_code(tmp_path, VERSION_1)
    assert llada(*COMMANDS["generate"], *older.option).out == "aaaaaaaa\n"
    compared = llada(*COMMANDS["compare"], *older.option)
    assert (compared.code, compared.err) == (0, "")
    assert "log p" in compared.out
    assert "-8.00 ± 0.50" in compared.out
    assert "the same as lane 1" in compared.out


CANNOT_SCORE = """
from llada_tui.models.errors import OutOfMemory
from llada_tui.worker import server
from tests.worker import fakes

class Small(fakes.FakeBackend):
    def score(self, *asked, **more):
        raise OutOfMemory("There is no room to score.")

server.run(lambda command, progress: Small("small"))
"""


def test_lanes_are_told_although_their_answers_cannot_be_scored(tmp_path: Path) -> None:
    compared = llada(*COMMANDS["compare"], *_with_code(tmp_path, CANNOT_SCORE).option)
    assert compared.code == 1
    assert "the same as lane 1" in compared.out
    assert "log p" not in compared.out
    assert compared.sentence == "There is no room to score."


def test_a_lesson_runs_on_the_worker_that_was_named(tmp_path: Path) -> None:
    made_up = Elsewhere(tmp_path, shlex.split(FAKE_WORKER))
    with Terminal("-m", "llada_tui", "lesson", "masks", "--model", "fake", *made_up.option) as terminal:
        terminal.until(made_up.mark.exists)
        terminal.until("24 masks")
        assert terminal.leave() == 0
    assert made_up.is_gone()


def test_a_lesson_says_that_its_worker_died(tmp_path: Path) -> None:
    made_up = Elsewhere(tmp_path, shlex.split(FAKE_WORKER))
    with Terminal("-m", "llada_tui", "lesson", "masks", "--model", "fake", *made_up.option) as terminal:
        terminal.until("24 masks")
        os.kill(made_up.pid, signal.SIGKILL)
        terminal.until("SIGKILL")
        assert terminal.leave() == 0
