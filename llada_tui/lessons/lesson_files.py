"""The lessons there are: files in folders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from llada_tui.lessons.lesson import Lesson, LessonError, Problem
from llada_tui.lessons.lesson_checks import Known
from llada_tui.lessons.lesson_parser import read_lesson

ENDING = ".md"


def list_lessons(folders: Iterable[Path], known: Known | None = None) -> tuple[list[Lesson], dict[Path, list[Problem]]]:
    """The lessons in their order, and what is wrong in the files that are none. Of two with one name the later counts.
    A folder that is not there has none."""
    found: dict[str, Lesson] = {}
    wrong: dict[Path, list[Problem]] = {}
    for folder in folders:
        for path in sorted(folder.glob(f"*{ENDING}")):
            try:
                lesson = read_lesson(path, known)
                found[lesson.name] = lesson
            except LessonError as error:
                wrong[path] = error.problems
            except OSError as error:
                wrong[path] = [Problem(1, f"The file cannot be read: {(error.strerror or str(error)).lower()}.")]
    return sorted(found.values(), key=lambda lesson: (lesson.order, lesson.name)), wrong


def find_path(wanted: str, folders: Iterable[Path]) -> Path | None:
    """The file of a lesson: a path, or the name of one in the folders, of which later ones win. None if none is."""
    if Path(wanted).is_file():
        return Path(wanted)
    if Path(wanted).name != wanted:
        return None
    found = [path for folder in folders if (path := folder / f"{wanted}{ENDING}").is_file()]
    return found[-1] if found else None
