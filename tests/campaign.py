"""What comes from outside, drawn at random from a seed: deaths of the worker, damaged files, hostile tokens, malformed
lines, hands on the keyboard, and long work. Tests run each for a moment (`tests/test_campaign.py`).

By hand, for as long as wanted: ``python -m tests.campaign WHAT SIZE [SEED]``. WHAT is one of `CAMPAIGN`; SIZE is a
number of deaths, of places in a file, of tokens, of lines, of seconds, or of questions.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import psutil

from llada_tui.drawing.palette import DARK
from llada_tui.export import formats
from llada_tui.export.render import render
from llada_tui.export.render_options import RenderOptions
from llada_tui.export.run_timeline import RunTimeline
from llada_tui.trace.recorder import SessionRecorder
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session, SessionError, read_session
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.worker.codec import encode
from llada_tui.worker.protocol import Cancel, Held, Load, Ping, Pong
from tests.export.support import PALETTES
from tests.tui import monkey
from tests.tui.pseudo_terminal import Terminal
from tests.tui.sessions import fox, hostile
from tests.tui.support import ROOT, WORKER, Desk, Gate, chatting
from tests.tui.test_hostile import unsafe
from tests.worker.driver import RawWorker, ask

# -- deaths of the worker ---------------------------------------------------------------------------------------------

PHASES = ("starting", "loading", "waiting", "idle", "run", "held", "cancelled")
SIGNALS = tuple(getattr(signal, f"SIG{name}") for name in ("KILL", "TERM", "SEGV", "ABRT", "BUS", "HUP", "INT", "QUIT"))
_LENGTH = 12


async def deaths(times: int, seed: int, folder: Path) -> str:
    """Kill the worker of a chat in every phase by every signal: each question is in a file with what was written of
    its answer and its end, or back in the prompt. Raises `AssertionError`."""
    source, gate, counts = random.Random(seed), Gate(folder / "gate"), Counter[str]()
    loading = folder / "gate.loading"
    ended: dict[float, Run] = {}
    async with chatting(gate.model, length=_LENGTH) as desk:
        await desk.ready()
        for number in range(times):
            phase = PHASES[number % len(PHASES)]
            killer = source.choice(SIGNALS)
            await _die(desk, gate, loading, phase, killer, source, f"question {number}")
            counts[phase] += 1
            session = desk.chat.worker.session
            ended.update((run.start.time, run) for run in session.runs.values())
            if number % 10 == 9:
                await desk.press("ctrl+n")
                await desk.until(lambda: not desk.chat.worker.session.runs, "a new chat is open")
        gate.open()
        assert (await desk.answer("last")).answer() == "a" * _LENGTH
    _check_nothing_lost(ended)
    return f"{times} deaths ({dict(counts)}), {len(ended)} runs, none lost"


async def _die(
    desk: Desk, gate: Gate, loading: Path, phase: str, killer: signal.Signals, source: random.Random, question: str
) -> None:
    """Bring the chat into a phase, send the signal, and wait until all is told."""
    chat, link = desk.chat, desk.chat.link
    steps = source.randrange(1, _LENGTH)
    before = len(chat.worker.session.runs)
    gate.open(steps)
    chat.conversation_pane.prompt.put("")
    if phase in ("starting", "loading", "waiting"):
        loading.touch()
        if link.client.running:
            _send(signal.SIGKILL)
            await desk.until(lambda: link.phase is Phase.FAILED, "the worker is gone")
        await (link.load() if phase == "loading" else desk.ask(question))
        if phase == "starting":
            await desk.until(_worker, "the process is there")
        else:
            await desk.until(lambda: link.phase is Phase.LOADING, "it loads")
    else:
        if link.phase is Phase.FAILED:
            await link.load()
        await desk.ready()
    if phase in ("run", "held", "cancelled"):
        await desk.ask(question)
        await desk.until(lambda: chat.worker.run is not None and chat.worker.run.last >= steps, f"{steps} steps")
        if phase == "held":
            await desk.press("f7")
        elif phase == "cancelled":
            desk.app.simulate_key("escape")
    _send(killer)
    await desk.until(
        lambda: link.phase is Phase.FAILED and not chat.workbench.occupied, f"{killer.name} is told while {phase}"
    )
    loading.unlink(missing_ok=True)
    if phase in ("run", "held", "cancelled"):
        run = chat.worker.session.last_run()
        assert run is not None
        assert run.end is not None
        assert (len(chat.worker.session.runs), run.question, run.answer()) == (before + 1, question, "a" * run.last)
    elif phase in ("starting", "waiting"):
        assert chat.conversation_pane.prompt.text == question


def _worker() -> psutil.Process | None:
    """The worker's process, a child of this one."""
    children = [child for child in psutil.Process().children() if "fakes.py" in " ".join(child.cmdline())]
    return children[0] if children else None


