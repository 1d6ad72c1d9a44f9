"""Recorded sessions: open, continue, rename, delete and take back."""

from __future__ import annotations

import time
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import DataTable, Static

from llada_tui.trace.session import SessionError, reason
from llada_tui.trace.session_folder import (
    SessionEntry,
    delete_session,
    list_sessions,
    restore_session,
)
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.dialogs import AskText
from llada_tui.tui.shell.footer import key_here
from llada_tui.units import size_words


class SessionsDialog(ModalScreen[None]):
    """The list of sessions in a folder, latest first."""

    DEFAULT_CSS = """
    SessionsDialog { align: center middle; }
    SessionsDialog > Vertical { width: 110; max-width: 96%; height: 80%; border: round $accent; background: $surface;
        padding: 1 1 0 1; }
    SessionsDialog DataTable { height: 1fr; background: $surface; }
    SessionsDialog Static { height: auto; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f4", "dismiss", "close"),
        Binding("c", "continue", "continue"),
        Binding("r", "rename", "rename"),
        Binding("d,delete", "delete", "delete"),
        Binding("u", "undo", "undo"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._entries: list[SessionEntry] = []
        self._deleted: list[Path] = []

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Sessions"
            box.border_subtitle = "enter replay · c continue · r rename · d delete · u undo · esc close"
            yield DataTable(cursor_type="row", zebra_stripes=False)
            yield Static(id="words", markup=False)

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("when", "title", "runs", "tokens", "size")
        table.focus()
        self._fill()

    def _fill(self, row: int = 0) -> None:
        table = self.query_one(DataTable)
        table.clear()
        self._entries = list_sessions(self._folder)
        for entry in self._entries:
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.modified))
            runs = "–" if entry.runs is None else str(entry.runs)
            tokens = "–" if entry.runs is None else str(entry.tokens)
            table.add_row(when, _literal(entry.title), runs, tokens, size_words(max(entry.size, 1000)))
        table.move_cursor(row=min(row, max(len(self._entries) - 1, 0)))
        words = f"{self._folder}" if self._entries else "No session is recorded yet: ask something in the chat."
        self.query_one("#words", Static).update(words)

    def _entry(self) -> SessionEntry | None:
        row = self.query_one(DataTable).cursor_row
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def on_data_table_row_selected(self) -> None:
        if (entry := self._entry()) is not None:
            self.app.run_worker(app_of(self).navigation.open_session(entry.path))
            self.dismiss()

    def action_continue(self) -> None:
        if (entry := self._entry()) is not None:
            self.app.run_worker(app_of(self).navigation.continue_session(entry.path))
            self.dismiss()

    def action_rename(self) -> None:
        entry = self._entry()
        if entry is None:
            return
        row = self.query_one(DataTable).cursor_row

        def put(title: str | None) -> None:
            if title:
                try:
                    app_of(self).navigation.rename(entry.path, title)
                except (OSError, SessionError) as error:
                    self.notify(f"It could not be renamed: {reason(error)}.", severity="error", markup=False)
                self._fill(row)

        self.app.push_screen(AskText("Rename", "A title for this session:", entry.title), put)

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
        self._fill(self.query_one(DataTable).cursor_row)
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
        self._fill()


def _literal(text: str) -> object:
    """Text for a table's cell, which would read a plain string as markup."""
    from rich.text import Text

    return Text(text)
