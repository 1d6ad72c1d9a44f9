"""How the program ends when it is told to, when its terminal goes, and when it fails: in order, and with its code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from textual.widget import MountError

from llada_tui.trace.session import read_session
from llada_tui.tui.app import LladaApp
from tests.conftest import Home, first_quick
from tests.tui.pseudo_terminal import Terminal
from tests.tui.support import PATIENCE, ROOT, WORKER, Gate, chatting
from tests.tui.test_terminal import check_restored

IGNORING_HANGUP = """
import runpy, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
sys.argv[0] = "llada-tui"
runpy.run_module("llada_tui", run_name="__main__")
"""


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def in_a_run(gate: Gate, *start: str) -> Terminal:
    """A chat in the middle of a run."""
    gate.open(3)
    terminal = Terminal(*start, "chat", "--model", gate.model, "--worker", WORKER)
    terminal.until("ready")
    terminal.type("hello?\r")
    terminal.until("3/")
    return terminal


def check_ended(home: Home, workers: list[int]) -> None:
    """The run has its end in the file, and the worker is gone."""
    (path,) = home.sessions.glob("*.jsonl")
    (run,) = read_session(path).runs.values()
    assert run.end is not None
    assert run.end.reason == "cancelled"
    assert workers
    assert not [pid for pid in workers if is_running(pid)]


@pytest.mark.parametrize(
    "number",
    first_quick([signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGXCPU]),
)
def test_a_signal(home: Home, tmp_path: Path, number: signal.Signals) -> None:
    with in_a_run(Gate(tmp_path / "gate"), "-m", "llada_tui") as terminal:
        workers = children(terminal.process.pid)
        terminal.process.send_signal(number)
        assert terminal.ended() == 128 + number
    check_restored(terminal)
    assert terminal.raw.rindex(b"\x1b[<u") > terminal.raw.rindex(b"\x1b[>")  # kitty's protocol
    check_ended(home, workers)


@pytest.mark.parametrize("start", first_quick([("-c", IGNORING_HANGUP), ("-m", "llada_tui")]), ids=["nohup", "closed"])
def test_a_terminal_that_is_closed(home: Home, tmp_path: Path, start: tuple[str, ...]) -> None:
    with in_a_run(Gate(tmp_path / "gate"), *start) as terminal:
        workers = children(terminal.process.pid)
        terminal.hang_up()
        assert terminal.process.wait(PATIENCE) == 128 + signal.SIGHUP
    check_ended(home, workers)


FAILING = """
import sys
from llada_tui.tui.app import LladaApp
def fail(self):
    raise ZeroDivisionError("a\x1b[31m defect")
LladaApp.on_app_blur = fail
LladaApp.action_hint_quit = fail
sys.argv[0] = "llada-tui"
from llada_tui.start import main
main()
"""


def test_a_failure_is_a_sentence_and_no_success(home: Home) -> None:
    with Terminal("-c", FAILING, "chat", "--model", "fake", "--worker", WORKER, size=(200, 30)) as terminal:
        terminal.until("ready")
        workers = children(terminal.process.pid)
        terminal.type("\x03")  # an action that fails is told
        terminal.until("That failed: ZeroDivisionError")
        terminal.type("x")
        terminal.until("│ x")
        terminal.type("\x1b[O")  # anything else that fails ends the program
        assert terminal.ended() == 1
    check_restored(terminal)
    details = home.path / "data" / "llada-tui" / "last-crash.txt"
    assert "Something unexpected happened, and the program had to end: ZeroDivisionError" in terminal.text
    assert str(details) in "".join(terminal.text.split("\n"))
    assert b"\x1b[31m defect" not in terminal.raw
    assert 'raise ZeroDivisionError("a' in details.read_text() or "in fail" in details.read_text()
    end = time.monotonic() + PATIENCE
    while [pid for pid in workers if is_running(pid)]:
        assert time.monotonic() < end


async def test_an_action_that_comes_too_late_is_no_failure(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that was on its way when the program was left finds a screen that is being closed."""

    def fail(_: LladaApp) -> None:
        raise MountError("Can't mount widget(s) before it is mounted")

    monkeypatch.setattr(LladaApp, "action_hint_quit", fail)
    details = home.path / "data" / "llada-tui" / "last-crash.txt"
    async with chatting() as desk:
        desk.app.exit(0)
        await desk.app.run_action("hint_quit")
        assert not details.exists()


@pytest.mark.slow
def test_a_failure_in_the_middle_of_a_run_ends_it_in_its_file(home: Home, tmp_path: Path) -> None:
    with in_a_run(Gate(tmp_path / "gate"), "-c", FAILING) as terminal:
        workers = children(terminal.process.pid)
        terminal.type("\x1b[O")
        assert terminal.ended() == 1
    end = time.monotonic() + PATIENCE
    while [pid for pid in workers if is_running(pid)]:
        assert time.monotonic() < end
    check_ended(home, workers)


