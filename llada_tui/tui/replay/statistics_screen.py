"""Statistics over all recorded runs: a table to sort and group, and pictures of the runs that are marked in it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import DataTable, Static

from llada_tui.analysis.statistics import (
    ANSWER,
    GROUPINGS,
    MEASURES,
    RUN,
    SESSION,
    RunColumn,
    RunGroup,
    RunRow,
    Statistics,
    columns_of,
    grouped,
    in_order,
    read_statistics,
)
from llada_tui.trace.session import SessionError, read_session
from llada_tui.trace.text import clean
from llada_tui.tui.replay.clickable_keys import LINKS, clickable
from llada_tui.tui.replay.marked_runs import MarkedRun, MarkedRuns
from llada_tui.tui.replay.run_plot import MOST_CURVES
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.threads import in_thread

MAX_SHOWN = 300
"""Most rows of the table: it measures each of their cells whenever it is filled."""
_WIDEST = {SESSION.name: 22, ANSWER.name: 60}
_MARK = "mark"
_WIDE_ENOUGH = 80
"""Columns of the screen from which on marks and sessions stay in sight when the table is moved sideways."""


class StatisticsScreen(Screen[None]):
    """The table of all recorded runs, or of groups of them."""

    DEFAULT_CSS = f"""
    StatisticsScreen {{ layout: vertical; background: $background; }}
    StatisticsScreen DataTable {{ height: 1fr; border: round $accent; background: $background; padding: 0 1;
        scrollbar-size-vertical: 1; scrollbar-size-horizontal: 1; }}
    StatisticsScreen DataTable:focus {{ background-tint: $foreground 0%; }}
    StatisticsScreen DataTable > .datatable--fixed {{ background: $background; }}
    StatisticsScreen #words, StatisticsScreen #keys {{ height: auto; color: $text-muted; padding: 0 1; }}
    StatisticsScreen #keys {{ background: $panel; color: $foreground; {LINKS} }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "close"),
        Binding("q,f4", "dismiss", "close"),
        Binding("space", "mark", "mark"),
        Binding("s", "sort(1)", "sort"),
        Binding("S", "sort(-1)", "sort"),
        Binding("r", "reverse", "reverse"),
        Binding("g", "group(1)", "group"),
        Binding("G", "group(-1)", "group"),
        Binding("m", "metric", "metric"),
        Binding("t", "texts", "texts"),
        Binding("u", "unmark", "unmark"),
    ]
    AUTO_FOCUS = "DataTable"
    KEYS = (
        ("space mark", "mark"),
        ("enter replay", "open"),
        ("s S sort", "sort(1)"),
        ("r reverse", "reverse"),
        ("g G group", "group(1)"),
        ("m metric", "metric"),
        ("t texts", "texts"),
        ("u unmark", "unmark"),
        ("esc back", "leave"),
    )

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._statistics: Statistics | None = None
        self._progress = (0, 0)
        self._left = False
        self._sort: RunColumn | None = None
        self._largest_first = False
        self._by: RunColumn | None = None
        self._group: RunGroup | None = None
        """The group whose runs alone are shown."""
        self._columns: list[RunColumn] = []
        self._lines: list[RunRow | RunGroup] = []
        self._marked: dict[str, MarkedRun] = {}

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row", zebra_stripes=False)
        yield MarkedRuns()
        yield Static(id="words", markup=False)
        yield Static(clickable(self.KEYS), id="keys")

    def on_mount(self) -> None:
        self._say()
        self.run_worker(self._read())

    def on_unmount(self) -> None:
        self._left = True

    # -- reading ------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        """Read all sessions beside the screen, which answers meanwhile and says how far it is."""
        saying = self.set_interval(0.25, self._say)

        def go_on(done: int, total: int) -> bool:
            self._progress = done, total
            return not self._left

        self._statistics = await in_thread(lambda: read_statistics(self._folder, go_on))
        saying.stop()
        self._fill()

    def _say(self) -> None:
        """Say what is shown, and what is not."""
        table, statistics = self.query_one(DataTable), self._statistics
        if statistics is None:
            done, total = self._progress
            table.border_title = "Statistics"
            words = f"Reading session {done + 1} of {total} …" if total else "Reading …"
        else:
            rows = statistics.rows
            title = ["Statistics", f"{len(rows)} run{'' if len(rows) == 1 else 's'}"]
            if self._by is not None:
                title.append(f"by {self._by.label}")
            if self._by is not None and self._group is not None:
                title.append(_one_line(self._by.say(self._group.value)))
            table.border_title = Content(" · ".join(title))
            sentences = statistics.omissions()
            if not rows:
                sentences.insert(0, "No run is recorded yet: ask something in the chat.")
            elif len(self._all()) > MAX_SHOWN:
                sentences.insert(0, f"The first {MAX_SHOWN} are shown; sorting and grouping are of all.")
            words = " ".join(sentences)
        self.query_one("#words", Static).update(clean(words))
        self.query_one("#words").display = bool(words)

    # -- the table ----------------------------------------------------------------------------------------------------

    @property
    def _shows_groups(self) -> bool:
        """Whether the lines are groups."""
        return self._by is not None and self._group is None

    def _all(self) -> list[RunRow] | list[RunGroup]:
        rows = self._statistics.rows if self._statistics is not None else []
        if self._by is not None and self._group is None:
            sort = self._sort if self._sort is not None and self._sort.has_mean else None
            return grouped(rows, self._by, sort, largest_first=self._largest_first)
        rows = list(self._group.rows) if self._group is not None else rows
        return in_order(rows, self._sort, largest_first=self._largest_first) if self._sort is not None else rows

    def _fill(self) -> None:
        """Show the runs or groups as they are to be now, with the cursor on the one that it was on."""
        table = self.query_one(DataTable)
        current = self._key(self._line()) if self._line() is not None else ""
        self._lines = list(self._all()[:MAX_SHOWN])
        rows = self._statistics.rows if self._statistics is not None else []
        if self._shows_groups and self._by is not None:
            self._columns = [self._by, *MEASURES]
        else:  # what was measured stands before settings, to be in sight on a narrow screen
            self._columns = sorted(columns_of(rows), key=lambda column: column not in (SESSION, RUN, *MEASURES))
        table.fixed_columns = 2 if self.size.width >= _WIDE_ENOUGH else 0
        cells = [self._cells(line) for line in self._lines]
        table.clear(columns=True)
        heads = [self._head(column) for column in self._columns]
        table.add_column("runs" if self._shows_groups else "", width=4 if self._shows_groups else 1, key=_MARK)
        for at, (column, head) in enumerate(zip(self._columns, heads, strict=True)):
            widest = max([cell_len(head), *(cell_len(line[at]) for line in cells)])
            width = min(widest, _WIDEST.get(column.name, 24))
            table.add_column(_cell(column, head), width=width, key=column.name)
        for line, texts in zip(self._lines, cells, strict=True):
            table.add_row(self._mark_of(line), *map(_cell, self._columns, texts), key=self._key(line))
        keys = [self._key(line) for line in self._lines]
        table.move_cursor(row=keys.index(current) if current in keys else 0)
        self._say()

    def _head(self, column: RunColumn) -> str:
        sort = self._sort or (self._by if self._shows_groups else None)
        return f"{column.label} {'▾' if self._largest_first else '▴'}" if column is sort else column.label

    def _cells(self, line: RunRow | RunGroup) -> list[str]:
        if isinstance(line, RunRow):
            return [_one_line(column.cell(line)) for column in self._columns]
        by, *measures = self._columns
        return [_one_line(by.say(line.value)), *(column.say(line.means[column.name]) for column in measures)]

    def _mark_of(self, line: RunRow | RunGroup) -> Text:
        if isinstance(line, RunGroup):
            return Text(str(len(line.rows)), justify="right")
        marked = self._marked.get(self._key(line))
        return Text(marked.letter if marked is not None else " ", style="bold")

    @staticmethod
    def _key(line: RunRow | RunGroup | None) -> str:
        return f"{line.path}\n{line.id}" if isinstance(line, RunRow) else str(line.value) if line is not None else ""

    def _line(self) -> RunRow | RunGroup | None:
        row = self.query_one(DataTable).cursor_row
        return self._lines[row] if 0 <= row < len(self._lines) else None

    # -- sorting and grouping -----------------------------------------------------------------------------------------

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        column = next((column for column in self._columns if column.name == event.column_key.value), None)
        if column is None:
            return
        self._largest_first = not self._largest_first if column is self._sort else column.has_mean
        self._sort = column
        self._fill()

    def action_sort(self, by: int) -> None:
        """Sort by the next column, or by the one before."""
        choices: list[RunColumn | None] = [None, *self._columns]
        at = choices.index(self._sort) if self._sort in choices else 0
        self._sort = choices[(at + by) % len(choices)]
        self._largest_first = self._sort is not None and self._sort.has_mean
        self._fill()

    def action_reverse(self) -> None:
        self._largest_first = not self._largest_first
        self._fill()

    def action_group(self, by: int) -> None:
        """Group by the next setting in which the runs differ, or by the one before."""
        rows = self._statistics.rows if self._statistics is not None else []
        differing = [column for column in GROUPINGS.values() if len({column.cell(row) for row in rows}) > 1]
        choices: list[RunColumn | None] = [None, *differing]
        at = choices.index(self._by) if self._by in choices else 0
        self._by, self._group = choices[(at + by) % len(choices)], None
        if len(choices) == 1:
            self.notify("All runs have the same settings: there is nothing to group by.")
        self._fill()

    # -- marks --------------------------------------------------------------------------------------------------------

    async def action_mark(self) -> None:
        """Mark the run under the cursor, or no longer."""
        row = self._line()
        if not isinstance(row, RunRow):
            self.notify("This is a group of runs: enter shows them.")
            return
        key = self._key(row)
        if key in self._marked:
            del self._marked[key]
        elif len(self._marked) >= MOST_CURVES:
            self.notify(f"{MOST_CURVES} runs are marked: u takes the marks away.")
            return
        else:
            self.run_worker(self._mark(row), group="mark", exclusive=True)
            return
        self._show_marks()

    async def _mark(self, row: RunRow) -> None:
        """Read a run again, beside the screen, and mark it."""
        try:
            session = await in_thread(lambda: read_session(Path(row.path), linked=False))
        except SessionError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        if (run := session.runs.get(row.id)) is None:
            self.notify("This run is no longer in its file.", severity="error")
            return
        letters = {marked.letter for marked in self._marked.values()}
        letter = next(letter for letter in "abcdef" if letter not in letters)
        self._marked[self._key(row)] = await in_thread(lambda: MarkedRun.of(letter, row, run))
        self._show_marks()

    def action_unmark(self) -> None:
        self._marked.clear()
        self._show_marks()

    def _show_marks(self) -> None:
        table = self.query_one(DataTable)
        if not self._shows_groups:
            for line in self._lines:
                table.update_cell(self._key(line), _MARK, self._mark_of(line))
        self.query_one(MarkedRuns).show(list(self._marked.values()))

    def action_metric(self) -> None:
        self._need_marks(1)
        self.query_one(MarkedRuns).next_metric()

    def action_texts(self) -> None:
        self._need_marks(2)
        self.query_one(MarkedRuns).turn()

    def _need_marks(self, count: int) -> None:
        if len(self._marked) < count:
            self.notify("Mark a run with space first." if count == 1 else "Mark two runs with space first.")

    # -- ways on ------------------------------------------------------------------------------------------------------

    def on_data_table_row_selected(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        """Enter: the runs of a group, or the replay of a run."""
        line = self._line()
        if isinstance(line, RunGroup):
            self._group = line
            self._fill()
        elif line is not None:
            navigation = app_of(self).navigation
            self.app.run_worker(navigation.open_session(Path(line.path), line.id))
            if not navigation.has_chat:  # the replay leads back to a chat only
                self.dismiss()

    def action_leave(self) -> None:
        """Escape: from a group's runs to the groups, then to all runs, then back to the screen before."""
        if self._group is not None:
            self._group = None
        elif self._by is not None:
            self._by = None
        else:
            self.dismiss()
            return
        self._fill()


def _cell(column: RunColumn, text: str) -> Text:
    """A text of a column: numbers stand to the right."""
    return Text(text, justify="right" if column.is_number else "left", no_wrap=True, overflow="ellipsis")


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())
