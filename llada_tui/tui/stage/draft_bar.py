"""The bar of a branch in the making: from which step, what was changed, and what can be done now."""

from __future__ import annotations

from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.bar import Bar, BarText
from llada_tui.tui.shell.footer import key_of


class DraftBar(Bar):
    """Shows what a screen says of its draft."""

    DEFAULT_CSS = "DraftBar { background: $panel; display: none; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._place = ""
        self._words = ""
        self._made = self._undone = 0

    def show(self, place: str, words: str, made: int, undone: int) -> None:
        """``place``: where the branch begins; ``words``: with what; how many changes can be undone and redone."""
        self._place, self._words, self._made, self._undone = place, words, made, undone
        self.refresh()

    def parts(self, width: int) -> list[BarText]:
        parts = [BarText(f" {self._place} ", "warn"), BarText(f" {self._words} ", "text")]
        items = [("branch", "continue"), ("change", "change")]
        items += [("undo", "undo")] if self._made else []
        items += [("redo", f"redo {self._undone}")] if self._undone else []
        for id, label in [*items, ("leave", "leave")]:
            parts += [BarText(f"  {self._key(id)}", "accent", id), BarText(f" {label}", "text", id)]
        return parts

    def _key(self, id: str) -> str:
        return key_of(app_of(self), id)
