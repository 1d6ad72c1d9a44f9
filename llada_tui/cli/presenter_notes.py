"""``lesson --notes``: what only the presenter sees, in a terminal of its own, of the page that the class sees."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from llada_tui.cli.output import DONE, CommandError
from llada_tui.lessons.inline_marks import KeyOf, key_words, plain
from llada_tui.lessons.lesson import Lesson, LessonError
from llada_tui.lessons.progress import ShownPage, read_shown
from llada_tui.trace.text import clean

_PAUSE = 0.2
"""Seconds between two looks at which page is on show."""
_CLEAR = "\x1b[H\x1b[2J\x1b[3J"
_WIDEST = 78


def follow(lesson: Lesson, folder: Path, read: Callable[[Path], Lesson]) -> int:
    """Print the notes of the page on show, and again whenever another is, until it is interrupted."""
    try:
        _follow(lesson, folder, read)
    except KeyboardInterrupt:
        return DONE


def _follow(lesson: Lesson, folder: Path, read: Callable[[Path], Lesson]) -> NoReturn:
    last: tuple[str, ShownPage | None] | None = None
    while True:
        shown = read_shown(folder)
        if shown is not None and shown.lesson and Path(shown.lesson) != (lesson.path or Path()).absolute():
            try:
                lesson = read(Path(shown.lesson))
            except (LessonError, CommandError):
                shown = None
        if (state := (lesson.name, shown)) != last:
            last = state
            width = min(shutil.get_terminal_size().columns - 2, _WIDEST)
            _print("\n".join(lines(lesson, shown, width)))
        time.sleep(_PAUSE)


def _keys() -> KeyOf:
    """The keys of actions as the configuration has them."""
    from llada_tui.paths import config_folder
    from llada_tui.tui.shell.action import with_keys
    from llada_tui.tui.shell.footer import best_name
    from llada_tui.tui.stage.pages import all_actions
    from llada_tui.user_config import load_config

    config, _ = load_config(config_folder() / "config.toml")
    actions = with_keys(all_actions(), config.keys)
    return lambda id: best_name(actions[id]) if id in actions else ""


def lines(lesson: Lesson, shown: ShownPage | None, width: int) -> list[str]:
    """The notes of a page as lines of a width: what to say, the question with its answer, and what comes next."""
    key_of = _keys()
    if shown is None:
        waiting = f"Nobody has {lesson.title} open here yet: llada-tui lesson {lesson.name} --present does."
        return [*_wrapped(waiting, width), "", *_whole(lesson, width, key_of)]
    pages = lesson.pages
    if not 0 <= shown.page < len(pages):
        return [f"{lesson.title}: the end."]
    page = pages[shown.page]
    scene = page.scene
    words = [f"{lesson.title} · page {shown.page + 1} of {len(pages)}", "", page.heading.upper()]
    if scene is not None and scene.note:
        words += ["", *_wrapped(plain(scene.note, key_of), width)]
    if scene is not None and scene.ask:
        words += ["", *_wrapped(f"Ask: {plain(scene.ask, key_of)}", width, 5)]
        state = "shown" if shown.revealed else f"{key_words('reveal', key_of)} shows it"
        words += _wrapped(f"Answer ({state}): {plain(scene.show, key_of)}", width, 2) if scene.show else []
    if not (scene and (scene.note or scene.ask)):
        words += ["", "There are no notes to this page."]
    following = pages[shown.page + 1].heading if shown.page + 1 < len(pages) else "the end"
    return [*words, "", f"Next: {following or 'a page without a heading'}"]


def _whole(lesson: Lesson, width: int, key_of: KeyOf) -> list[str]:
    """The notes of all pages, to prepare with."""
    words = []
    for number, page in enumerate(lesson.pages, 1):
        words.append(f"{number}. {page.heading}")
        if page.scene is not None and page.scene.note:
            words += _wrapped(f"   {plain(page.scene.note, key_of)}", width, 3)
    return words


def _wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    return textwrap.wrap(clean(text), max(width, 20), subsequent_indent=" " * indent) or [""]


def _print(text: str) -> None:
    if sys.stdout.isatty():
        print(_CLEAR + text, flush=True)
    else:
        print(text + "\n", flush=True)
