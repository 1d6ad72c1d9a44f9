"""The lessons that ship show what they say, on the model that ships.

Every test of this file depends on the embedded checkpoint: after a new one a lesson may need another prompt.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from llada_tui.lessons.lesson import Lesson, Scene
from llada_tui.lessons.shelf import list_lessons
from llada_tui.paths import lessons_folders
from llada_tui.trace.run import Run
from tests.lessons.support import record

LESSONS = {lesson.name: lesson for lesson in list_lessons(lessons_folders()[:1])[0]}
MUST = {
    "masks": "any_order",
    "steps": "fewer_steps",
    "any-order": "written_before",
    "blocks": "left_to_right",
    "remasking": "taken_back",
    "chance": "same_answer",
    "endings": "ends_last",
}
"""The claim without which a lesson would teach nothing."""


def scenes(lesson: Lesson) -> Iterator[tuple[Scene, Run, Run | None]]:
    """Each scene with its run, and the other run that was shown before it."""
    shown: list[Run] = []
    for page in lesson.pages:
        if page.scene is not None:
            run = record(page.scene.prompt, page.scene.settings)
            if not page.scene.same:
                shown.append(run)
            yield page.scene, run, shown[-2] if len(shown) > 1 else None


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_shows_what_it_says(name: str) -> None:
    claims = set()
    for scene, run, before in scenes(LESSONS[name]):
        frame = scene.stop.frame(run)
        assert frame is not None, f"line {scene.line}: the run never comes to where it should stop: {run.answer()}"
        for point in scene.points:
            assert point.positions(run, frame), f"line {scene.line}: there is nothing to point at: {run.text(frame)}"
        for claim in scene.claims:
            assert claim.holds(run, before), f"line {scene.line}: {claim} does not hold: {run.answer()}"
            claims.add(claim.name)
    assert MUST[name] in claims


@pytest.mark.parametrize("name", LESSONS)
def test_a_page_is_short_enough_for_one_thought(name: str) -> None:
    for page in LESSONS[name].pages:
        words = " ".join(paragraph.text for paragraph in page.paragraphs).split()
        assert 5 <= len(words) <= 80, page.heading
        assert all(len(word) <= 30 for word in words)
        assert page.scene is not None
