"""The application at a desk: under Textual's pilot, with a real worker process."""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets._toast import Toast

from llada_tui.trace.run import Run
from llada_tui.trace.session import Session, read_session
from llada_tui.trace.text import clean
from llada_tui.tui.app import OPENING, ChatOptions, LladaApp, ReplayOptions
from llada_tui.tui.chat.chat import Chat
from llada_tui.tui.chat.conversation_view import Entry
from llada_tui.tui.model_link.worker_link import Phase, WorkerLink
from llada_tui.tui.replay.replay import Replay
from tests.tui.fakes import number

ROOT = Path(__file__).parents[2]
WORKER = shlex.join([sys.executable, str(ROOT / "tests" / "tui" / "fakes.py")])
PATIENCE = 300.0
S = TypeVar("S", bound=Screen[Any])


def is_open(app: App[Any]) -> bool:
    """Whether the first screen is open."""
    return len(app.screen_stack) > 1 and all(worker.name != OPENING for worker in app.workers)


class _Errors(logging.Handler):
    """The errors that the program logged: an item of the worker that a screen could not take is only logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(logging.Formatter().format(record))


class Desk:
    """An application under a pilot, and what a test asks of it."""

    def __init__(self, app: LladaApp, pilot: Pilot[int], noted: Sequence[str] = ()) -> None:
        """``noted``: what the application notifies of; it grows."""
        self.app, self.pilot, self._noted = app, pilot, noted

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait for a condition. Every wait has an end."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"Never happened: {what or condition}"
            await asyncio.sleep(0.01)  # no pause, in which every part of the screen takes a message
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def answers(self) -> None:
        """The screen takes messages: no part of it is waiting for anything itself."""
        for pump in 2 * [self.app, self.app.screen, self.app.screen.focused or self.app.screen]:
            taken = asyncio.Event()
            pump.call_later(taken.set)
            await asyncio.wait_for(taken.wait(), PATIENCE)

    async def gone(self) -> None:
        """Wait for the application to have been left."""
        end = time.monotonic() + PATIENCE
        while self.app._exit is False:
            assert time.monotonic() < end, "The application was not left"
            await asyncio.sleep(0.005)

    @property
    def chat(self) -> Chat:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, Chat))

    @property
    def replay(self) -> Replay:
        screen = self.app.screen
        assert isinstance(screen, Replay)
        return screen

    # -- the chat -----------------------------------------------------------------------------------------------------

    async def ready(self) -> None:
        await self.until(lambda: self.chat.link.phase is Phase.READY, "the model is loaded")

    async def type(self, text: str) -> None:
        self.chat.conversation_pane.prompt.insert(text)
        await self.pilot.pause()

    async def ask(self, question: str = "hi") -> None:
        """Ask, without waiting for anything."""
        await self.type(question)
        await self.press("enter")

    async def began(self, steps: int = 0) -> Run:
        """Wait for a run that has made some steps."""
        worker = self.chat.worker
        await self.until(lambda: worker.run is not None and worker.run.last >= steps, f"step {steps}")
        assert worker.run is not None
        return worker.run

    async def run_to(self, gate: Gate, steps: int, question: str = "hi") -> Run:
        """Ask the gate's model once it is loaded, and wait for the run to have made so many steps."""
        await self.ready()
        gate.open(steps)
        await self.ask(question)
        return await self.began(steps)

    async def ended(self, runs: int = 1) -> Run:
        """Wait for the end of that many runs; gives the last of them."""
        session = self.chat.worker.session
        await self.until(
            lambda: len(session.runs) >= runs and all(run.end is not None for run in session.runs.values()),
            f"{runs} runs are over",
        )
        run = session.last_run()
        assert run is not None
        return run

    async def answer(self, question: str = "hi") -> Run:
        """Ask, and wait for the answer."""
        before = len(self.chat.worker.session.runs)
        await self.ask(question)
        return await self.ended(before + 1)

    @property
    def conversation(self) -> str:
        """The conversation as it is shown."""
        return "\n".join(str(entry.render()) for entry in self.chat.conversation_pane.view.query(Entry))

    def recorded(self) -> Session:
        """The session's file, read."""
        assert self.chat.worker.path is not None
        return read_session(self.chat.worker.path)

    @property
    def notices(self) -> list[str]:
        """All that the application has notified of. It goes from the screen with the next key."""
        return [*self._noted]

    @property
    def notices_on_show(self) -> list[str]:
        """The notifications on show."""
        return [str(toast.render()) for toast in self.app.screen.query(Toast)]


def _notifications_of(app: LladaApp) -> list[str]:
    """A list that takes what the application notifies of from now on."""
    noted: list[str] = []
    notify = app.notify

    def note(message: str, **options: Any) -> None:
        noted.append(clean(message))
        notify(message, **options)

    app.notify = note  # type: ignore[method-assign, assignment]
    return noted


@asynccontextmanager
async def desk(app: LladaApp, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Desk]:
    """Run an application; nothing may go wrong in it unnoticed."""
    errors = _Errors()
    logging.getLogger("llada_tui").addHandler(errors)
    noted = _notifications_of(app)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            place = Desk(app, pilot, noted)
            await place.until(lambda: is_open(app), "the first screen is open")
            try:
                yield place
            finally:
                for screen in app.screen_stack:
                    if isinstance(screen, Chat) and app._exit is False:
                        await screen.close()
    finally:
        logging.getLogger("llada_tui").removeHandler(errors)
    assert not errors.texts, errors.texts[0]


@asynccontextmanager
async def chatting(
    model: str = "fake", *, size: tuple[int, int] = (120, 40), length: int = 12, **options: Any
) -> AsyncIterator[Desk]:
    """A chat with a made-up model, on a canvas of ``length`` tokens, one a step."""
    settings = {"steps": length, "gen_length": length, "block_length": min(length, 6), **options.pop("settings", {})}
    chat_options = ChatOptions(model, worker=options.pop("worker", WORKER), settings=settings, **options)
    async with desk(LladaApp(chat_options), size) as place:
        yield place


@asynccontextmanager
async def replaying(path: Path, *, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Desk]:
    """The replay of a session file."""
    async with desk(LladaApp(replay=ReplayOptions(path)), size) as place:
        yield place


def kill(link: WorkerLink) -> None:
    """Kill a worker, as a system does that has run out of memory."""
    assert link.client.hello is not None
    os.killpg(link.client.hello.pid, signal.SIGKILL)


class Gate:
    """Lets a model named `model` make so many steps and no more."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.model = f"gate:{path}"

    def open(self, steps: int = 10**6) -> None:
        beside = self.path.with_suffix(".new")
        beside.write_text(str(steps))
        os.replace(beside, self.path)

    def trickle(self, condition: Callable[[], object]) -> Callable[[], bool]:
        """A condition that lets one more step through each time it does not hold yet."""
        steps = number(self.path)

        def check() -> bool:
            nonlocal steps
            if condition():
                return True
            steps += 1
            self.open(steps)
            return False

        return check
