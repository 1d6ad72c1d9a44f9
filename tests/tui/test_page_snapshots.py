"""Pictures of the panel's pages on the recorded session of `test_snapshots`."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from llada_tui.tui.replay.replay import Replay
from llada_tui.tui.stage.pages.token_page import TokenPage
from llada_tui.worker.protocol import Influences, Lean
from tests.conftest import Home, first_quick
from tests.tui.pictures import SIZES, Picture, pressed
from tests.tui.test_snapshots import replay


@pytest.mark.parametrize("size", first_quick(SIZES), ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize(
    "keys",
    [("f3",), ("ctrl+o",), ("ctrl+o", "ctrl+l"), ("ctrl+g",)],
    ids=["token", "spacetime", "spacetime-whole", "curves"],
)
@pytest.mark.usefixtures("four_pages")
def test_pages(picture: Picture, home: Home, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    moves = ("f3", "shift+right", "shift+right", *keys)
    assert picture(replay(home), size, pressed(*moves), "#stage")


@pytest.mark.parametrize("theme", first_quick(["ansi", "light"]))
def test_themes_of_spacetime(picture: Picture, home: Home, theme: str) -> None:
    app = replay(home, f"llada-{theme}")
    assert picture(app, (80, 24), pressed("ctrl+o"), "#panel")


def test_spacetime_without_colours(picture: Picture, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture(replay(home), (80, 24), pressed("ctrl+o"), "#panel")


@pytest.mark.usefixtures("four_pages")
@pytest.mark.parametrize("size", first_quick(SIZES), ids="{0[0]}x{0[1]}".format)
def test_what_a_token_leans_on(picture: Picture, home: Home, size: tuple[int, int]) -> None:
    async def asked(pilot: Pilot[None]) -> None:
        await pressed("f3", "shift+right", "shift+right")(pilot)
        (screen,) = (screen for screen in pilot.app.screen_stack if isinstance(screen, Replay))
        stage = screen.stage
        run, frame, position = stage.player.run, stage.player.frame, stage.canvas.selected
        assert run is not None
        assert position is not None
        ids = [token for token in run.canvas(run.last) if token is not None][:7]
        nats = [5.21, -0.62, 0.0, 2.4, 0.33, 0.07, -1.1]
        leans = [Lean(at - 3, token, lean) for at, (token, lean) in enumerate(zip(ids, nats, strict=True))]
        stage.panel.find(TokenPage).show_influences(run, frame, Influences(1, position, ids[0], 0.931, leans, 0.084))
        await pilot.pause()

    assert picture(replay(home), size, asked, "#stage")
