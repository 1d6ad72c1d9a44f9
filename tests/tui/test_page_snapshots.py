"""Pictures of the panel's pages on the recorded session of `test_snapshots`; made anew in the same way."""

from __future__ import annotations

import pytest

from tests.conftest import Home
from tests.tui.test_snapshots import Compare, _same_place, pressed, replay

__all__ = ["_same_place"]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize(
    "keys",
    [("f3",), ("ctrl+o",), ("ctrl+o", "ctrl+l"), ("ctrl+g",)],
    ids=["token", "spacetime", "spacetime-whole", "curves"],
)
def test_pages(snap_compare: Compare, home: Home, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    moves = ("f3", "shift+right", "shift+right", *keys)
    assert snap_compare(replay(home), terminal_size=size, run_before=pressed(*moves))


@pytest.mark.parametrize("theme", ["ansi", "light"])
def test_themes_of_spacetime(snap_compare: Compare, home: Home, theme: str) -> None:
    app = replay(home, f"llada-{theme}")
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressed("ctrl+o"))


def test_spacetime_without_colours(snap_compare: Compare, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(replay(home), terminal_size=(80, 24), run_before=pressed("ctrl+o"))