INTERRUPTED = """
import os, sys
from signal import SIGINT
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            exec("os.kill(os.getpid(), SIGINT)")  # as dataclasses are made: Python minds where it is interrupted
del sys.modules["signal"]
module = sys.argv.pop(1)
sys.meta_path.insert(0, Interrupting())
from llada_tui.start import main
main()
"""


@pytest.mark.parametrize(
    "module", first_quick(["typer", "signal", "llada_tui.cli.output", "llada_tui.cli.doctor", "platform"])
)
def test_an_interrupt_while_importing_is_silent(home: Home, module: str) -> None:
    process = subprocess.run(
        [sys.executable, "-S", "-c", INTERRUPTED, module, "doctor"],
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
    )
    assert (process.returncode, process.stderr) == (130, b"")


@pytest.mark.parametrize("module", first_quick(["llada_tui.tui.chat.chat", "textual.app", "llada_tui.worker.client"]))
def test_an_interrupt_while_the_screen_is_imported(home: Home, module: str) -> None:
    with Terminal("-c", INTERRUPTED, module) as terminal:
        assert terminal.ended() == 130
    assert b"Traceback" not in terminal.raw
    assert terminal.raw.count(b"\x1b[?1049h") == terminal.raw.count(b"\x1b[?1049l")
    assert terminal.after == terminal.before


@pytest.mark.parametrize("stop", first_quick([signal.SIGTSTP, signal.SIGSTOP, None]))
def test_a_stop_in_between(home: Home, tmp_path: Path, stop: signal.Signals | None) -> None:
    """Of the program, by a shell or a debugger: it goes on with the whole screen, and leaves the terminal in order."""
    gate = Gate(tmp_path / "gate")
    with in_a_run(gate, "-m", "llada_tui") as terminal:
        process = psutil.Process(terminal.process.pid)
        if stop is not None:
            terminal.process.send_signal(stop)
            terminal.until(lambda: process.status() == psutil.STATUS_STOPPED)
        terminal.screen.reset()
        terminal.process.send_signal(signal.SIGCONT)
        for words in ("llada-tui", "Conversation", "Knobs", "commands"):
            terminal.until(words)
        gate.open()
        terminal.until("done")
        terminal.type("again\r")
        terminal.until("run 2 of 2")
        assert terminal.leave() == 0
    assert terminal.after == terminal.before


STOPPED_IN_A_WRITE = """
import os, queue, signal, sys
put = queue.Queue._put
def stopping(self, item):
    if isinstance(item, str) and "hello?" in item:
        queue.Queue._put = put
        os.kill(os.getpid(), signal.SIGTSTP)
    put(self, item)
queue.Queue._put = stopping
sys.argv[0] = "llada-tui"
from llada_tui.start import main
main()
"""
"""A stop comes while what is drawn is handed to the thread that writes it, which holds a lock."""


def test_a_stop_in_the_middle_of_a_write(home: Home) -> None:
    with Terminal("-c", STOPPED_IN_A_WRITE, "chat", "--model", "fake", "--worker", WORKER) as terminal:
        process = psutil.Process(terminal.process.pid)
        terminal.until("ready")
        terminal.type("hello?\r")
        terminal.until(lambda: process.status() == psutil.STATUS_STOPPED)
        terminal.screen.reset()
        terminal.process.send_signal(signal.SIGCONT)
        terminal.until("done")
        assert terminal.leave() == 0
    assert terminal.after == terminal.before


def test_an_interrupt_while_the_program_is_left_changes_nothing() -> None:
    with Terminal("-m", "llada_tui", "chat", "--model", "fake", "--worker", WORKER) as terminal:
        terminal.until("ready")
        terminal.type("\x11")
        while terminal.process.poll() is None:
            terminal.type("\x03")
            terminal.read(0.002)
        assert terminal.ended() == 0
    assert terminal.after == terminal.before


HANGING = """
import asyncio, sys, threading
from llada_tui.tui.shell import terminal_driver
from llada_tui.tui.model_link.worker_link import WorkerLink
async def hang(self):
    await asyncio.Event().wait()
terminal_driver.GRACE = 0.5
WorkerLink.close = hang
sys.argv[0] = "llada-tui"
from llada_tui.start import main
main()
"""


def test_what_waits_for_ever_does_not_keep_the_program() -> None:
    with Terminal("-c", HANGING, "chat", "--model", "fake", "--worker", WORKER) as terminal:
        terminal.until("ready")
        assert terminal.leave() == 1
    check_restored(terminal)


HUNG_DISK = """
import sys, threading
from llada_tui.tui.replay import sessions_dialog
sessions_dialog.list_sessions = lambda folder: threading.Event().wait()
sys.argv[0] = "llada-tui"
from llada_tui.start import main
main()
"""


def test_a_thread_that_reads_for_ever_does_not_keep_the_program() -> None:
    with Terminal("-c", HUNG_DISK, "chat", "--model", "fake", "--worker", WORKER) as terminal:
        terminal.until("ready")
        terminal.type("\x1bOS")  # f4
        terminal.until("/ filters by")
        assert terminal.leave() == 0
    check_restored(terminal)
