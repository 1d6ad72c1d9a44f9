"""The default of the length policy `rho_eos`, measured on the embedded model's own evaluation."""

from __future__ import annotations

import pytest

from benchmarks.lengths import FIXED, cases, evaluate, questions
from tests.lessons.support import demo


@pytest.mark.slow
def test_half_of_the_fixed_canvas_is_enough_for_rho_eos() -> None:
    """From 16 masks it answers as often, within two points, on a canvas half as long: all through, and in the end."""
    examples = questions(10)
    fixed, changing = (evaluate(demo().model, examples, settings) for settings in (FIXED, cases(16)["rho_eos"]))
    assert changing.accuracy >= fixed.accuracy - 0.02
    assert changing.canvas <= fixed.canvas / 2
    assert changing.positions <= fixed.positions / 2
