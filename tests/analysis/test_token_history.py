"""One position over time, and the figures of a run: what the events say, whenever they come."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.analysis.colour_scale import least_entropy
from llada_tui.analysis.metrics import METRICS, RunMetrics
from llada_tui.analysis.token_history import Guess, TokenHistory
from llada_tui.trace.events import Alternatives, Choice
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.trace.support import Recorded, recorded_runs, start, step


def restless_run() -> Run:
    """Position 1: 5, then 6, kept as 6, taken back, then 6 again, kept as 7, replaced by 8."""
    run = Run(start(3), TokenBytes())
    run.add(step(0, {0: 9}, predictions=[Choice(1, 5, 0.3)], alternatives=[Alternatives(1, [5, 6], [0.3, 0.2])]))
    run.add(step(1, {1: 6}, alternatives=[Alternatives(1, [6, 5], [0.8, 0.1])]))
    run.add(step(2, {}, remasked=[1]))
    run.add(step(3, {}, predictions=[Choice(1, 6, 0.4)]))
    run.add(step(4, {1: 7}))
    run.add(step(5, {2: 9}, edits=[Choice(1, 8, 0.9)]))
    return run


def test_the_past_of_a_position() -> None:
    history = TokenHistory(restless_run(), 1)
    assert history.guesses == [
        Guess(1, 5, 0.3, False), Guess(2, 6, 0.5, True), Guess(4, 6, 0.4, False),
        Guess(5, 7, 0.5, True), Guess(6, 8, 0.9, True),
    ]  # fmt: skip
    assert history.flips == [2, 5, 6]
    assert (history.committed, history.remasked, history.edited) == ([2, 5], [3], [6])


def test_candidates_are_those_of_the_step_on_show_or_the_last_before() -> None:
    history = TokenHistory(restless_run(), 1)
    assert history.candidates(0) is None
    assert history.candidates(1) == (1, Alternatives(1, [5, 6], [0.3, 0.2]))
    assert history.candidates(6) == (2, Alternatives(1, [6, 5], [0.8, 0.1]))
    assert TokenHistory(restless_run(), 0).candidates(6) is None
    assert history.guess(3) == history.guesses[1]
    assert history.guess(0) is None


def test_the_chances_of_a_token_over_time() -> None:
    history = TokenHistory(restless_run(), 1)
    assert history.probabilities(6) == {1: 0.2, 2: 0.8, 4: 0.4}
    assert history.probabilities(99) == {}


@given(recorded_runs(), st.data())
def test_a_past_that_grew_is_one_told_afresh(made: Recorded, data: st.DataObject) -> None:
    run = Run(made.start, TokenBytes())
    position = data.draw(st.integers(0, run.length_at(0) - 1))
    history, measures = TokenHistory(run, position), RunMetrics(run)
    for event in made.events:
        run.add(event)
        if data.draw(st.booleans()):
            history.update()
            measures.update()
    history.update()
    measures.update()
    assert vars(history) == vars(TokenHistory(run, position))
    assert measures.values == RunMetrics(run).values
    assert len(history.remasked) == sum(position in step.remasked for step in run.steps)


def test_the_figures_of_a_step() -> None:
    run = Run(start(4), TokenBytes())
    run.add(step(0, {0: 9, 1: 9}, predictions=[Choice(2, 5, 0.2)], entropy=1.5))
    run.add(step(1, {}))
    values = RunMetrics(run).values
    assert values == {
        "masks": [2.0, 2.0], "confidence": [pytest.approx(0.4), None], "kept": [0.5, None], "entropy": [1.5, None],
        "commits": [2.0, 0.0], "milliseconds": [250.0, 250.0],
    }  # fmt: skip
    tops = {measure.name: RunMetrics(run).top(measure) for measure in METRICS}
    assert tops == {"masks": 4, "confidence": 1, "kept": 1, "entropy": 1.5, "commits": 2, "milliseconds": 250}


def test_the_share_computed_anew_is_a_figure_where_it_is_recorded() -> None:
    begun = start(4)
    begun = msgspec.structs.replace(begun, settings=begun.settings.replace(recomputed=True))
    run = Run(begun, TokenBytes())
    run.add(msgspec.structs.replace(step(0, {0: 9}), recomputed=[1.0, 0.5, 0.5, 0.0]))
    run.add(step(1, {1: 9}))  # without a list every layer computed everything
    run.add(step(2, {}))  # no pass
    measures = RunMetrics(run)
    assert measures.values["recomputed"] == [0.5, 1.0, None]
    assert measures.metrics[-1].words(0.5) == "50%"
    assert "recomputed" not in RunMetrics(Run(start(4), TokenBytes())).values


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=40), st.integers(1, 40))
def test_the_least_entropy_is_at_most_the_entropy(weights: list[float], count: int) -> None:
    chances = sorted((weight / sum(weights) for weight in weights), reverse=True)
    whole = -sum(chance * math.log(chance) for chance in chances)
    bound = least_entropy(Alternatives(0, list(range(count)), chances[:count]))
    assert 0 <= bound <= whole + 1e-9
    if count >= len(chances):
        assert bound == pytest.approx(whole, abs=1e-9)


def test_the_least_entropy_of_an_even_distribution_is_its_entropy() -> None:
    assert least_entropy(Alternatives(0, [1, 2], [0.01, 0.01])) == pytest.approx(math.log(100))
    assert least_entropy(Alternatives(0, [], [])) == 0
