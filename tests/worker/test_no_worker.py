"""The screen's side against commands that are no worker, and what they print."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llada_tui.trace.bounds import MAX_LINE
from llada_tui.worker.client import WorkerClient, WorkerDied, WorkerError
from llada_tui.worker.process import StderrTail, printable_line
from llada_tui.worker.protocol import (
    Counted,
    Failure,
    Hello,
    Load,
    Quit,
)

from .client_screen import HELLO, Screen, exists, script, works
from .driver import FAKE, PATIENCE


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["no-such-command-of-ours"], "no command 'no-such-command-of-ours'"),
        (["bad\0name"], "cannot be started"),
        (script("print('\\x1b[1mWelcome to \\x07 my box'); import time; time.sleep(99)"), "'Welcome to   my box'"),
        (script('print(\'{"event":"end"}\'); import time; time.sleep(99)'), "is no worker"),
        (script("import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\0\\n'); sys.stdout.flush()"), "is no worker"),
        (script(HELLO.replace("p.PROTOCOL", "99").replace("0.1.0", "9.0")), "version 9.0 and speaks protocol 99"),
        (script("import sys; sys.exit('cannot go on')"), "exit code 1: cannot go on"),
        (script("pass"), "ended by itself"),
        (script("import os; os.kill(os.getpid(), 11)"), "SIGSEGV"),
        (script("import os; os.kill(os.getpid(), 9)"), "SIGKILL"),
        (script("import os, time; os.close(1); time.sleep(99)"), "SIGKILL"),
    ],
    ids=range(11),
)
async def test_what_is_no_worker_is_told_in_a_sentence(
    open_screen: Callable[..., Screen], command: list[str], words: str
) -> None:
    screen = open_screen(command)
    for _ in range(2):
        with pytest.raises(WorkerError) as caught:
            await screen.client.start()
        message = str(caught.value)
        assert words in message
        assert message.isprintable()
    assert not screen.client.running
    assert [caught.value.died] == (screen.all(WorkerDied)[1:] or [None])


async def test_silence_is_not_waited_for_for_ever(open_screen: Callable[..., Screen]) -> None:
    screen = open_screen(script("import time; time.sleep(99)"), start_timeout=0.3)
    with pytest.raises(WorkerError, match=r"within 0.3 seconds"):
        await screen.client.load(Load("fake"))
    assert screen.all(WorkerDied) == []


async def test_an_interrupted_start_leaves_nothing_behind(open_screen: Callable[..., Screen], tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"import os, time; open({str(note)!r}, 'w').write(f'{{os.getpid()}} '); time.sleep(99)"
    screen = open_screen(script(code))
    starting = asyncio.create_task(screen.client.start())
    async with asyncio.timeout(PATIENCE):
        while not (note.exists() and note.read_text().endswith(" ")):
            await asyncio.sleep(0.01)
        starting.cancel()
        while exists(int(note.read_text())):
            await asyncio.sleep(0.01)


async def test_a_flood_on_stderr_blocks_nothing_and_is_bounded(open_screen: Callable[..., Screen]) -> None:
    flood = "[sys.stderr.write('x' * 2000 + f'line {i}\\r') for i in range(5000)]; sys.stderr.write('z' * 9000000)"
    screen = open_screen(script(f"import sys; {flood}; {HELLO}; sys.stdin.readline(); sys.exit(1)"))
    await screen.client.load(Load("fake"))
    died = await screen.until(WorkerDied)
    assert len(died.log) == 40
    assert max(map(len, died.log)) <= 500


async def test_unreadable_lines_are_reported_and_not_fatal(open_screen: Callable[..., Screen]) -> None:
    huge = f"sys.stdout.buffer.write(b'x' * {MAX_LINE + 5} + b'\\n')"
    bad = "sys.stdout.buffer.write(b'\\xff\\xfe \\x1b[2J\\0\\n' * 500 + b'{\"event\":\"unknown\"}\\n')"
    good = "sys.stdout.buffer.write(codec.encode(p.Counted(5))); sys.stdout.flush()"
    screen = open_screen(script(f"{HELLO}; {huge}; {bad}; {good}; sys.stdin.read()"))
    await screen.client.start()
    assert (await screen.until(Counted)).tokens == 5
    failures = screen.all(Failure)
    assert len(failures) == 10
    assert {failure.code for failure in failures} == {"protocol"}
    assert all(failure.details.isprintable() for failure in failures)


async def test_a_grandchild_that_holds_the_streams_open_does_not_hide_its_end(
    open_screen: Callable[..., Screen], tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    fork = "pid = os.fork()\nif pid == 0: time.sleep(600); os._exit(0)"
    tell = f"open({str(note)!r}, 'w').write(str(pid)); sys.stdin.readline(); sys.exit(4)"
    screen = open_screen(script(f"{HELLO}; import os, time\n{fork}\n{tell}"))
    await screen.client.load(Load("fake"))
    assert (await screen.until(WorkerDied)).exit_code == 4
    os.kill(int(note.read_text()), signal.SIGKILL)  # it had held them to the end


async def test_a_command_may_be_one_string(open_screen: Callable[..., Screen]) -> None:
    screen = open_screen(f"'{FAKE[0]}' '{FAKE[1]}'")
    await screen.client.load(Load("fake"))
    await works(screen)


async def test_the_default_command_is_this_packages_worker_wherever_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "msgspec.py").write_text("raise SystemExit('the wrong module')")
    monkeypatch.chdir(tmp_path)
    items: list[Any] = []
    client = WorkerClient(on_item=items.append)
    await client.start()
    assert isinstance(items[0], Hello)
    await client.send(Quit())
    await client.stop()
    assert not exists(items[0].pid)


def test_logs_are_printable_and_bounded() -> None:
    log = StderrTail()
    for _ in range(3):
        log.feed(b"\x1b[31mred\x1b[0m \x00\x9b\r50%\r100%\nhalf \xe2\x82")
        log.feed(b"\xac " + b"y" * 100_000 + b"\n")
    lines = log.lines()
    assert lines[:4] == ["red  \ufffd", "50%", "100%", "half \u20ac " + "y" * 493]
    assert all(line.isprintable() and len(line) <= 500 for line in lines)
    assert printable_line("\x1b]0;title\x07a\u202eb\x1b") == "a b"
