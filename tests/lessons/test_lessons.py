"""The lessons that ship show what they say, on the model that ships.

Every test of this file depends on the embedded checkpoint: after a new one a lesson may need another prompt, which
``python -m tests.lessons.pick`` finds.
"""

from __future__ import annotations

from itertools import islice

import pytest

from llada_tui.lessons.lesson_files import list_lessons
from llada_tui.lessons.lesson_parser import parse
from llada_tui.paths import lessons_folders
from tests.conftest import first_quick
from tests.lessons.candidates import SLOTS, Slot
from tests.lessons.pick import exchanged, present
from tests.lessons.support import demo, faults

LESSONS = {lesson.name: lesson for lesson in list_lessons(lessons_folders()[:1])[0]}
MUST = {
    "masks": "any_order",
    "steps": "fewer_steps",
    "any-order": "answer_before_reasoning",
    "blocks": "left_to_right",
    "remasking": "taken_back",
    "chance": "same_answer",
    "guidance": "same_answer",
    "infilling": "says_not",
    "speed": "fewer_steps",
    "endings": "ends_last",
    "likelihood": "likelier",
    "two-ways": "left_to_right",
    "how-long": "grew",
    "what-a-cache-keeps": "computes_less",
    "two-kinds-of-noise": "taken_back",
}
"""The claim without which a lesson would teach nothing."""
LONG_RUNS = ["chance", "endings", "guidance", "infilling", "speed", "two-ways", "what-a-cache-keeps"]
"""Lessons whose runs take long."""


@pytest.mark.parametrize(
    "name", first_quick(sorted(LESSONS, key=LONG_RUNS.__contains__), len(LESSONS) - len(LONG_RUNS))
)
def test_a_lesson_shows_what_it_says(name: str) -> None:
    lesson = LESSONS[name]
    assert not [fault for _, fault in faults(lesson, demo())]
    assert MUST[name] in {claim.name for page in lesson.pages if page.scene for claim in page.scene.claims}


@pytest.mark.parametrize("name", LESSONS)
def test_a_page_is_short_enough_for_one_thought(name: str) -> None:
    assert len(LESSONS[name].pages) > 2
    for page in LESSONS[name].pages:
        words = " ".join(paragraph.text for paragraph in page.paragraphs).split()
        assert 5 <= len(words) <= 80, page.heading
        assert all(len(word) <= 30 for word in words)
        assert page.scene is not None


@pytest.mark.parametrize(("name", "slot"), [(name, slot) for name, slots in SLOTS.items() for slot in slots])
def test_a_lesson_has_other_prompts_to_choose_from(name: str, slot: Slot) -> None:
    lesson = LESSONS[name]
    assert lesson.path
    text = lesson.path.read_text("utf-8")
    row = present(text, slot)
    others = [other for other in islice(slot.rows(), 9) if other != row]
    assert len(others) >= 3
    for other in others:
        changed = exchanged(text, row, other)
        assert present(changed, slot) == other
        assert len(parse(changed, name).pages) == len(lesson.pages)


def test_the_worker_scores_as_the_library_does() -> None:
    question, answer = "What color is the sky?", "The sky is blue, and grass is green."
    likelihood = demo().model.log_likelihood(question, answer, 16, seed=3)
    assert demo().score(question, answer, 16, 3) == (likelihood.total, likelihood.standard_error)
