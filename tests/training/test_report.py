"""The figures in the documents are those of the evaluation."""

from pathlib import Path

import pytest

from training.report import BEGIN, END, PLACES, filled, how_good

EVALUATION = {
    "families": {"sums": [0.9, 50], "word_problems": [0.7, 40]},
    "first prompts": [0.5, 58],
    "beyond prompts": [0.87, 100],
    "mean over families": 0.8,
    "probes": {"copy.animal": 1.0},
}


def test_every_number_gets_its_line() -> None:
    text = how_good(EVALUATION)
    assert "| sums and times tables | 90% | 50 |\n" in text
    assert "| word problems (steps and answer) | 70% | 40 |\n" in text
    assert "| **mean over families** | **80.0%** |  |\n" in text
    assert "copy animal 100.0%." in text


def test_the_prompts_written_by_hand_have_lines_where_they_were_asked() -> None:
    asked = {
        "mean over families asked in many ways": 0.5,
        "asked freely": {"word_problems": [0.25, 30.0]},
        "asked freely, all": [0.25, 30],
        "after nine rounds": [0.5, 0.4, 20],
    }
    text = how_good(EVALUATION | asked)
    assert "| written by hand: word problems | 25% | 30 |\n" in text
    assert "| behind nine other rounds (50% when asked alone) | 40% | 20 |\n" in text


def test_only_what_is_between_the_marks_is_replaced() -> None:
    assert filled(f"a\n{BEGIN}old\n{END}b\n", "new\n") == f"a\n{BEGIN}new\n{END}b\n"
    with pytest.raises(ValueError, match="no marks"):
        filled("a\n", "new\n")


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.parent.name)
def test_the_documents_have_figures(place: Path) -> None:
    assert "| **mean over families** |" in place.read_text().partition(BEGIN)[2].partition(END)[0]
