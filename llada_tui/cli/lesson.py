"""``llada-tui lesson`` and ``llada-tui lessons``: open a lesson, look it over, print its notes; list them all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llada_tui.cli import options
from llada_tui.cli.output import DONE, FAILED, USAGE, CommandError, columns, need_terminal, say, table, warn, wrapped
from llada_tui.paths import reason

if TYPE_CHECKING:
    from llada_tui.lessons.lesson import Lesson
    from llada_tui.lessons.lesson_checks import LessonChecks
    from llada_tui.tui.shell.options import ChatOptions

app = typer.Typer()


@app.command()
def lesson(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A lesson's name (see: llada-tui lessons), or its file; all where none is named.", metavar="[LESSON]"
        ),
    ] = None,
    page: Annotated[
        int | None, options.number("--page", "Which page to begin at; where you left it, if none is named.", 1, 999)
    ] = None,
    present: options.Present = False,
    notes: Annotated[
        bool, typer.Option("--notes", help="In another terminal: the presenter's notes of the page on show.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Tell what is wrong in it, with line numbers.")] = False,
    model: options.Model = None,
    device: options.Device = "auto",
    worker: options.Worker = None,
    share: options.Share = False,
    share_name: options.ShareName = None,
    share_at: options.ShareAt = None,
) -> int:
    """Open a lesson: text beside a live run. Write your own as docs/lessons.md tells, and --check it."""
    if (check or notes) and name is None:
        raise CommandError("Which lesson? llada-tui lessons lists them.", USAGE)
    if check and name is not None:
        return _check(name)
    if notes and name is not None:
        return _follow_notes(name)
    from llada_tui.cli.chat import share_options
    from llada_tui.models.catalog import DEMO
    from llada_tui.tui.shell.options import ChatOptions

    shown = share_options("lesson" if share else "", share_name, share_at)
    chat = ChatOptions(model or DEMO, device=device, worker=worker, share=shown)
    return _open(name, page, present, chat)


@app.command()
def lessons() -> None:
    """List the lessons, in their order."""
    from rich.cells import cell_len

    from llada_tui.lessons.lesson_files import list_lessons
    from llada_tui.lessons.progress import ReadingPlace, read_progress
    from llada_tui.paths import lessons_folders, sessions_folder

    sound, unsound = list_lessons(lessons_folders(), _checks())
    places = read_progress(sessions_folder()).lessons
    heads: list[tuple[str, ...]] = [
        ("", "name", "min"),
        *((str(lesson.order), lesson.name, str(lesson.minutes)) for lesson in sound),
    ]
    room = max(columns() - 2 - max(cell_len(line) for line in table(heads, right=(0, 2))), 20)
    rows: list[tuple[str, ...]] = [(*heads[0], "what it is about")]
    for lesson, head in zip(sound, heads[1:], strict=True):
        place = places.get(lesson.name, ReadingPlace())
        read = " (done)" if place.done else f" (on page {place.page + 1})" if place.page else ""
        title = lesson.title if lesson.title.endswith(("?", "!")) else f"{lesson.title}:"
        first, *further = wrapped(f"{title} {lesson.summary}{read}", room)
        rows += [(*head, first), *(("", "", "", line) for line in further)]
    say("\n".join(table(rows, right=(0, 2))))
    say(f"\nllada-tui lesson NAME opens one. Your own go to\n{lessons_folders()[-1]}")
    for path, problems in unsound.items():
        warn(f"{path}, {problems[0]} (llada-tui lesson --check {path.name} tells all.)")


def _check(name: str) -> int:
    """Print what is wrong in a lesson's file, a line each; returns the exit code."""
    from llada_tui.lessons.lesson import LessonError

    path = _path(name)
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


def _open(name: str | None, page: int | None, present: bool, chat: ChatOptions) -> int:
    """Open a lesson on the screen, at a page counted from 1; without a name, the list of all. ``chat`` is below it."""
    lesson = _sound(name) if name is not None else None
    if page is not None and lesson is not None and not 1 <= page <= len(lesson.pages):
        raise CommandError(f"There is no page {page}: {lesson.title} has {len(lesson.pages)}.", USAGE)
    need_terminal("llada-tui lessons prints the list")
    from llada_tui.tui.app import run_lesson
    from llada_tui.tui.shell.options import LessonOptions

    return run_lesson(LessonOptions(lesson, page - 1 if page is not None else None, present), chat)


def _follow_notes(name: str) -> int:
    """Print the presenter's notes of the page on show, and follow the class from page to page."""
    from llada_tui.cli.presenter_notes import follow
    from llada_tui.paths import sessions_folder

    return follow(_sound(name), sessions_folder(), _read)


def _path(name: str) -> Path:
    from llada_tui.lessons.lesson_files import find_path
    from llada_tui.paths import lessons_folders

    path = find_path(name, lessons_folders())
    if path is None:
        raise CommandError(
            f"There is no lesson {name!r}, nor a file of that name: llada-tui lessons lists them.", USAGE
        )
    return path


def _read(path: Path) -> Lesson:
    from llada_tui.lessons.lesson_parser import read_lesson

    try:
        return read_lesson(path, _checks())
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {reason(error)}.") from None


def _sound(name: str) -> Lesson:
    """A lesson without a mistake. Raises `CommandError` in a sentence."""
    from llada_tui.lessons.lesson import LessonError

    path = _path(name)
    try:
        return _read(path)
    except LessonError as error:
        more = len(error.problems) - 1
        rest = f" There {'is one mistake' if more == 1 else f'are {more} mistakes'} more." if more else ""
        raise CommandError(f"{path}, {error.problems[0]}{rest} (llada-tui lesson --check {name} tells all.)") from None


def _checks() -> LessonChecks:
    from llada_tui.diffusion.chosen_parts import chosen_parts
    from llada_tui.lessons.lesson_checks import LessonChecks
    from llada_tui.tui.stage.pages import all_actions

    return LessonChecks(chosen_parts, all_actions())
