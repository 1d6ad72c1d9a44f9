"""A session that is left is garbage, and so are its runs: nothing on the screen keeps them."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from benchmarks.large_sessions import chain
from llada_tui.tui.replay.replay import Replay
from llada_tui.tui.shell import reading
from tests.conftest import Home
from tests.export.support import written
from tests.tui.sessions import fox
from tests.tui.support import chatting

pytestmark = pytest.mark.usefixtures("unfreezing")


@pytest.mark.slow
async def test_no_search_for_garbage_goes_through_a_large_session(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would hold up the screen for as long as it takes. When the session is left, it is garbage like any other."""
    path = written(tmp_path / "chain.jsonl", *chain(2000))
    monkeypatch.setattr(reading, "MANY", 1000)
    passed_over = gc.get_freeze_count()
    async with chatting() as place:
        await place.ready()
        place.app.run_worker(place.app.navigation.open_session(path))
        await place.until(lambda: isinstance(place.app.screen, Replay))
        session, replay = weakref.ref(place.replay.session), weakref.ref(place.replay)
        with_session = gc.get_freeze_count()
        assert with_session > passed_over + 10_000
        await place.press("escape")
        await place.until(lambda: place.app.screen is place.chat)
        await place.until(lambda: (screen := replay()) is None or not screen.is_running)  # each search takes a second
        await place.until(lambda: gc.collect() >= 0 and session() is None and gc.get_freeze_count())
        assert 0 < gc.get_freeze_count() < with_session - 10_000, "the program is passed over as before"


async def test_a_large_session_that_the_chat_leaves_is_garbage_too(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "chain.jsonl", *chain(2000))
    monkeypatch.setattr(reading, "MANY", 1000)
    async with chatting(resume=path) as place:
        await place.ready()
        session, with_session = weakref.ref(place.chat.worker.session), gc.get_freeze_count()
        await place.chat.chat_sessions.action_new_chat()
        await place.until(lambda: gc.collect() >= 0 and session() is None and gc.get_freeze_count())
        assert 0 < gc.get_freeze_count() < with_session - 10_000


async def test_runs_of_a_conversation_that_is_left_are_kept_by_nothing(tmp_path: Path, home: Home) -> None:
    """Not by the entries, which Textual's layout of the hidden conversation keeps, nor by pages beside the canvas."""
    async with chatting(resume=fox(tmp_path / "fox.jsonl"), size=(200, 50)) as place:
        await place.ready()
        await place.answer()
        runs = [weakref.ref(run) for run in place.chat.worker.session.runs.values()]
        assert len(runs) > 1
        await place.press("ctrl+n")
        await place.until(lambda: gc.collect() >= 0 and not any(run() for run in runs))
