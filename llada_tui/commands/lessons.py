"""``llada-tui lessons`` and ``llada-tui lesson``: list them, look one over, open it, and follow it with its notes."""

from __future__ import annotations

import sys
from pathlib import Path

from llada_tui.cli.output import DONE, FAILED, USAGE, CommandError, columns, say, table, warn, wrapped
from llada_tui.diffusion import strategies
from llada_tui.lessons.lesson import Lesson, LessonError
from llada_tui.lessons.lesson_checks import Known
from llada_tui.lessons.lesson_files import find_path, list_lessons
from llada_tui.lessons.lesson_parser import read_lesson
from llada_tui.lessons.progress import Place, read_progress
from llada_tui.models.catalog import DEMO
from llada_tui.paths import lessons_folders, sessions_folder
from llada_tui.settings.sampler_settings import SamplerSettings


def list_all() -> None:
    """Print the lessons in their order, and how far each was read; files that are none are told on stderr."""
    from rich.cells import cell_len

    lessons, wrong = list_lessons(lessons_folders(), _known())
    places = read_progress(sessions_folder()).lessons
    heads: list[tuple[str, ...]] = [
        ("", "name", "min"),
        *((str(one.order), one.name, str(one.minutes)) for one in lessons),
    ]
    room = max(columns() - 2 - max(cell_len(line) for line in table(heads, right=(0, 2))), 20)
    rows: list[tuple[str, ...]] = [(*heads[0], "what it is about")]
    for one, head in zip(lessons, heads[1:], strict=True):
        place = places.get(one.name, Place())
        read = " (done)" if place.done else f" (on page {place.page + 1})" if place.page else ""
        title = one.title if one.title.endswith(("?", "!")) else f"{one.title}:"
        first, *further = wrapped(f"{title} {one.summary}{read}", room)
        rows += [(*head, first), *(("", "", "", line) for line in further)]
    say("\n".join(table(rows, right=(0, 2))))
    say(f"\nllada-tui lesson NAME opens one. Your own go to\n{lessons_folders()[-1]}")
    for path, problems in wrong.items():
        warn(f"{path}, {problems[0]} (llada-tui lesson --check {path.name} tells all.)")


def check(wanted: str) -> int:
    """Print what is wrong in a lesson's file, a line each; returns the exit code."""
    path = _path(wanted)
    try:
        lesson = _read(path)
    except LessonError as error:
        for problem in error.problems:
            say(f"{path}:{problem.line}: {problem.message}")
        return FAILED
    scenes = [page.scene for page in lesson.pages if page.scene is not None]
    runs = sum(not scene.same for scene in scenes)
    say(f"{lesson.title}: {len(lesson.pages)} pages, {runs} run{'s' * (runs != 1)}, nothing wrong.")
    return DONE


def show(
    wanted: str | None, *, page: int | None, present: bool, model: str | None, device: str, worker: str | None
) -> int:
    """Open a lesson on the screen, at a page counted from 1; without a name, the list of all."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CommandError("The screen needs a terminal: llada-tui lessons prints the list.", USAGE)
    lesson = _sound(wanted) if wanted is not None else None
    if page is not None and lesson is not None and not 1 <= page <= len(lesson.pages):
        raise CommandError(f"There is no page {page}: {lesson.title} has {len(lesson.pages)}.", USAGE)
    from llada_tui.tui.app import run_lesson
    from llada_tui.tui.shell.options import ChatOptions, LessonOptions

    options = ChatOptions(model or DEMO, device=device, worker=worker)
    return run_lesson(LessonOptions(lesson, page - 1 if page is not None else None, present), options)


def notes(wanted: str) -> int:
    """Print the presenter's notes of the page on show, and follow the class from page to page."""
    from llada_tui.cli.presenter_notes import follow

    return follow(_sound(wanted), sessions_folder(), _read)


def _path(wanted: str) -> Path:
    path = find_path(wanted, lessons_folders())
    if path is None:
        raise CommandError(
            f"There is no lesson {wanted!r}, nor a file of that name: llada-tui lessons lists them.", USAGE
        )
    return path


def _read(path: Path) -> Lesson:
    try:
        return read_lesson(path, _known())
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from None


def _sound(wanted: str) -> Lesson:
    """A lesson without a mistake. Raises `CommandError` in a sentence."""
    path = _path(wanted)
    try:
        return _read(path)
    except LessonError as error:
        more = len(error.problems) - 1
        rest = f" There {'is one mistake' if more == 1 else f'are {more} mistakes'} more." if more else ""
        raise CommandError(
            f"{path}, {error.problems[0]}{rest} (llada-tui lesson --check {wanted} tells all.)"
        ) from None


def _known() -> Known:
    from llada_tui.tui.shell.actions import BY_ID

    return Known(_strategy, BY_ID)


def _strategy(settings: SamplerSettings) -> None:
    strategies.get(settings.remasking, settings.remasking_params)
