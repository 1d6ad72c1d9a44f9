"""Masks that an early stop leaves are told to be of no need, on the screen and in exports alike."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.analysis.early_stop import not_needed
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.drawing.state_labels import legend
from llada_tui.drawing.token_styles import look
from llada_tui.export.frame_renderer import caption
from llada_tui.trace.cell import State
from llada_tui.trace.events import Choice, PiecesEvent
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.export.support import timeline_of
from tests.export.test_html import page_of
from tests.export.test_pictures import renderer_of
from tests.trace.support import MODEL, end, start, step

EOS = 3
PIECES = PiecesEvent({1: b"It is", 2: b" 5.", EOS: b"<|endoftext|>"}, [EOS])
BEGUN = msgspec.structs.replace(start(8), model=msgspec.structs.replace(MODEL, eos_id=EOS))
STEPS = [
    step(0, {0: 1}, predictions=[Choice(at, EOS, 0.9) for at in range(2, 8)]),
    step(1, {1: 2, 2: EOS, 5: EOS}, predictions=[Choice(at, EOS, 0.9) for at in (3, 4, 6, 7)]),
]


def stopped(reason: str = "finished") -> Run:
    run = Run(BEGUN, TokenBytes())
    run.token_bytes.add(PIECES)
    for event in STEPS:
        run.add(event)
    run.add(end("It is 5.", reason=reason, steps=2))
    return run


def text(frame_rows: FrameRows) -> str:
    return "|".join("".join(span.text for span in row) for row in frame_rows.rows)


def test_they_are_the_masks_after_the_end_of_text_in_the_last_frame_of_a_finished_run() -> None:
    assert [not_needed(stopped(), frame) for frame in range(3)] == [[], [], [3, 4, 6, 7]]
    assert not_needed(stopped("cancelled"), 2) == []


def test_they_fold_into_one_text() -> None:
    frame_rows = FrameRows()
    frame_rows.show(stopped(), 2, ColourBy.STATE, True, 60)
    assert text(frame_rows) == "It is 5.∎ 4 not needed ∎"
    assert [frame_rows.looks[at] for at in (3, 4, 6, 7)] == [look(State.MASKED)] * 4
    frame_rows.show(stopped(), 1, ColourBy.STATE, True, 60)
    assert "not needed" not in text(frame_rows)


def test_they_fold_when_the_end_comes_after_its_step_was_shown_and_unfold_while_tokens_are_changed() -> None:
    run = Run(BEGUN, TokenBytes())
    run.token_bytes.add(PIECES)
    for event in STEPS:
        run.add(event)
    frame_rows = FrameRows()
    frame_rows.show(run, 2, ColourBy.STATE, True, 60)
    assert text(frame_rows) == "It is 5.∎∎   ∎   ∎∎   ∎"
    run.add(end("It is 5.", steps=2))
    assert frame_rows.show(run, 2, ColourBy.STATE, True, 60) is None  # all of it is drawn anew
    assert text(frame_rows) == "It is 5.∎ 4 not needed ∎"
    frame_rows.folds = False
    frame_rows.show(run, 2, ColourBy.STATE, True, 60)
    assert text(frame_rows) == "It is 5.∎∎   ∎   ∎∎   ∎"
    assert frame_rows.cells[4].state is State.PREDICTED


def test_exports_say_it_in_the_same_words(tmp_path: Path) -> None:
    timeline = timeline_of([BEGUN, PIECES, *STEPS, end("It is 5.", steps=2)])
    renderer = renderer_of(timeline)
    drawn = renderer.plain(timeline.frames[-1])
    assert "It is 5.∎ 4 not needed ∎" in drawn
    page = page_of(timeline, tmp_path / "a.html").read_text("utf-8")
    assert '" 4 not needed "' in page
    assert '["committed","∎ end of text"]' in page
    assert caption(timeline, timeline.frames[-1]) == "step 2/2 · 4 not needed"
    assert caption(timeline, timeline.frames[1]) == "step 1/2 · 7 masks"


# -- the legend -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [36, 40, 50, 60, 80, 200])
def test_the_end_mark_is_in_the_legend_wherever_it_is_on_the_canvas(width: int) -> None:
    samples = legend(frozenset(), width, has_end=True)
    words = "".join(sample.text + " " * sample.gap for sample in samples).rstrip()
    assert "∎ end" in words
    assert cell_len(words) <= width
    assert "∎" not in "".join(sample.text for sample in legend(frozenset(), width))


def test_the_legend_has_one_word_for_a_state() -> None:
    for width in (40, 200):
        words = [sample.text.strip("░ ") for sample in legend({State.REMASKED, State.EDITED}, width)]
        assert words == ["masked", "guessed", "kept now", "kept", "taken back", "edited"]


def test_an_end_of_text_that_is_guessed_is_an_end_mark_on_the_canvas() -> None:
    frame_rows = FrameRows()
    marks = []
    for frame, guesses in ((0, True), (1, True), (1, False), (2, False)):
        frame_rows.show(stopped("cancelled"), frame, ColourBy.STATE, guesses, 60)
        marks.append(frame_rows.has_end)
    assert marks == [False, True, False, True]
