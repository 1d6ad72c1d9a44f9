"""What there is to see in a run, counted."""

from __future__ import annotations

from llada_tui.analysis.liveliness import Liveliness, keeps_only_ends, liveliness
from llada_tui.trace.events import Choice
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.trace.support import EOS, EOT, start, step


def test_changes_of_guesses_and_steps_of_ends() -> None:
    run = Run(start(4), TokenBytes())
    run.add(step(0, {3: EOS}, predictions=[Choice(0, 5, 0.3), Choice(1, 6, 0.3)]))
    run.add(step(1, {2: EOT, 3: EOS}, predictions=[Choice(0, 7, 0.3), Choice(1, 6, 0.3)]))
    run.add(step(2, {0: 5}, predictions=[Choice(1, 6, 0.4)]))
    run.add(step(3, {1: 8}, remasked=[0]))
    assert liveliness(run) == Liveliness(changes=3, positions=2, end_steps=2, steps=4)


def test_a_step_that_takes_back_or_keeps_nothing_is_no_step_of_ends() -> None:
    run = Run(start(4), TokenBytes())
    assert keeps_only_ends(run, step(0, {3: EOS, 2: EOT}))
    assert not keeps_only_ends(run, step(0, {}))
    assert not keeps_only_ends(run, step(0, {3: EOS, 2: 9}))
    assert not keeps_only_ends(run, step(0, {3: EOS}, remasked=[1]))
    assert not keeps_only_ends(run, step(0, {3: EOS}, edits=[Choice(1, 8, 0.9)]))
