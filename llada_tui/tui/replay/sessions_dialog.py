"""Recorded sessions: filter, open, continue, rename, delete and take back."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import DataTable, Input, Static

from llada_tui.trace.session import SessionError, reason
from llada_tui.trace.session_folder import (
    SessionEntry,
    SessionExcerpt,
    delete_session,
    list_sessions,
    read_excerpt,
    restore_session,
)
from llada_tui.tui.replay.clickable_keys import LINKS, clickable
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.dialogs import AskText
from llada_tui.tui.shell.footer import key_here
from llada_tui.tui.shell.text_fields import LineText
from llada_tui.tui.shell.threads import in_thread
from llada_tui.units import size_words

_AT_ONCE = 8
"""Files whose excerpts are read between two looks at the screen."""
_WIDEST = 140
"""Columns of the dialog where there is room; else it takes 96% of the screen."""
_WIDE = 90
"""Columns of the table from which on the time, tokens and size are shown too."""


class SessionsDialog(ModalScreen[None]):
    """The list of sessions in a folder, latest first, with the first words of what was asked and answered."""

    DEFAULT_CSS = f"""
    SessionsDialog {{ align: center middle; }}
    SessionsDialog > Vertical {{ width: {_WIDEST}; max-width: 96%; height: 80%; border: round $accent;
        background: $surface; padding: 0 1; }}
    SessionsDialog LineText {{ border: none; height: 1; padding: 0 1; margin-bottom: 1; background: $panel; }}
    SessionsDialog LineText:focus {{ border: none; }}
    SessionsDialog DataTable {{ height: 1fr; background: $surface; overflow-x: hidden; scrollbar-size-vertical: 1;
        scrollbar-gutter: stable; }}
    SessionsDialog Static {{ height: auto; color: $text-muted; padding: 0 1; {LINKS} }}
    """
    AUTO_FOCUS = "DataTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "close"),
        Binding("q,f4", "dismiss", "close"),
        Binding("slash,ctrl+f", "filter", "filter"),
        Binding("up", "move(-1)", "up", show=False),
        Binding("down", "move(1)", "down", show=False),
        Binding("s", "statistics", "statistics"),
        Binding("c", "continue", "continue"),
        Binding("r", "rename", "rename"),
        Binding("d,delete", "delete", "delete"),
        Binding("u", "undo", "undo"),
    ]
    KEYS = (
        ("enter replay", "open"),
        ("/ filter", "filter"),
        ("s statistics", "statistics"),
        ("c continue", "continue"),
        ("r rename", "rename"),
        ("d delete", "delete"),
        ("u undo", "undo"),
        ("esc close", "leave"),
    )

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._entries: list[SessionEntry] = []
        self._shown: list[SessionEntry] = []
        self._excerpts: dict[tuple[Path, float], SessionExcerpt] = {}
        """By a file and when it was changed."""
        self._filled_widths = (False, 0, 0)
        self._deleted: list[Path] = []

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Sessions"
            yield LineText(placeholder="/ filters by words of title, question, answer")
            yield DataTable(cursor_type="row", zebra_stripes=False)
            yield Static(id="words", markup=False)
            yield Static(clickable(self.KEYS))

    def on_mount(self) -> None:
        self._list()

    def on_resize(self) -> None:
        if self._widths() != self._filled_widths:
            self._fill()

    # -- the list -----------------------------------------------------------------------------------------------------

    def _list(self, row: int | None = None) -> None:
        """List the folder's sessions, and read what is new in them, beside the screen, which answers meanwhile."""
        self.run_worker(self._read(row), exclusive=True)

    async def _read(self, row: int | None) -> None:
        """Of an excerpt nothing is kept but a few thousand words."""
        self._entries = await in_thread(lambda: list_sessions(self._folder))
        self._fill(row)
        missing = [entry for entry in self._entries if self._key(entry) not in self._excerpts]
        for at in range(0, len(missing), _AT_ONCE):
            entries = missing[at : at + _AT_ONCE]
            excerpts = await in_thread(partial(_excerpts_of, entries))
            self._excerpts.update(zip(map(self._key, entries), excerpts, strict=True))
            self._show_excerpts(entries)

    def _show_excerpts(self, entries: list[SessionEntry]) -> None:
        """Put what was read of sessions into their rows; a filter is asked again."""
        table = self.query_one(DataTable)
        if self.query_one(LineText).text:
            self._fill()
            return
        for entry in entries:
            if entry in self._shown:
                _, asked, answered, *_ = self._cells(entry, wide=False)
                table.update_cell(str(entry.path), "asked", asked)
                table.update_cell(str(entry.path), "answered", answered)

    @staticmethod
    def _key(entry: SessionEntry) -> tuple[Path, float]:
        return entry.path, entry.modified

    def _excerpt(self, entry: SessionEntry) -> SessionExcerpt:
        return self._excerpts.get(self._key(entry), SessionExcerpt())

    def _fill(self, row: int | None = None) -> None:
        """Show the sessions that have the filter's words, with the cursor where it was or in a row."""
        table, words = self.query_one(DataTable), self.query_one(LineText).text
        current = self._entry()
        self._shown = [entry for entry in self._entries if self._matches(entry, words)]
        self._filled_widths = wide, title_width, answer_width = self._widths()
        top = table.scroll_offset.y
        table.clear(columns=True)
        table.add_column("when", width=16 if wide else 10)
        table.add_column("asked", width=title_width, key="asked")
        table.add_column("answered", width=answer_width, key="answered")
        for name, width in (("runs", 4), ("tokens", 6), ("size", 6))[: None if wide else 1]:
            table.add_column(Text(name, justify="right"), width=width)
        for entry in self._shown:
            table.add_row(*self._cells(entry, wide=wide), key=str(entry.path))
        if row is None:
            row = self._shown.index(current) if current in self._shown else 0
            table.scroll_to(y=top, animate=False)
        table.move_cursor(row=min(row, max(len(self._shown) - 1, 0)))
        self.query_one("#words", Static).update(self._count_words())

    def _matches(self, entry: SessionEntry, words: str) -> bool:
        title, excerpt = entry.title.casefold(), self._excerpt(entry)
        return all(word in title or word in excerpt.words for word in words.casefold().split())

    def _widths(self) -> tuple[bool, int, int]:
        """Whether there is room for everything, and the columns of what was asked and answered."""
        room = min(_WIDEST, int(self.app.size.width * 0.96)) - 5  # border, padding and scrollbar
        wide = room >= _WIDE
        room -= 16 + 4 + 6 + 6 + 6 * 2 if wide else 10 + 4 + 4 * 2
        asked = max(room * 9 // 20, 4)
        return wide, asked, max(room - asked, 4)

    def _cells(self, entry: SessionEntry, *, wide: bool) -> list[Text]:
        when = time.strftime("%Y-%m-%d %H:%M" if wide else "%Y-%m-%d", time.localtime(entry.modified))
        excerpt = self._excerpt(entry)
        asked = Text(entry.title, no_wrap=True, overflow="ellipsis")
        if excerpt.question and excerpt.question != entry.title:  # it was renamed
            asked.append(f" · {excerpt.question}", style="dim")
        answered = Text(excerpt.answer or "–", style="italic", no_wrap=True, overflow="ellipsis")
        is_counted = entry.runs is not None
        numbers = [str(entry.runs) if is_counted else "–"]
        if wide:
            numbers += [str(entry.tokens) if is_counted else "–", size_words(max(entry.size, 1000))]
        return [Text(when), asked, answered, *(Text(number, justify="right") for number in numbers)]

    def _count_words(self) -> str:
        if not self._entries:
            return "No session is recorded yet: ask something in the chat."
        if not self._shown:
            return "No session has these words: esc shows all of them again."
        count = f"{len(self._shown)} of {len(self._entries)}" if len(self._shown) < len(self._entries) else ""
        return " · ".join(filter(None, [count, str(self._folder)]))

    def _entry(self) -> SessionEntry | None:
        row = self.query_one(DataTable).cursor_row
        return self._shown[row] if 0 <= row < len(self._shown) else None

    # -- the filter ---------------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        self.query_one(LineText).focus()

    def on_input_changed(self) -> None:
        self._fill()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_open()

    def action_move(self, rows: int) -> None:
        """Move the cursor of the list while the filter is typed."""
        table = self.query_one(DataTable)
        table.move_cursor(row=max(table.cursor_row + rows, 0))

    def action_leave(self) -> None:
        """Escape: out of the filter, which goes, and then out of the list."""
        field = self.query_one(LineText)
        if field.has_focus or field.text:
            field.text = ""
            self.query_one(DataTable).focus()
        else:
            self.dismiss()

    # -- what is done with a session ----------------------------------------------------------------------------------

    def on_data_table_row_selected(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        if (entry := self._entry()) is not None:
            self.app.run_worker(app_of(self).navigation.open_session(entry.path))
            self.dismiss()

    def action_continue(self) -> None:
        if (entry := self._entry()) is not None:
            self.app.run_worker(app_of(self).navigation.continue_session(entry.path))
            self.dismiss()

    def action_statistics(self) -> None:
        self.dismiss()
        app_of(self).navigation.show_statistics()

    def action_rename(self) -> None:
        entry = self._entry()
        if entry is None:
            return
        row = self.query_one(DataTable).cursor_row

        def put(title: str | None) -> None:
            if title:
                self.app.run_worker(self._rename(entry, title, row))

        self.app.push_screen(AskText("Rename", "A title for this session:", entry.title), put)

    async def _rename(self, entry: SessionEntry, title: str, row: int) -> None:
        """Give a session another title, also when the list is closed meanwhile."""
        try:
            await app_of(self).navigation.rename(entry.path, title)
        except (OSError, SessionError) as error:
            self.app.notify(f"It could not be renamed: {reason(error)}.", severity="error", markup=False)
        if self.is_attached:
            self._list(row)

    def action_delete(self) -> None:
        entry = self._entry()
        if entry is None:
            return
        if app_of(self).navigation.is_open(entry.path):
            key = key_here(self, "new_chat")
            self.notify(f"This session is going on in the chat: begin a new one ({key}) before deleting it.")
            return
        try:
            self._deleted.append(delete_session(entry.path))
        except (OSError, SessionError) as error:
            self.notify(f"It could not be deleted: {reason(error)}.", severity="error", markup=False)
            return
        self._list(self.query_one(DataTable).cursor_row)
        self.notify(f"Deleted “{entry.title}”: u takes it back.", markup=False)

    def action_undo(self) -> None:
        if not self._deleted:
            self.notify("Nothing was deleted here.")
            return
        try:
            restore_session(self._deleted[-1])
            self._deleted.pop()
            self.app.clear_notifications()  # which say that it is deleted
        except (OSError, SessionError) as error:
            self.notify(f"It could not be taken back: {reason(error)}.", severity="error", markup=False)
        self._list(0)


def _excerpts_of(entries: list[SessionEntry]) -> list[SessionExcerpt]:
    return [read_excerpt(entry.path) for entry in entries]
