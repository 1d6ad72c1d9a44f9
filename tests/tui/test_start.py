"""When Python searches for garbage: not while the program starts, and again from the first screen on."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from llada_tui.tui.app import LladaApp
from llada_tui.tui.shell.options import ReplayOptions
from tests.conftest import Home
from tests.tui.pseudo_terminal import Terminal
from tests.tui.sessions import fox
from tests.tui.support import PATIENCE, Desk, chatting

TELLING = """
import gc, sys, types
sys.modules["llada_tui.tui.app"] = app = types.ModuleType("app")
app.run_chat = lambda: 40 + gc.isenabled()
app.run_replay_file = lambda path: 50 + gc.isenabled()
from llada_tui.start import main
main()
"""


@pytest.fixture
def unsearched() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def test_not_before_a_screen_is_there(home: Home) -> None:
    session = fox(home.sessions / "fox.jsonl")
    for code, arguments in ((40, []), (40, ["chat"]), (50, ["replay", str(session)])):
        with Terminal("-c", TELLING, *arguments) as terminal:
            assert terminal.process.wait(PATIENCE) == code


async def test_from_a_chat_on(home: Home, unsearched: None) -> None:
    async with chatting() as place:
        await place.until(gc.isenabled)


async def test_after_a_session_that_cannot_be_read(tmp_path: Path, unsearched: None) -> None:
    path = tmp_path / "no.jsonl"
    path.write_text("no session\n")
    app = LladaApp(replay=ReplayOptions(path))
    async with app.run_test() as pilot:
        await Desk(app, pilot).gone()
    assert app.return_code == 1
    assert gc.isenabled()