def _send(number: signal.Signals) -> None:
    worker = _worker()
    assert worker is not None
    os.killpg(worker.pid, number)


def _check_nothing_lost(ended: dict[float, Run]) -> None:
    recorded: dict[float, Run] = {}
    for path in Path(os.environ["LLADA_TUI_SESSIONS"]).glob("*.jsonl"):
        session = read_session(path)
        assert session.problems == []
        recorded.update((run.start.time, run) for run in session.runs.values())
    for moment, run in ended.items():
        assert recorded[moment].end is not None
        assert recorded[moment].answer() == run.answer()


# -- damaged files ----------------------------------------------------------------------------------------------------


async def damage(places: int, seed: int, folder: Path) -> str:
    """Cut a session file at so many places, and flip bits at as many: it is read as far as it goes, or refused in a
    sentence, and can be gone on with."""
    source = random.Random(seed)
    whole = fox(folder / "whole.jsonl").read_bytes()
    path, refused = folder / "damaged.jsonl", 0
    kept = len(whole[: whole.index(b"\n")])
    for number in range(2 * places):
        data = bytearray(whole)
        if number % 2:
            for _ in range(source.choice([1, 1, 1, 4, 40])):
                data[source.randrange(len(data))] ^= 1 << source.randrange(8)
        else:
            del data[source.randrange(kept, len(data)) :]
        path.write_bytes(data)
        session, refusal = _read(path)
        if session is None:
            assert (number % 2, refusal.count("\n")) == (1, 0), f"seed {seed}, place {number}: {refusal}"
            refused += 1
            continue
        _look_through(session)
        recorder = SessionRecorder(folder, "campaign")
        recorder.renew(session, path)
        assert recorder.free_names(1)[0] not in session.runs
        recorder.close()
    assert refused < places / 2
    return f"{places} cuts and {places} flips: none raised, {refused} flipped files were refused in a sentence"


def _read(path: Path) -> tuple[Session | None, str]:
    """The session, or the sentence that refuses it."""
    try:
        return read_session(path), ""
    except SessionError as error:
        return None, str(error)


