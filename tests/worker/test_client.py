"""The screen's side against real processes: a worker that works, one that dies, and commands that are no worker."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from llada_tui.settings.prompt import Prompt
from llada_tui.trace.events import CANCELLED, FAILED, FINISHED, EndEvent, RunEvent, StepEvent
from llada_tui.worker.client import WorkerClient, WorkerDied, WorkerError
from llada_tui.worker.process import StderrTail, printable_line
from llada_tui.worker.protocol import (
    Advance,
    Cancel,
    Count,
    Counted,
    Failure,
    Held,
    Hello,
    Hold,
    Load,
    Loaded,
    Progress,
    Quit,
    Release,
)

from .driver import FAKE, PATIENCE, ask

T = TypeVar("T")


class Screen:
    """A client and everything it told."""

    def __init__(self, command: list[str] | str | None = None, **options: Any) -> None:
        self.items: list[Any] = []
        self._news = asyncio.Event()
        self._seen = 0
        self.pids: list[int] = []
        self.client = WorkerClient(command or FAKE, on_item=self._take, **{"stop_grace": 1.0, **options})

    def _take(self, item: Any) -> None:
        self.items.append(item)
        if isinstance(item, Hello):
            self.pids.append(item.pid)
        self._news.set()

    async def until(self, kind: type[T], **fields: object) -> T:
        """The next item of this kind with these fields."""
        async with asyncio.timeout(PATIENCE):
            while True:
                while self._seen < len(self.items):
                    item = self.items[self._seen]
                    self._seen += 1
                    if isinstance(item, kind) and all(getattr(item, k) == v for k, v in fields.items()):
                        return item
                self._news.clear()
                await self._news.wait()

    def all(self, kind: type[T]) -> list[T]:
        return [item for item in self.items if isinstance(item, kind)]


@pytest.fixture
async def open_screen() -> AsyncIterator[Callable[..., Screen]]:
    opened: list[Screen] = []

    def make(command: list[str] | str | None = None, **options: Any) -> Screen:
        opened.append(Screen(command, **options))
        return opened[-1]

    yield make
    for screen in opened:
        await screen.client.stop()
        for pid in screen.pids:
            assert not exists(pid), "an orphan or a zombie"


@pytest.fixture
def screen(open_screen: Callable[..., Screen]) -> Screen:
    return open_screen()


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def script(code: str) -> list[str]:
    return [sys.executable, "-c", code]


async def works(screen: Screen, name: str = "works") -> None:
    await screen.client.generate(ask(name, 2))
    assert (await screen.until(EndEvent, run=name)).reason == FINISHED


# -- a worker that works ----------------------------------------------------------------------------------------------


async def test_load_and_generate_start_the_worker(screen: Screen) -> None:
    assert not screen.client.running
    await screen.client.load(Load("fake"))
    assert screen.client.running
    await screen.until(Loaded)
    await works(screen)
    assert isinstance(screen.items[0], Hello)
    assert len(screen.pids) == 1


async def test_starting_twice_at_once_starts_one(screen: Screen) -> None:
    await asyncio.gather(screen.client.start(), screen.client.load(Load("fake")), screen.client.start())
    await works(screen)
    assert len(screen.pids) == 1


async def test_commands_reach_the_run(screen: Screen) -> None:
    await screen.client.load(Load("fake"))
    await screen.client.generate(ask("a", hold=True))
    await screen.until(Held, held=True)
    assert await screen.client.send(Advance("a"))
    await screen.until(StepEvent, index=0)
    await screen.client.send(Count(Prompt(text="abc")))
    assert (await screen.until(Counted)).tokens == 3
    await screen.client.send(Release("a"))
    await screen.until(EndEvent)


async def test_a_command_for_a_run_that_is_over_is_no_failure(screen: Screen) -> None:
    await screen.client.load(Load("fake"))
    await works(screen, "a")
    for command in (Cancel("a"), Hold("a"), Release("a"), Advance("a")):
        await screen.client.send(command)
    await works(screen, "b")
    assert screen.all(Failure) == []
    await screen.client.cancel("a")


async def test_cancel_waits_for_the_end(screen: Screen) -> None:
    await screen.client.load(Load("paced"))
    await screen.client.generate(ask("a", 1000))
    await screen.until(StepEvent, index=2)
    await screen.client.cancel("a")
    assert screen.all(EndEvent)[0].reason == CANCELLED
    await works(screen)
    assert len(screen.pids) == 1


async def test_a_worker_that_does_not_cancel_is_ended_and_replaced(open_screen: Callable[..., Screen]) -> None:
    screen = open_screen(cancel_grace=0.2)
    await screen.client.load(Load("stuck"))
    await screen.client.generate(ask("a"))
    async with asyncio.timeout(PATIENCE):
        while "stuck" not in screen.client.log:
            await asyncio.sleep(0.01)
    await screen.client.cancel("a")
    end = screen.all(EndEvent)[0]
    assert (end.reason, end.steps, end.text) == (CANCELLED, 2, "aa")
    died = screen.all(WorkerDied)
    assert len(died) == 1
    assert "did not cancel" in died[0].message
    await works(screen)
    assert len(screen.pids) == 2


async def test_a_raising_callback_does_not_end_the_reading(caplog: pytest.LogCaptureFixture) -> None:
    ends = asyncio.Event()

    def take(item: Any) -> None:
        if isinstance(item, EndEvent):
            ends.set()
        raise RuntimeError("a defect of the screen")

    client = WorkerClient(FAKE, on_item=take)
    with caplog.at_level(logging.CRITICAL + 1):
        await client.load(Load("fake"))
        await client.generate(ask("a"))
        async with asyncio.timeout(PATIENCE):
            await ends.wait()
        await client.stop()


async def test_ctrl_c_in_the_terminal_does_not_reach_the_worker(screen: Screen) -> None:
    await screen.client.start()
    assert os.getsid(screen.pids[0]) == screen.pids[0] != os.getsid(0)


# -- a worker that dies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["idle", "load", "run", "held"])
async def test_sigkill_at_any_moment_is_survived(screen: Screen, when: str) -> None:
    await screen.client.load(Load("endless" if when == "load" else "paced"))
    if when == "load":
        await screen.until(Progress, stage="download")
    else:
        await screen.until(Loaded)
    if when in ("run", "held"):
        await screen.client.generate(ask("a", 1000, hold=when == "held"))
        await screen.client.generate(ask("b", 2))
        await screen.until(*((StepEvent,) if when == "run" else (Held,)))
    os.kill(screen.pids[0], signal.SIGKILL)
    died = await screen.until(WorkerDied)
    assert (died.exit_code, died.signal) == (None, "SIGKILL")
    assert died.message.startswith("The worker was killed (SIGKILL)")
    assert not screen.client.running
    if when in ("run", "held"):
        end = screen.all(EndEvent)[0]
        steps = screen.all(StepEvent)
        assert (end.run, end.reason, end.steps, end.message) == ("a", FAILED, len(steps), died.message)
        assert end.text == "a" * len(steps)
        assert [(item.code, item.run) for item in screen.all(Failure)] == [("died", "b")]
    if when == "load":
        await screen.client.load(Load("fake"))
    await works(screen)
    assert len(screen.pids) == 2
    assert len(screen.all(WorkerDied)) == 1
    assert [loaded.model.id for loaded in screen.all(Loaded)][-1] == ("fake" if when == "load" else "paced")


async def test_killed_during_a_load_the_next_generate_loads_again(screen: Screen, tmp_path: Path) -> None:
    await screen.client.load(Load("once:" + str(tmp_path / "tried")))
    await screen.until(WorkerDied)
    await works(screen)
    assert len(screen.pids) == 2


async def test_after_a_failed_load_a_new_worker_loads_the_earlier_model(screen: Screen) -> None:
    await screen.client.load(Load("fake"))
    await screen.until(Loaded)
    await screen.client.load(Load("missing"))
    await screen.until(Failure, command="load")
    os.kill(screen.pids[0], signal.SIGKILL)
    await screen.until(WorkerDied)
    await works(screen)
    assert screen.all(RunEvent)[0].model.id == "fake"


async def test_a_command_for_a_dead_worker_is_not_sent(screen: Screen) -> None:
    assert not await screen.client.send(Cancel("a"))
    await screen.client.start()
    os.kill(screen.pids[0], signal.SIGKILL)
    await screen.until(WorkerDied)
    assert not await screen.client.send(Hold("a"))
    await screen.client.cancel("a")


async def test_an_exit_code_shows_the_last_line_of_its_log(open_screen: Callable[..., Screen]) -> None:
    code = f"{HELLO}; sys.stderr.write('\\x1b[31mthe reason\\x1b[0m\\x07\\n'); sys.stdin.readline(); sys.exit(3)"
    screen = open_screen(script(code))
    await screen.client.load(Load("fake"))
    died = await screen.until(WorkerDied)
    assert died == WorkerDied(3, None, "The worker ended with exit code 3: the reason", ["the reason"])


# -- stopping ---------------------------------------------------------------------------------------------------------


async def test_stop_in_mid_run_ends_run_and_process_and_reports_no_failure(screen: Screen) -> None:
    await screen.client.load(Load("paced"))
    await screen.client.generate(ask("a", 1000))
    await screen.until(StepEvent, index=2)
    await screen.client.stop()
    assert not exists(screen.pids[0])
    end = screen.all(EndEvent)[0]
    assert (end.reason, end.steps) == (CANCELLED, len(screen.all(StepEvent)))
    assert screen.all(WorkerDied) == []
    await screen.client.stop()
    await works(screen)


async def test_a_stopped_client_can_start_again(screen: Screen) -> None:
    await screen.client.start()
    await screen.client.stop()
    await screen.client.start()
    assert len(screen.pids) == 2


STUBBORN = "import signal, time; [signal.signal(s, signal.SIG_IGN) for s in (15, 2, 1)]; "


async def test_stop_kills_what_does_not_listen(open_screen: Callable[..., Screen]) -> None:
    screen = open_screen(script(f"{STUBBORN}{HELLO}; time.sleep(3600)"), stop_grace=0.2)
    await screen.client.start()
    async with asyncio.timeout(PATIENCE):
        await screen.client.stop()
    assert screen.all(WorkerDied) == []


async def test_an_interrupted_stop_still_kills(open_screen: Callable[..., Screen]) -> None:
    screen = open_screen(script(f"{STUBBORN}{HELLO}; time.sleep(3600)"), stop_grace=20)
    await screen.client.start()
    pid = screen.client._process.pid if screen.client._process else 0
    stopping = asyncio.create_task(screen.client.stop())
    await asyncio.sleep(0)
    stopping.cancel()
    async with asyncio.timeout(PATIENCE):
        while exists(pid):
            await asyncio.sleep(0.01)


async def test_kill_needs_no_waiting(screen: Screen) -> None:
    await screen.client.start()
    screen.client.kill()
    async with asyncio.timeout(PATIENCE):
        while screen.client.running:
            await asyncio.sleep(0.01)
    assert screen.all(WorkerDied) == []


# -- commands that are no worker --------------------------------------------------------------------------------------

HELLO = (
    "import os, sys; from llada_tui.worker import codec, protocol as p; "
    "sys.stdout.buffer.write(codec.encode(p.Hello(p.PROTOCOL, '0.1.0', os.getpid(), []))); sys.stdout.flush()"
)


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
    huge = "sys.stdout.buffer.write(b'x' * (p.MAX_LINE + 5) + b'\\n')"
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
