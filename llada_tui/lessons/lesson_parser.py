"""Reads a lesson's file. All problems are reported at once, each with its line."""

from __future__ import annotations

import errno
import re
from pathlib import Path

from llada_tui.lessons.lesson import Lesson, LessonError, LessonPage, LessonProblem, Paragraph, Scene
from llada_tui.lessons.lesson_checks import LessonChecks, Line
from llada_tui.lessons.run_block import parse_run_block
from llada_tui.paths import read_plain
from llada_tui.trace.text import clean

MAX_BYTES = 200_000
"""Largest file that is read."""
_FRONT = ("title", "summary", "order", "minutes")
_BORDER = re.compile(r"-{3,}\s*")
_ITEM = re.compile(r"[-*] +")


def read_lesson(path: Path, checks: LessonChecks | None = None) -> Lesson:
    """The lesson in a file. Raises `LessonError`, with every problem, and `OSError`."""
    try:
        data = read_plain(path, MAX_BYTES)
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        raise LessonError(
            [LessonProblem(1, f"The file is larger than the {MAX_BYTES // 1000} kB that a lesson may be.")]
        ) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LessonError([LessonProblem(line, "This is not UTF-8 text: save the file as UTF-8.")]) from None
    return parse(text, path.stem, checks, path)


def parse(text: str, name: str, checks: LessonChecks | None = None, path: Path | None = None) -> Lesson:
    """The lesson in a text. Raises `LessonError` with every problem."""
    problems: list[LessonProblem] = []
    whole = text.replace("\r\n", "\n").split("\n")
    lines = [(number, clean(line)) for number, line in enumerate(whole, 1)]
    front, body = _split_front(lines, problems)
    pages: list[LessonPage] = []
    last: Scene | None = None
    for part in _parts(body):
        page = _page(part, whole, last, problems, checks)
        if page is not None:
            pages.append(page)
            last = page.scene or last
    if not pages and not problems:
        problems.append(LessonProblem(lines[-1][0], "There are no pages: write some text after the front matter."))
    if problems:
        raise LessonError(problems)
    order, minutes = int(front.get("order", "999")), int(front.get("minutes", "5"))
    return Lesson(clean(name), front["title"], front["summary"], order, minutes, tuple(pages), path)


def _split_front(lines: list[Line], problems: list[LessonProblem]) -> tuple[dict[str, str], list[Line]]:
    """The front matter's fields, and the lines after it."""
    if not _BORDER.fullmatch(lines[0][1]):
        problems.append(LessonProblem(1, "A lesson begins with a line of ---, and its title and summary after it."))
        return {}, lines
    end = next((at for at, (_, line) in enumerate(lines[1:], 1) if _BORDER.fullmatch(line)), None)
    if end is None:
        problems.append(LessonProblem(1, "The front matter has no end: close it with a line of ---."))
        return {}, []
    front: dict[str, str] = {}
    for number, line in lines[1:end]:
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not key:
            continue
        if not colon or key not in _FRONT:
            problems.append(LessonProblem(number, f"{key!r} does not belong here: there are {', '.join(_FRONT)}."))
        elif key in front:
            problems.append(LessonProblem(number, f"{key} is there twice."))
        elif key in ("order", "minutes") and not re.fullmatch(r"[0-9]{1,3}", value):
            problems.append(LessonProblem(number, f"{key} must be a whole number up to 999, not {value!r}."))
        else:
            front[key] = value
    problems.extend(
        LessonProblem(1, f"The front matter has no {key}.") for key in ("title", "summary") if not front.get(key)
    )
    return front, lines[end + 1 :]


def _parts(lines: list[Line]) -> list[list[Line]]:
    """The lines of each page: a border or a heading begins one, except within a fenced block."""
    parts: list[list[Line]] = [[]]
    fenced = False
    for number, line in lines:
        fence = line.startswith("```")
        if not fenced and not fence and (_BORDER.fullmatch(line) or line.startswith("# ")):
            parts.append([])
        if fenced or not _BORDER.fullmatch(line):
            parts[-1].append((number, line))
        fenced = fenced != fence
    return [part for part in parts if any(line.strip() for _, line in part)]


def _page(
    part: list[Line],
    whole: list[str],
    before: Scene | None,
    problems: list[LessonProblem],
    checks: LessonChecks | None,
) -> LessonPage | None:
    """The page of some lines, which are clean. The run block is read from the ``whole`` lines of the file: its prompt
    reaches the model as it was written."""
    first = next(number for number, line in part if line.strip())
    heading, scene = "", None
    paragraphs: list[Paragraph] = []
    words: list[str] = []
    item = False

    def close() -> None:
        nonlocal item
        if words:
            paragraphs.append(Paragraph(" ".join(words), item))
        words.clear()
        item = False

    rest = iter(part)
    for number, line in rest:
        if line.startswith("```"):
            close()
            inside, closed = [], False
            for next_line in rest:
                if closed := next_line[1].startswith("```"):
                    break
                inside.append((next_line[0], whole[next_line[0] - 1]))
            kind = line.strip("` ")
            if not closed:
                problems.append(LessonProblem(number, "This block has no end: close it with a line of ```."))
            elif kind != "run":
                problems.append(
                    LessonProblem(number, f"There are run blocks only (```run), not {kind or 'unnamed ones'!r}.")
                )
            elif scene is not None:
                problems.append(
                    LessonProblem(number, "A page has one run block at most: begin a new page before this one.")
                )
            else:
                scene = parse_run_block(number, inside, before, problems, checks)
        elif line.startswith("# "):
            heading = line[2:].strip()
        elif line.startswith("#"):
            problems.append(LessonProblem(number, "Headings have one # and a blank after it; each begins a page."))
        elif not line.strip():
            close()
        else:
            if _ITEM.match(line):
                close()
                item, line = True, _ITEM.sub("", line, count=1)
            words.append(line.strip())
            if checks is not None:
                checks.check_actions(number, line, problems)
    close()
    if not paragraphs and scene is None:
        problems.append(LessonProblem(first, "This page has neither text nor a run."))
        return None
    return LessonPage(heading, tuple(paragraphs), scene, first)
