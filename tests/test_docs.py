"""The pages that are made from the program say what it is now."""

from __future__ import annotations

import re

import pytest
import typer

from docs import evaluation, export, parallelism
from docs.strategies import FIGURES, PAGE, figures_file, page, prose, results
from llada_tui.cli import app
from llada_tui.diffusion import strategies
from llada_tui.export import formats


def test_the_page_of_the_strategies_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "a strategy has changed: run python -m docs.strategies"
    assert FIGURES.read_text("utf-8") == figures_file(), "other figures were measured: run python -m docs.strategies"
    drawn = parallelism.PICTURE.read_text("utf-8")
    assert drawn == parallelism.picture(results()), "other figures were measured: run python -m docs.strategies"


def test_the_picture_has_a_curve_of_every_strategy_that_was_measured() -> None:
    curves = parallelism.curves(results())
    assert len(curves) > 20
    assert min(curves["low_confidence"]).tokens_per_pass == 1.0
    drawn = parallelism.picture(results())
    assert drawn.count('class="curve"') == len(curves)
    assert all(f">{name}</text>" in drawn for name in curves)
    assert all(point.tokens_per_pass > 0 and 0 <= point.percent <= 100 for curve in curves.values() for point in curve)


def test_the_page_of_evaluations_is_current_and_its_commands_can_be_typed() -> None:
    assert evaluation.PAGE.read_text("utf-8") == evaluation.page(), "run python -m docs.evaluation"
    names = {name for command in typer.main.get_command(app).commands["eval"].params for name in command.opts}
    flags = set(re.findall(r"(?<=[ `(])--[a-z][a-z-]+", evaluation.page().replace("--multi_gpu --num_processes", "")))
    assert {"--preset", "--pairs", "--out", "--record", "--run-code"} <= flags <= names


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
