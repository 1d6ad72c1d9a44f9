"""Output of commands: answers on stdout, everything else on stderr, errors as one sentence."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Protocol

from llada_tui.picklable import PicklableError
from llada_tui.trace.text import clean

if TYPE_CHECKING:
    from rich.text import Text

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


class CommandError(PicklableError):
    """A command that ends here. The message is one sentence for the person who typed it."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


def need_terminal(instead: str) -> None:
    """Raises `CommandError`, which says what to do ``instead``, where there is no terminal for the screen."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) and "TEXTUAL_DRIVER" not in os.environ:  # a browser's tab
        raise CommandError(f"The screen needs a terminal: {instead}.", USAGE)


def can_draw() -> bool:
    """Whether stdout is a terminal on which what was printed can be drawn over."""
    from rich.console import Console

    return sys.stdout.isatty() and not Console(file=sys.stdout).is_dumb_terminal


def say(text: str = "") -> None:
    """A line of the answer, cleaned of what a terminal would act on."""
    print(clean(text), flush=True)


def say_prose(text: str | Text) -> None:
    """Words of the answer, cleaned. A terminal's lines break between words; a pipe gets the lines that there are."""
    from rich.console import Console
    from rich.text import Text

    prose = Text(clean(text)) if isinstance(text, str) else text
    Console(highlight=False, soft_wrap=not sys.stdout.isatty()).print(prose)
    sys.stdout.flush()


def warn(text: str) -> None:
    """A line on stderr, cleaned; on a terminal broken between words."""
    StatusLine.clear_any()
    line = f"llada-tui: {clean(text)}"
    lines = wrapped(line, max(shutil.get_terminal_size().columns, 20)) if sys.stderr.isatty() else [line]
    print("\n".join(lines), file=sys.stderr, flush=True)


class Clearable(Protocol):
    """Lines that are drawn again and again among the lines of a terminal."""

    def clear(self) -> None:
        """Take it away; it may be drawn again below what is printed then."""


class StatusLine:
    """One line on stderr that is drawn again and again; nothing at all where stderr is no terminal."""

    _shown: Clearable | None = None

    def __init__(self) -> None:
        self._width = 0

    def show(self, text: str) -> None:
        if not sys.stderr.isatty():
            return
        from rich.cells import set_cell_size

        width = min(shutil.get_terminal_size().columns - 1, 76)
        line = set_cell_size(clean(text).replace("\n", " "), width).rstrip()
        print(f"\r{line:<{self._width}}", end="", file=sys.stderr, flush=True)
        self._width = len(line)
        StatusLine.follow(self)

    def clear(self) -> None:
        if self._width:
            print(f"\r{'':<{self._width}}\r", end="", file=sys.stderr, flush=True)
            self._width = 0

    @classmethod
    def follow(cls, shown: Clearable) -> None:
        """This is on the terminal now, and is cleared by who prints something else."""
        cls._shown = shown

    @classmethod
    def clear_any(cls) -> None:
        """Whoever prints something else on stderr does this first."""
        if cls._shown is not None:
            cls._shown.clear()


def columns(widest: int = 120) -> int:
    """Cells of a line on stdout, of at most ``widest``; 80 where it is no terminal."""
    return min(max(shutil.get_terminal_size().columns if sys.stdout.isatty() else 80, 40), widest)


def wrapped(text: str, width: int) -> list[str]:
    """Text as lines of at most so many cells, broken between words where that is possible."""
    from rich.cells import cell_len, chop_cells

    lines: list[str] = []
    for word in clean(text).split():
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines += chop_cells(word, width)
    return lines or [""]


def hung(text: str, head: str = "") -> str:
    """A text after a head; a terminal's lines break between words, and go on below where the text begins."""
    if not sys.stdout.isatty():
        return head + text
    return head + f"\n{' ' * len(head)}".join(wrapped(text, columns() - len(head)))


def table(rows: list[tuple[str, ...]], right: tuple[int, ...] = ()) -> list[str]:
    """Rows as lines of columns two spaces apart; columns in ``right`` are aligned to the right."""
    from rich.cells import cell_len

    rows = [tuple(clean(cell).replace("\n", " ") for cell in row) for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - cell_len(cell))
            cells.append(space + cell if index in right else cell + space)
        lines.append("  ".join(cells).rstrip())
    return lines
