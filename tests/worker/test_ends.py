"""The worker's streams, and its end: nothing else enters the protocol, and nothing outlives its purpose."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from llada_tui.trace.events import CANCELLED, EndEvent
from llada_tui.worker.codec import encode
from llada_tui.worker.protocol import Failure, Held, Load, Progress, Quit

from .driver import FAKE, PATIENCE, ROOT, RawWorker, ask, still_answers


def test_nothing_printed_enters_the_protocol(worker: RawWorker) -> None:
    worker.send(Load("noisy"), ask("a", 3))
    worker.until(EndEvent)
    worker.close()
    worker.__exit__()
    assert None not in worker.items
    assert all(line.startswith((b'{"reply"', b'{"event"')) for line in worker.lines)
    for noise in (b"from print", b"from C", b"from the first stdout", b"from a child"):
        assert b"noise " + noise in worker.log


def test_a_library_that_asks_on_stdin_gets_nothing(worker: RawWorker) -> None:
    worker.send(Load("asking"))
    assert "EOFError" in worker.until(Failure).details
    still_answers(worker)


@pytest.mark.parametrize("how", ["close", "quit"])
@pytest.mark.parametrize("when", ["idle", "load", "run", "held", "stuck"])
def test_the_end_of_the_input_ends_it_promptly(worker: RawWorker, how: str, when: str) -> None:
    if when == "load":
        worker.send(Load("endless"))
        worker.until(Progress, stage="download")
    elif when != "idle":
        source = {"run": "paced", "held": "fake", "stuck": "stuck"}[when]
        worker.send(Load(source), ask("a", 1000, hold=when == "held"))
        if when == "held":
            worker.until(Held)
        else:
            worker.until_step(1)
    if how == "quit":
        worker.send(Quit())
        assert worker.process.wait(PATIENCE) == 0
    else:
        assert worker.close() == 0
    if when in ("run", "held"):
        assert worker.until(EndEvent).reason == CANCELLED


def test_it_ends_quietly_when_nobody_listens() -> None:
    process = subprocess.Popen(
        FAKE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    process.stdin.write(encode(Load("fake")) + encode(ask("a", 1000)))
    process.stdin.flush()
    assert process.wait(PATIENCE) == 0
    assert process.stderr.read() == b""
    process.stdin.close()
    process.stderr.close()


def test_it_ends_when_the_process_that_started_it_is_killed() -> None:
    code = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen({FAKE!r}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)\n"
        "print(p.pid, flush=True)\n"
        "time.sleep(3600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert parent.stdout
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + PATIENCE
    while is_alive(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
