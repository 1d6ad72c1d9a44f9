"""How the process of the tokenizer and the chat template ends, what is said of it, and whose process it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from llada_tui.models import limited_process, text_process
from llada_tui.models.errors import ModelError
from llada_tui.models.text_process import TextProcess, cancelled_by
from tests.models.text_processes import (
    HOLDS,
    LOOPS,
    PATIENCE,
    ROOT,
    chat,
    encode,
    is_gone,
    once,
    pids,
    run,
    start,
    until,
)


def test_an_end_from_outside_is_said_to_be_one(process: TextProcess, state: str) -> None:
    pid = start(process, state)
    killed = once(lambda: os.kill(pid, signal.SIGKILL))
    with cancelled_by(killed), pytest.raises(ModelError, match=r"ended from outside \(SIGKILL\)") as raised:
        chat(process, state, LOOPS)
    assert "fault" not in str(raised.value)
    assert encode(process, state, "x") == [120]


def test_a_crash_is_said_to_be_one(process: TextProcess, state: str) -> None:
    pid = start(process, state)
    crashed = once(lambda: os.kill(pid, signal.SIGSEGV))
    with cancelled_by(crashed), pytest.raises(ModelError, match=r"template made its process end \(SIGSEGV\): choose"):
        chat(process, state, LOOPS)


def test_a_process_that_was_ended_while_idle_is_started_again(process: TextProcess, state: str) -> None:
    pid = start(process, state)
    os.kill(pid, signal.SIGKILL)
    until(lambda: psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    assert encode(process, state, "x") == [120]


@pytest.mark.parametrize("python", ["/nowhere/python", "false"])
def test_a_process_that_cannot_be_started_is_said_to_be_one(
    process: TextProcess, state: str, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", python)
    process.start()
    with pytest.raises(ModelError, match=rf"could not be started \(.+\): .* see that {python} runs"):
        encode(process, state, "x")


def test_why_python_did_not_start_is_said(process: TextProcess, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_process, "_PROGRAM", "llada_tui.models.no_such_module")
    with pytest.raises(ModelError, match=r"could not be started \(ModuleNotFoundError: .*no_such_module"):
        encode(process, state, "x")


def test_the_start_of_python_takes_none_of_the_time(
    process: TextProcess, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import time\ntime.sleep(5.5)\n")  # a slow disk
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(text_process, "SECONDS", 5.0)
    assert encode(process, state, "x") == [120]


def test_a_limit_that_was_reached_is_named(process: TextProcess, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_process, "SECONDS", 1.0)
    with pytest.raises(ModelError, match="template did not end within 1 seconds, so it was ended: the fault is"):
        chat(process, state, LOOPS)
    monkeypatch.undo()
    with pytest.raises(ModelError, match="template took more than 2 GB of memory, so it was ended: the fault is"):
        chat(process, state, "{{ 'x' * 9999999999 }}")


def test_a_long_text_is_not_the_checkpoint_s_fault(
    process: TextProcess, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(process, state)
    monkeypatch.setattr(text_process, "SECONDS", 0.1)
    with pytest.raises(ModelError, match="tokenizer did not end within 0 seconds, so it was ended: give it a shorter"):
        encode(process, state, "x y" * 3_000_000)


def test_memory_is_watched_where_the_system_does_not_bound_it(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_process, "MEMORY", 200 << 20)
    process = TextProcess(bounded_by_system=False)
    start(process, state)
    growing = (
        "{% set n = namespace(t=['x']) %}{% for i in range(99999) %}{% set n.t = [n.t, 'x' * 9000 ~ i] %}{% endfor %}"
    )
    with pytest.raises(ModelError, match=r"template took more than 0\.2 GB of memory"):
        chat(process, state, growing)
    process.end()


# -- whose process it is ----------------------------------------------------------------------------------------------


def test_ctrl_c_is_for_the_process_that_asks(process: TextProcess, state: str) -> None:
    pid = start(process, state)
    assert os.getsid(pid) == os.getsid(0)
    with cancelled_by(once(lambda: os.kill(pid, signal.SIGINT))):
        assert chat(process, state, "{% for i in range(99999) %}{% for j in range(150) %}{% endfor %}{% endfor %}x")
    assert encode(process, state, "x") == [120]
    assert pid in pids()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the alarm ends what lets no thread run")
@pytest.mark.parametrize("template", [LOOPS, HOLDS])
def test_a_busy_process_ends_with_the_one_that_was_killed(state: str, template: str) -> None:
    program = """
import sys
from llada_tui.models.text_process import PROCESS, cancelled_by
def is_cancelled():
    print("busy", flush=True)
with cancelled_by(is_cancelled):
    PROCESS.ask("key", sys.argv[1], do="chat", raw=False, template=sys.argv[2], messages=[], variables={})
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, state, template]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, start_new_session=True) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == b"busy\n"
        (child,) = psutil.Process(asking.pid).children()
        asking.kill()
        asking.wait()
        psutil.wait_procs([child], timeout=30)  # the alarm would end it after 60 seconds
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_process_at_rest_ends_with_its_input(state: str) -> None:
    program = """
import os, sys, psutil
from llada_tui.models.text_process import PROCESS
PROCESS.ask("key", sys.argv[1], do="encode", text="x", bare=True, raw=False)
print(psutil.Process().children()[0].pid, flush=True)
os._exit(0)
"""
    pid = int(run(program, state))
    until(lambda: is_gone(pid))


def test_a_cancel_waits_until_a_request_had_its_time(
    process: TextProcess, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limited_process.PATIENCE >= 0.5
    monkeypatch.setattr(limited_process, "PATIENCE", PATIENCE)  # a machine may be busy with other things
    with cancelled_by(lambda: True):
        assert encode(process, state, "x") == [120]
