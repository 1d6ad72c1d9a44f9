"""Fixtures of the screen's tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from llada_tui.models import recommendation
from llada_tui.models.machine import Memory
from llada_tui.models.machine_speed import USUAL
from llada_tui.tui.stage import pages
from llada_tui.tui.stage.pages.curves_page import CurvesPage
from llada_tui.tui.stage.pages.knobs_page import KnobsPage
from llada_tui.tui.stage.pages.spacetime_page import SpacetimePage
from llada_tui.tui.stage.pages.token_page import TokenPage
from tests.conftest import Home
from tests.tui.pictures import Picture, comparing
from tests.tui.support import Gate


def a_laptops_choice() -> recommendation.Recommendation | None:
    """What a laptop of 8 GB is recommended."""
    return recommendation.recommended(Memory("CPU", 8_000_000_000, 5_000_000_000), USUAL["cpu"])[0]


@pytest.fixture
def picture(snap_compare: Callable[..., bool], home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Picture]:
    """Compare pictures. Nothing of the machine is in them: neither its clock nor its folders, nor its memory."""
    home.path.mkdir(exist_ok=True)
    monkeypatch.chdir(home.path)
    monkeypatch.setenv("LLADA_TUI_SESSIONS", "sessions")
    monkeypatch.setattr("textual.constants.TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setattr(recommendation, "best_choice", a_laptops_choice)
    with pytest.MonkeyPatch.context() as clock:
        clock.setenv("TZ", "UTC")
        time.tzset()
        yield comparing(snap_compare)
    time.tzset()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """Lets a made-up model make so many steps and no more."""
    return Gate(tmp_path / "gate")


@pytest.fixture
def four_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The panel has these pages, whatever else is registered: for pictures of what lists pages."""
    monkeypatch.setattr(pages, "PAGES", (KnobsPage, TokenPage, SpacetimePage, CurvesPage))


@pytest.fixture
def no_dwell(home: Home) -> None:
    """A configuration in which a step takes no time on the screen."""
    home.config.mkdir(parents=True)
    (home.config / "config.toml").write_text("dwell = 0.0\n")


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    """A picture's file."""
    path = tmp_path / "my cat.png"
    Image.new("RGB", (60, 40), (255, 128, 0)).save(path)
    return path