def _look_through(session: Session) -> None:
    for run in session.runs.values():
        for frame in {0, run.last // 2, run.last}:
            assert len(run.cells(frame)) == run.length_at(frame)
            assert unsafe(run.text(frame, cut=False).encode().replace(b"\t", b"")) == []
        run.answer()


# -- hostile tokens ---------------------------------------------------------------------------------------------------


async def tokens(count: int, seed: int, folder: Path) -> str:
    """So many random tokens through every export, 500 to a session. (`tests/tui/test_hostile.py` has them through the
    views of the screen.)"""
    source, made = random.Random(seed), Counter[str]()
    for begin in range(0, count, 500):
        pieces = [source.randbytes(source.randrange(13)) for _ in range(min(500, count - begin))]
        session = read_session(hostile(folder / f"{seed}-{begin}.jsonl", pieces, steps=3))
        timeline = RunTimeline(session, next(iter(session.runs.values())))
        for name, kind in formats.by_name().items():
            data = render(kind, timeline, timeline.frames, RenderOptions(PALETTES[DARK], PALETTES)).data
            made[name] += 1
            if kind.is_text:
                assert unsafe(data.replace(b"\t", b"")) == [], (name, begin)
            if name == "svg":
                ElementTree.fromstring(data)
    return f"{count} tokens in {dict(made)} exports, nothing raw in any"


# -- malformed lines --------------------------------------------------------------------------------------------------


async def lines(count: int, seed: int, folder: Path) -> str:
    """Send so many damaged commands to a worker: it answers a Ping after every hundred, and ends in order."""
    source = random.Random(seed)
    good = (ROOT / "tests" / "trace" / "version_1" / "commands.jsonl").read_bytes().splitlines()
    good += [encode(command).rstrip() for command in (Load("fake"), ask("a"), ask("b", 4, hold=True), Ping())]
    with RawWorker() as worker:
        before = psutil.Process(worker.process.pid).memory_info().rss
        for begin in range(0, count, 100):
            bad = [_spoil(source, source.choice(good)) for _ in range(min(100, count - begin))]
            worker.send(*[line + b"\n" for line in bad if b"quit" not in line], Ping())
            held = 0
            for item in iter(worker.next, None):
                if isinstance(item, Held) and item.held:
                    worker.send(Cancel(item.run))
                    held += 1
                if isinstance(item, Pong):
                    break
            assert worker.process.poll() is None, f"seed {seed}: the worker ended: {worker.log[-2000:]!r}"
            worker.items.clear()
            worker.lines.clear()
        grown = psutil.Process(worker.process.pid).memory_info().rss - before
        assert grown < 100e6
        assert worker.close() == 0
    return f"{count} lines, every ping answered, memory grown by {grown / 1e6:.0f} MB"


_SPLINTERS = [b"{", b"[", b'"', b"null", b"-1", b"1e999", b"\xff", b"\\ud800", b"9" * 30]


def _spoil(source: random.Random, line: bytes) -> bytes:
    data = bytearray(line)
    for _ in range(source.choice([1, 1, 2, 5])):
        at = source.randrange(len(data) or 1)
        match source.randrange(5):
            case 0:
                del data[at:]
            case 1:
                data[at : at + 1] = source.randbytes(source.randrange(4))
            case 2:
                data[at:at] = source.choice(_SPLINTERS)
            case 3:
                del data[at : at + source.randrange(9)]
            case _:
                data[at:at] = data[source.randrange(len(data) or 1) :][:20]
    return bytes(data).replace(b"\n", b" ")


# -- hands, and long work ---------------------------------------------------------------------------------------------


async def hands(seconds: int, seed: int, folder: Path) -> str:
    """Keys, mouse, pastes, sizes and a terminal's answers, for so many seconds: no crash, the terminal restored."""
    sent = await asyncio.to_thread(monkey.play, seed, folder, seconds=seconds)
    return f"{sent} things sent in {seconds} s, no crash, the terminal restored"


async def memory(questions: int, seed: int, folder: Path) -> str:
    """Ask so many questions of 100 steps, ten to a conversation: the screen's memory stays what it was after two
    conversations."""
    arguments = ("-m", "llada_tui", "chat", "--model", "fake", "--worker", WORKER, "--gen-length", "100")
    folder = Path(os.environ["LLADA_TUI_SESSIONS"])
    sizes = []
    with Terminal(*arguments, "--steps", "100", "--block-length", "100", size=(110, 34)) as terminal:
        terminal.until("ready")
        screen = psutil.Process(terminal.process.pid)
        terminal.drawn = False
        for number in range(questions):
            terminal.type(f"question {number}\r")
            terminal.until(lambda number=number: _ends(folder) > number)
            terminal.raw = b""
            if number % 10 == 9:
                terminal.type("\x0e")  # ctrl+n
                end = time.monotonic() + 2
                while time.monotonic() < end:
                    terminal.read()
                sizes.append(screen.memory_info().rss)
        assert terminal.leave() == 0
    grown = sizes[-1] - sizes[min(1, len(sizes) - 1)]
    assert grown < 30e6, sizes
    steps = questions * 100
    return f"{steps:,} steps of {questions} questions: {sizes[0] / 1e6:.0f} MB, grown by {grown / 1e6:.1f} MB"


def _ends(folder: Path) -> int:
    return sum(path.read_bytes().count(b'{"event":"end"') for path in folder.glob("*.jsonl"))


CAMPAIGN: dict[str, Callable[..., object]] = {
    part.__name__: part for part in (deaths, damage, tokens, lines, hands, memory)
}


def main(what: str, size: str, seed: str = "1") -> None:
    """Run a part of the campaign in a home of its own, and print what came of it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        for variable in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            os.environ[variable] = home
        os.environ["LLADA_TUI_SESSIONS"] = f"{home}/sessions"
        os.environ["PYTHONPATH"] = str(ROOT)
        words = asyncio.run(CAMPAIGN[what](int(size), int(seed), Path(home)))  # type: ignore[arg-type]
    print(f"{what}, seed {seed}: {words} ({time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    main(*sys.argv[1:])
