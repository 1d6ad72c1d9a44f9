"""``llada-tui lessons`` and ``lesson --check``."""

from __future__ import annotations

from llada_tui.commands.output import DONE, FAILED, USAGE, CommandError, say, table, warn
from llada_tui.diffusion import strategies
from llada_tui.lessons.lesson import LessonError
from llada_tui.lessons.reading import read_lesson
from llada_tui.lessons.shelf import find_path, list_lessons
from llada_tui.paths import lessons_folders
from llada_tui.trace.settings import SamplerSettings


def list_all() -> None:
    """Print the lessons in their order; files that are none are told on stderr."""
    lessons, wrong = list_lessons(lessons_folders(), _strategy)
    rows: list[tuple[str, ...]] = [("", "name", "minutes", "what it is about")]
    rows += [(str(one.order), one.name, str(one.minutes), f"{one.title}: {one.summary}") for one in lessons]
    say("\n".join([*table(rows, right=(0, 2)), "", f"Your own go to {lessons_folders()[-1]}"]))
    for path, problems in wrong.items():
        warn(f"{path}, {problems[0]} (llada-tui lesson --check {path.name} tells all.)")


def check(wanted: str) -> int:
    """Print what is wrong in a lesson's file, a line each; returns the exit code."""
    path = find_path(wanted, lessons_folders())
    if path is None:
        raise CommandError(
            f"There is no lesson {wanted!r}, nor a file of that name: llada-tui lessons lists them.", USAGE
        )
    try:
        lesson = read_lesson(path, _strategy)
    except LessonError as error:
        for problem in error.problems:
            say(f"{path}:{problem.line}: {problem.message}")
        return FAILED
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from None
    scenes = [page.scene for page in lesson.pages if page.scene is not None]
    runs = sum(not scene.same for scene in scenes)
    say(f"{lesson.title}: {len(lesson.pages)} pages, {runs} runs, nothing wrong.")
    return DONE


def _strategy(settings: SamplerSettings) -> None:
    strategies.get(settings.remasking, settings.remasking_params)
