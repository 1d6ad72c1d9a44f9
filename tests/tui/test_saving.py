"""Saving under a name that is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from llada_tui.paths import sessions_folder, typed_path
from tests.conftest import Home
from tests.tui.sessions import fox
from tests.tui.support import replaying


def test_a_tilde_is_a_home_where_there_is_one(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert typed_path("~/x.txt") == home.path / "x.txt"
    assert typed_path("~nobody-of-that-name/x.txt") == Path("~nobody-of-that-name/x.txt")
    monkeypatch.setenv("LLADA_TUI_SESSIONS", "~nobody-of-that-name/sessions")
    assert sessions_folder() == Path("~nobody-of-that-name/sessions")


async def test_the_home_of_nobody_is_a_sentence(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await desk.press("ctrl+s", "ctrl+u", *"~nobody-of-that-name/x.txt", "enter")
        assert desk.told == ["~nobody-of-that-name/x.txt could not be written: no such file or directory."]


async def test_a_name_typed_after_ctrl_u_is_saved_under(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        await desk.press("ctrl+s", "ctrl+u", *"~/q k.txt", "enter")
        assert desk.told == [f"Saved to {home.path / 'q k.txt'}."]
        assert "llada:" in (home.path / "q k.txt").read_text()
