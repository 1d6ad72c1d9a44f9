"""The pages that are made from the program say what it is now."""

from __future__ import annotations

import pytest

from docs import export
from docs.strategies import FIGURES, PAGE, figures_file, page, prose
from llada_tui.diffusion import strategies
from llada_tui.export import formats


def test_the_page_of_the_strategies_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "a strategy has changed: run python -m docs.strategies"
    assert FIGURES.read_text("utf-8") == figures_file(), "other figures were measured: run python -m docs.strategies"


def test_the_page_of_the_export_formats_is_current_and_the_readme_names_each() -> None:
    assert export.PAGE.read_text("utf-8") == export.page(), "a format has changed: run python -m docs.export"
    readme = (export.PAGE.parents[1] / "README.md").read_text("utf-8")
    assert [name for name in formats.by_name() if f"(`{name}`)" not in readme] == []


@pytest.mark.parametrize("name", strategies.by_name())
def test_every_strategy_says_what_it_is_for(name: str) -> None:
    kind = strategies.by_name()[name]
    text = prose(kind.__doc__ or "")
    assert "Use it " in text or "Give it " in text
    assert len(kind.summary) <= 100
    assert 1 < len(kind.title.split()) <= 5
    assert all(
        parameter.low <= parameter.default <= parameter.high and parameter.help.endswith(".")
        for parameter in kind.parameters
    )
    assert not any(parameter.shown for parameter in kind.parameters) or "ublished" in text
