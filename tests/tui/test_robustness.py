"""Random keys, pastes, clicks and sizes while a run goes on: nothing raises, nothing is lost."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.errors import NoWidget
from textual.geometry import Size
from textual.widgets import TextArea

from llada_tui.trace.session import read_session
from llada_tui.tui.app import LladaApp
from llada_tui.tui.chat.prompt_area import PromptArea
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.tui.player.player_view import GROWTH_RATE
from llada_tui.tui.shell.terminal_app import Notice
from llada_tui.tui.stage.knobs import Knobs
from llada_tui.tui.stage.pages import all_actions
from tests.conftest import Home, first_quick
from tests.tui.support import Desk, Gate, chatting

SIZES = [(40, 12), (80, 24), (100, 30), (250, 70), (41, 13), (120, 17)]
LEAVES = {"ctrl+q", "ctrl+p"}
KEYS = sorted(
    {key for action in all_actions().values() for key in action.keys.split(",")}
    | {binding.key for kind in (Knobs, PromptArea) for binding in kind.BINDINGS if not isinstance(binding, tuple)}
    | {key for binding in TextArea.BINDINGS if not isinstance(binding, tuple) for key in binding.key.split(",")}
    | {"enter", "escape", "tab", "shift+tab", "1", "2", "backspace", "delete", "pageup", "pagedown", "c", "d", "u", "q"}
    - LEAVES
)
TEXTS = ["hello", "[bold]x[/]", "漢字", "\x1b[31m", "a\nb\nc", "0", "9.5", "x" * 300, ""]


async def poke(desk: Desk, source: random.Random) -> None:
    """One thing that a hand, a mouse or a window manager does."""
    what = source.random()
    if what < 0.7:
        key = source.choice([key for key in KEYS if key not in LEAVES])
        desk.app.simulate_key(key)
    elif what < 0.78:
        desk.app.post_message(events.Paste(source.choice(TEXTS)))
    elif what < 0.85:
        width, height = source.choice(SIZES)
        await desk.pilot.resize_terminal(width, height)
    else:
        size = desk.app.screen.size
        place = (source.randrange(size.width), source.randrange(size.height))
        with contextlib.suppress(NoWidget):  # a screen that comes, or goes, has nothing there for a moment
            await desk.pilot.click(offset=place, times=source.choice([1, 1, 2]))
    if source.random() < 0.3:
        await desk.pilot.pause()


def at_work(desk: Desk) -> list[str]:
    """What the application itself is at, such as reading a session whose screen comes then."""
    return [worker.name for worker in desk.app.workers if worker.node is desk.app and not worker.is_finished]


def check_nothing_lost(home: Home, ended: dict[str, Any]) -> None:
    """Every run that came to an end is in a file, with its end and the same answer."""
    recorded = {}
    for path in [*home.sessions.glob("*.jsonl"), *home.sessions.glob("deleted/*.jsonl")]:
        session = read_session(path)
        assert session.problems == []
        for run in session.runs.values():
            recorded[run.start.time] = run
    for moment, run in ended.items():
        assert moment in recorded
        assert recorded[moment].end is not None
        assert recorded[moment].answer() == run.answer()


async def _stay(app: LladaApp) -> None:
    """Quitting is tested elsewhere; the monkey finds it by the mouse too."""


@pytest.mark.filterwarnings(
    # Textual's pilot sends the end of a click to the screen on which it began, closed meanwhile or not
    "ignore:coroutine 'Screen._watch_selections' was never awaited:RuntimeWarning"
)
@pytest.mark.parametrize(
    ("seed", "pokes"),
    [(7, 25), *(pytest.param(seed, 100 if seed < 4 else 300, marks=pytest.mark.slow) for seed in range(1, 7))],
)
async def test_a_monkey_breaks_nothing(home: Home, seed: int, pokes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    home.path.mkdir(exist_ok=True)
    monkeypatch.chdir(home.path)
    monkeypatch.setattr(LladaApp, "action_quit_safely", _stay)
    source = random.Random(seed)
    ended: dict[Any, Any] = {}
    inner = WorkerSession.take

    def keep(worker: WorkerSession, event: Any) -> None:
        inner(worker, event)
        if worker.recording:  # a lesson's runs are kept once the reader adds to them
            ended.update((run.start.time, run) for run in worker.session.runs.values() if run.end is not None)

    monkeypatch.setattr(WorkerSession, "take", keep)
    async with chatting("paced", length=40) as desk:
        await desk.ready()
        await desk.ask("first")
        for _ in range(pokes):
            await poke(desk, source)
            assert desk.app.is_running
        await desk.pilot.resize_terminal(120, 40)
        await desk.answers()
        await desk.until(lambda: not at_work(desk), "whatever a key had opened is open")
        while desk.app.screen is not desk.chat:
            await desk.app.pop_screen()
        await desk.answers()
        await desk.chat.worker.cancel()
        await desk.until(lambda: not desk.chat.workbench.occupied, "the run is over")
        desk.chat.conversation_pane.prompt.put("")
        desk.chat.conversation_pane.prompt.focus()
        await desk.answer("last")
    assert len(ended) >= 2
    check_nothing_lost(home, ended)


@pytest.mark.usefixtures("home")
async def test_a_notification_whose_time_runs_out_as_it_is_shown_hangs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a loaded machine, where it expires between the look whether it has and its timer."""
    async with chatting() as place:
        await place.ready()
        monkeypatch.setattr(Notice, "has_expired", False)
        place.app.notify("too late", timeout=-1)
        await place.answers()
        await place.until(lambda: "too late" not in place.notices_on_show, "it was shown and went")


