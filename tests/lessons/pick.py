"""Find prompts with which the lessons show what they say: ``python -m tests.lessons.pick [NAME ...]``.

For each lesson it prints what does not hold on the embedded model, and tries other prompts in its place until one does
(``--all``: tries them all). ``--write`` puts the first that does into the lesson's file. ``--model FOLDER`` asks a
checkpoint that is not embedded yet.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from llada_tui.lessons.lesson import Lesson
from llada_tui.lessons.lesson_files import ENDING
from llada_tui.lessons.lesson_parser import parse
from llada_tui.paths import lessons_folders
from tests.lessons.candidates import SLOTS, Row, Slot
from tests.lessons.support import Desk, faults


def exchanged(text: str, row: Row, other: Row) -> str:
    """A text with the strings of one row in place of another's."""
    pairs = dict(zip(row, other, strict=True))
    pattern = re.compile("|".join(map(re.escape, sorted(pairs, key=len, reverse=True))))
    return pattern.sub(lambda match: pairs[match[0]], text)


def present(text: str, slot: Slot) -> Row:
    """The row that a text has. Raises `ValueError` if it has none."""
    row = next((row for row in slot.rows() if all(part in text for part in row)), None)
    if row is None:
        raise ValueError("The text has none of the slot's rows: it was changed, and the candidates were not.")
    return row


def _touched(lesson: Lesson, other: Lesson) -> set[int]:
    """The pages in which two versions of a lesson differ."""
    return {
        at for at, (page, other_page) in enumerate(zip(lesson.pages, other.pages, strict=True)) if page != other_page
    }


def search(name: str, text: str, desk: Desk, every: bool) -> str:
    """Print what holds, and return the text with what does."""
    for number, slot in enumerate(SLOTS[name], 1):
        lesson, row = parse(text, name), present(text, slot)
        another = next(other for other in slot.rows() if other != row)
        touched = _touched(lesson, parse(exchanged(text, row, another), name))
        broken = [fault for page, fault in faults(lesson, desk) if page in touched]
        print(f"{name}, slot {number}: {row[0]!r} {'holds' if not broken else 'does not hold'}", flush=True)
        print("".join(f"    {fault}\n" for fault in broken), end="", flush=True)
        if not broken and not every:
            continue
        for other in slot.tries(desk.run):
            if other == row:
                continue
            changed = exchanged(text, row, other)
            wrong = [fault for page, fault in faults(parse(changed, name), desk) if page in touched]
            print(f"  {'HOLDS' if not wrong else 'no   '} {other[:2]} {wrong[0] if wrong else ''}", flush=True)
            if not wrong and broken:
                text, broken, row = changed, [], other
                if not every:
                    break
    return text


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(prog="python -m tests.lessons.pick", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="*", choices=[*SLOTS, []], metavar="NAME")
    parser.add_argument("--model", default="demo", help="another folder than the embedded model's")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    desk = Desk(arguments.model)
    for name in arguments.names or SLOTS:
        path = Path(lessons_folders()[0] / f"{name}{ENDING}")
        before = path.read_text("utf-8")
        after = search(name, before, desk, arguments.all)
        if after != before and arguments.write:
            path.write_text(after, "utf-8")
            print(f"{name}: written")


if __name__ == "__main__":
    main()
