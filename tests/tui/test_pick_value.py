"""Strategies, cache policies and presets are picked from a list that says what each does and where it comes from."""

from __future__ import annotations

import pytest
from textual.containers import Vertical
from textual.widgets import OptionList

from llada_tui.diffusion import caches, strategies
from llada_tui.settings.presets import PRESETS
from llada_tui.settings.strategy_figures import strategy_figures
from llada_tui.trace.model_info import MASK_NOISE
from llada_tui.tui.stage.pick_value import PickValue
from tests.tui.support import Desk, chatting


def listed(desk: Desk) -> list[str]:
    """The entries of the list on show."""
    options = desk.app.screen.query_one(OptionList)
    return [str(options.get_option_at_index(at).prompt) for at in range(options.option_count)]


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("remasking", [name for name, kind in strategies.by_name().items() if kind.noise == MASK_NOISE]),
        ("cache", list(caches.by_name())),
        ("preset", [preset.name for preset in PRESETS if not preset.is_uniform]),
    ],
)
@pytest.mark.usefixtures("home")
async def test_enter_opens_the_list_and_takes_what_is_picked(setting: str, names: list[str]) -> None:
    async with chatting("demo", size=(80, 24)) as desk:
        await desk.ready()
        before = desk.chat.workbench.settings
        knobs = desk.chat.stage.knobs
        await desk.press("f2")
        knobs.go_to([setting])
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, PickValue), "the list")
        assert [entry.split()[0].strip("› ") or entry.split()[1] for entry in listed(desk)] == [
            name.split()[0] for name in names
        ]
        await desk.press("escape")
        assert desk.chat.workbench.settings == before
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, PickValue), "the list again")
        await desk.press("down", "enter")
        await desk.until(lambda: desk.chat.workbench.settings != before, "another value")
        if setting != "preset":
            chosen = getattr(desk.chat.workbench.settings, setting)
            assert chosen == names[names.index(getattr(before, setting)) + 1]


@pytest.mark.usefixtures("home")
async def test_a_strategy_is_listed_with_a_plain_name_its_source_and_what_was_measured() -> None:
    async with chatting("demo", size=(120, 40)) as desk:
        await desk.ready()
        await desk.press("f2")
        desk.chat.stage.knobs.go_to(["remasking"])
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, PickValue), "the list")
        name, summary, figures = listed(desk)[0].splitlines()
        assert name.split("   ") == ["› low_confidence", "surest first", "LLaDA, arXiv 2502.09992, algorithm 5"]
        assert summary.strip() == strategies.by_name()["low_confidence"].summary
        best = strategy_figures()["low_confidence"]
        assert figures.strip() == f"{best.accuracy:.1%} right in {best.passes:.1f} passes ({best.setting})"
        subtitle = str(desk.app.screen.query_one(Vertical).border_subtitle)
        assert "measured on the embedded model" in subtitle


def test_every_strategy_and_policy_cites_its_source() -> None:
    for kind in (*strategies.by_name().values(), *caches.by_name().values()):
        assert "arXiv" in kind.source(), kind
