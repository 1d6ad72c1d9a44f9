"""The files of lessons, in folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from llada_tui.lessons.lesson import Lesson, LessonError, LessonProblem
from llada_tui.lessons.lesson_checks import LessonChecks
from llada_tui.lessons.lesson_parser import read_lesson
from llada_tui.paths import files_in, reason

ENDING = ".md"


def list_lessons(
    folders: Iterable[Path], checks: LessonChecks | None = None
) -> tuple[list[Lesson], dict[Path, list[LessonProblem]]]:
    """The lessons in their order, and the problems of each file that cannot be read as one.

    A lesson of a later folder replaces one of the same name. A folder that does not exist has no lessons.
    """
    lessons: dict[str, Lesson] = {}
    problems: dict[Path, list[LessonProblem]] = {}
    for folder in folders:
        for path in files_in(folder, f"*{ENDING}"):
            try:
                lesson = read_lesson(path, checks)
                lessons[lesson.name] = lesson
            except LessonError as error:
                problems[path] = error.problems
            except OSError as error:
                problems[path] = [LessonProblem(1, f"The file cannot be read: {reason(error)}.")]
    return sorted(lessons.values(), key=lambda lesson: (lesson.order, lesson.name)), problems


def find_path(name: str, folders: Iterable[Path]) -> Path | None:
    """The file of a lesson, from a path or a lesson's name; later folders win. None if there is no such file."""
    if Path(name).is_file():
        return Path(name)
    if Path(name).name != name:
        return None
    paths = [path for folder in folders if (path := folder / f"{name}{ENDING}").is_file()]
    return paths[-1] if paths else None