@pytest.mark.usefixtures("home")
async def test_two_sizes_that_come_quickly_are_taken_once() -> None:
    async with chatting(size=(100, 30)) as place:
        await place.ready()
        await place.press("f1")
        laid_out: list[object] = []
        for screen in (place.chat, place.app.screen):
            screen.screen_layout_refresh_signal.subscribe(place.app, laid_out.append)
        await place.pilot.resize_terminal(120, 40)
        await place.until(lambda: place.app.screen.size == (120, 40))
        laid_out.clear()
        for size in (Size(90, 25), Size(120, 40)):  # with something between them, or the later one replaces the other
            place.app.screen.post_message(events.Resize(size, size))
            place.app.screen.call_later(lambda: None)
        for _ in range(40):
            await place.answers()
        assert len(laid_out) < 6
        assert place.app.screen.size == place.chat.size == (120, 40)


@pytest.mark.usefixtures("home")
async def test_a_hundred_kilobytes_are_pasted_and_asked() -> None:
    text = "The quick brown fox jumps over the lazy dog. \n" * 2200
    async with chatting("paced") as desk:
        await desk.ready()
        desk.app.post_message(events.Paste(text))
        await desk.until(lambda: len(desk.chat.conversation_pane.prompt.text) == len(text), "it is pasted")
        await desk.answers()
        await desk.press("enter")
        await desk.until(
            lambda: desk.chat.worker.session.runs or desk.chat.conversation_pane.prompt.text,
            "it is asked, or given back",
        )
        await desk.until(lambda: not desk.chat.workbench.occupied, "it is over")
        run = desk.chat.worker.session.last_run()
        assert (
            run is not None and run.question == text.strip()
        ) or desk.chat.conversation_pane.prompt.text == text.strip()
        await desk.answers()


@pytest.mark.usefixtures("home")
async def test_what_is_too_long_to_be_asked_is_said_and_given_back() -> None:
    text = "The quick brown fox jumps over the lazy dog. \n" * 12_000
    async with chatting() as desk:
        await desk.ready()
        prompt = desk.chat.conversation_pane.prompt
        desk.app.post_message(events.Paste(text))
        await desk.until(lambda: prompt.border_subtitle == "too long to be asked", "it is said beside the prompt")
        await desk.answers()
        await desk.press("enter")
        await desk.until(lambda: "and a model can be asked 400 kB at most" in desk.conversation, "it is said why")
        assert prompt.text == text.strip()
        assert not desk.chat.workbench.occupied
        prompt.put("short")
        await desk.until(lambda: "too long" not in str(prompt.border_subtitle), "it is counted again")
        await desk.press("enter")
        assert (await desk.ended()).question == "short"


@pytest.mark.usefixtures("home")
async def test_one_line_of_a_hundred_kilobytes_is_pasted() -> None:
    async with chatting("missing") as desk:
        desk.app.post_message(events.Paste("x" * 100_000))
        await desk.until(lambda: len(desk.chat.conversation_pane.prompt.text) == 100_000, "it is pasted")
        await desk.press("y", "left", "backspace")
        assert len(desk.chat.conversation_pane.prompt.text) == 100_000


@pytest.mark.slow
@pytest.mark.usefixtures("home")
async def test_a_storm_of_sizes_in_a_run(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    async with chatting(gate.model, length=300, settings={"block_length": 300, "top_k": 0}) as desk:
        run = await desk.run_to(gate, 10)
        for width, height in [*SIZES, *reversed(SIZES), *((40 + 9 * at, 12 + 3 * at) for at in range(12))]:
            await desk.pilot.resize_terminal(width, height)
            gate.open(run.last + 8)
            canvas = desk.chat.stage.canvas
            for y in range(canvas.size.height):
                assert canvas.render_line(y).cell_length == canvas.size.width
        gate.open()
        await desk.ended()
        assert desk.recorded().runs[run.id].answer() == "a" * 300


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("size", first_quick([(40, 12), (250, 70)]))
async def test_a_canvas_of_a_thousand_tokens(size: tuple[int, int]) -> None:
    async with chatting(length=1000, size=size, settings={"block_length": 1000, "steps": 1000, "top_k": 0}) as desk:
        await desk.ready()
        stage = desk.chat.stage
        shown = stage.show_growth
        pictures: list[float] = []
        stage.show_growth = lambda: (pictures.append(time.monotonic()), shown())[1]  # type: ignore[method-assign]
        redraw, update_keys = stage.redraw, desk.chat.update_keys
        counts = {"frames": 0, "keys": 0}

        def count(name: str, function: Callable[[], None]) -> None:
            counts[name] += 1
            function()

        stage.redraw = lambda: count("frames", redraw)  # type: ignore[method-assign]
        desk.chat.update_keys = lambda: count("keys", update_keys)  # type: ignore[method-assign]
        run = await desk.answer()
        # a worker that sends a thousand steps a second does not have all curves, or the keys, drawn a thousand times
        assert len(pictures) <= GROWTH_RATE * (pictures[-1] - pictures[0]) + 5
        assert counts["keys"] <= counts["frames"] + 20
        stage.to_end()
        await desk.pilot.pause()

        assert (run.last, stage.player.frame) == (1000, 1000)
        assert "".join(stage.canvas.frame_rows.texts) == "a" * 1000
        stage.seek(500)
        await desk.press("tab", "down", "down", "shift+right")
        assert stage.player.frame == 500
