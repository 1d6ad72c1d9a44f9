"""Accuracy under parallelism, computed by hand."""

from __future__ import annotations

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.analysis.parallelism import CurvePoint, accuracy_under_parallelism


def test_a_single_point_is_its_product() -> None:
    assert accuracy_under_parallelism([CurvePoint(1, 72.5)], 80) == 72.5
    assert accuracy_under_parallelism([CurvePoint(2.5, 40)], 40) == 100


def test_a_curve_is_its_weighted_area() -> None:
    points = [CurvePoint(5, 76), CurvePoint(1, 80), CurvePoint(2, 80)]
    lower = 76 * exp(-3 * (1 - 76 / 80))
    assert accuracy_under_parallelism(points, 80) == pytest.approx(80 + 80 + 3 * (80 + lower) / 2)


def test_points_far_below_the_first_do_not_count() -> None:
    points = [CurvePoint(1, 80), CurvePoint(4, 74.9), CurvePoint(6, 75)]
    lower = 75 * exp(-3 * (1 - 75 / 80))
    assert accuracy_under_parallelism(points, 80) == pytest.approx(80 + 5 * (80 + lower) / 2)


def test_no_weight_is_above_one() -> None:
    assert accuracy_under_parallelism([CurvePoint(1, 90), CurvePoint(2, 90)], 80) == 180


@given(st.lists(st.tuples(st.floats(1, 30), st.floats(1, 100)), min_size=1, max_size=8))
def test_at_one_accuracy_it_is_at_most_the_area(points: list[tuple[float, float]]) -> None:
    curve = [CurvePoint(*point) for point in points]
    best = max(point.percent for point in curve)
    area = accuracy_under_parallelism(curve, best)
    assert 0 < area <= max(point.tokens_per_pass for point in curve) * best * (1 + 1e-9)


@pytest.mark.parametrize(("points", "best"), [([], 80), ([CurvePoint(1, 2)], 0)])
def test_there_must_be_something_to_measure(points: list[CurvePoint], best: float) -> None:
    with pytest.raises(ValueError, match="best accuracy"):
        accuracy_under_parallelism(points, best)
