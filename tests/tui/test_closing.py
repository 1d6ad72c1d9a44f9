"""What a worker says while a screen is being taken away, or after: nobody sees it, and nothing goes wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from rich.style import Style
from textual.app import ComposeResult
from textual.command import CommandPalette
from textual.events import Click
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList, TextArea

from llada_tui.lessons.progress import LessonProgress
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.lesson.contents import Contents
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.shell.dialogs import AskText
from llada_tui.tui.stage.change_tokens import WriteText
from llada_tui.worker.protocol import Progress
from tests.tui.lanes import ask, over
from tests.tui.lessons import reading, written
from tests.tui.support import Gate, chatting

pytestmark = pytest.mark.usefixtures("home")


async def test_a_lesson_that_closes_in_its_run(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    gate.open(2)
    async with reading(written(tmp_path), model=gate.model) as room:
        worker, app = room.screen.worker, room.desk.app
        await room.desk.until(lambda: worker.run is not None and worker.run.last == 2, "the run waits at the gate")
        run = worker.run
        closing = app.pop_screen()
        await room.desk.until(lambda: not room.screen.query("Footer"), "the lesson is without its parts")
        assert room.screen.is_mounted
        gate.open()  # its last steps and its end come now
        await closing
        assert run is not None
        assert run.end is not None


async def test_lanes_that_are_closed() -> None:
    async with chatting() as desk:
        screen = await ask(desk, "seed=1,2")
        await over(desk, screen)
        await desk.app.pop_screen()
        assert not screen.query("Footer")
        desk.chat.link.take(Progress("load", 1, 2))
        screen.show_comparison(beyond_a_step=True)


async def test_tokens_of_a_text_that_is_no_longer_wanted() -> None:
    asked = []
    pieces = TokenBytes()
    async with chatting() as desk:
        screen = WriteText("Text", pieces, 0, 4, lambda text, accept, failed: asked.append(accept), blank=False)
        await desk.app.push_screen(screen)
        screen.query_one(Input).value = "x"
        await desk.until(lambda: asked, "its tokens were asked for")
        await desk.app.pop_screen()
        assert not screen.query(Input)
        asked[0]([120])


async def test_a_chat_that_is_closed_starts_no_worker_any_more() -> None:
    async with chatting() as desk:
        await desk.ready()
        link = desk.chat.link
        await link.close()
        assert not await desk.chat.worker.ask(SamplerSettings(), Prompt(text="hi"))
        await link.load()
        assert not link.client.running
        assert link.phase is Phase.READY


async def test_a_dialog_that_is_accepted_twice_at_once_closes_nothing_else() -> None:
    accepted: list[str | None] = []
    async with chatting() as desk:
        dialog = AskText("Title", "What?")
        await desk.app.push_screen(dialog, accepted.append)
        dialog.dismiss("first")
        dialog.dismiss("second")
        await desk.until(lambda: accepted, "it was accepted")
        assert accepted == ["first"]
        assert desk.app.screen is desk.chat


@pytest.mark.parametrize("palette", ["command_palette", "change_theme"])
async def test_a_click_beside_a_palette_ends_nothing(palette: str) -> None:
    """As it comes when the terminal has become smaller meanwhile."""
    async with chatting() as desk:
        await desk.app.run_action(palette)
        await desk.until(lambda: CommandPalette.is_open(desk.app), "the palette is open")
        desk.app.screen.post_message(Click(None, 500, 500, 0, 0, 1, False, False, False))
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is desk.chat, "the palette is closed")
        await desk.type("words")
        assert desk.app.screen.query_one(TextArea).text == "words"


async def test_a_click_on_an_entry_that_is_gone_ends_nothing() -> None:
    """As it comes when the list was made anew meanwhile; the list takes keys as before."""
    async with chatting() as desk:
        await desk.press("f11")
        entries = desk.app.screen.query_one(OptionList)
        gone = Style(meta={"option": 999})
        entries.post_message(Click(entries, 1, 1, 0, 0, 1, False, False, False, style=gone))
        before = entries.highlighted
        await desk.press("down")
        await desk.until(lambda: entries.highlighted != before, "the list takes keys")


class _Part(Label):
    """Tells when it is taken away."""

    def __init__(self, gone: asyncio.Event) -> None:
        super().__init__("a part")
        self.gone = gone

    def on_unmount(self) -> None:
        self.gone.set()


class _Working(ModalScreen[None]):
    """A screen whose work ends when its parts are taken away, before the work is cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.gone, self.missed = asyncio.Event(), False

    def compose(self) -> ComposeResult:
        yield _Part(self.gone)

    def on_mount(self) -> None:
        self.run_worker(self._work())

    async def _work(self) -> None:
        await self.gone.wait()
        await asyncio.sleep(0)
        self.missed = not self.query(_Part)
        raise ZeroDivisionError("nobody is there any more")


async def test_work_of_a_screen_that_is_closed_ends_nothing() -> None:
    async with chatting() as desk:
        screen = _Working()
        await desk.app.push_screen(screen)
        await desk.app.pop_screen()
        assert screen.gone.is_set()
        await desk.type("words")
        assert desk.app.screen.query_one(TextArea).text == "words"
    assert screen.missed


async def test_a_screen_that_is_closed_while_it_opens_ends_nothing() -> None:
    async with chatting() as desk:
        for _ in range(3):
            desk.app.push_screen(Contents([], LessonProgress(), [], None))
            closed = desk.app.pop_screen()
            await desk.answers()
            await closed
        await desk.type("words")
        assert desk.app.screen.query_one(TextArea).text == "words"
