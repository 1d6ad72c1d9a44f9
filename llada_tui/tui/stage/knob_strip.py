"""The main knobs on one line, which is in sight at every size; a click sets one or goes to it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from textual import events

from llada_tui.tui.shell.bar import Bar, BarText
from llada_tui.tui.stage.knob_line import GAP, Item, KnobValues, bar, fit, item_at
from llada_tui.tui.stage.knob_rows import KnobRow, share_of

_SHORT = {"temperature": "temp", "remasking": ""}
"""Labels where there is little room; the name of a strategy needs none."""


class KnobOwner(KnobValues, Protocol):
    """The owner of the cursor among the knobs, as the strip sees it."""

    @property
    def rows(self) -> list[KnobRow]:
        """All knobs."""

    @property
    def row(self) -> KnobRow:
        """The knob under the cursor."""

    @property
    def has_focus(self) -> bool:
        """Whether keys turn the knobs."""

    def waits(self, row: KnobRow) -> bool:
        """Whether the value holds from the next run on."""

    def go_to(self, names: Collection[str]) -> None:
        """Put the cursor on the first knob of these names."""

    def set_share(self, share: float) -> None:
        """Set the knob under the cursor to a share of its bar."""


class KnobStrip(Bar):
    """One line of knobs. They are those of `Knobs`, which has the cursor and takes what is set here."""

    DEFAULT_CSS = "KnobStrip { padding: 0 1; width: 100%; }"

    def __init__(self, knobs: KnobOwner, opening: str) -> None:
        """``opening``: the id of the action that goes to the knobs."""
        super().__init__(id="main-knobs")
        self._knobs, self._opening = knobs, opening

    def items(self, width: int) -> list[Item]:
        """The knobs as they fit into ``width`` cells: with bars, without, with short labels."""
        return fit(self._knobs, [row for row in self._knobs.rows if row.main], width, _SHORT)

    def parts(self, width: int) -> list[BarText]:
        parts: list[BarText] = []
        knobs = self._knobs
        for item in self.items(width):
            is_current = knobs.has_focus and knobs.row == item.row
            parts.append(BarText(item.label, "accent" if is_current else "dim"))
            kind = "warn" if knobs.waits(item.row) else "accent" if is_current else "strong"
            parts.append(BarText(item.value, kind))
            if item.bar:
                parts.append(BarText(f" {bar(share_of(knobs.settings, item.row) or 0.0, item.bar)}", "dim"))
            parts.append(BarText(GAP))
        return parts[:-1]

    async def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if (place := item_at(self.items(self.size.width), offset.x)) is None:
            return
        event.stop()
        (item, x), knobs = place, self._knobs
        knobs.go_to([item.row.name])
        if item.bar and x >= item.bar_column:
            knobs.set_share((x - item.bar_column + 0.5) / item.bar)
        elif not knobs.has_focus:
            await self.screen.run_action(self._opening)
