"""The main knobs on one line, which is in sight at every size; a click sets one or goes to it."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, Protocol

from rich.cells import cell_len
from textual import events

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.tui.shell.bar import Bar, BarText
from llada_tui.tui.stage.knob_rows import KnobRow, share_of

_SHORT = {"temperature": "temp", "remasking": ""}
"""Labels where there is little room; the name of a strategy needs none."""
_LEAST_BAR, _LONGEST_BAR = 4, 16
_GAP = "  "


class KnobOwner(Protocol):
    """The owner of the cursor among the knobs, as the strip sees it."""

    settings: SamplerSettings

    @property
    def rows(self) -> list[KnobRow]:
        """All knobs."""

    @property
    def row(self) -> KnobRow:
        """The knob under the cursor."""

    @property
    def has_focus(self) -> bool:
        """Whether keys turn the knobs."""

    def text_of(self, row: KnobRow) -> str:
        """The value of a knob as it is drawn."""

    def waits(self, row: KnobRow) -> bool:
        """Whether the value holds from the next run on."""

    def go_to(self, names: Collection[str]) -> None:
        """Put the cursor on the first knob of these names."""

    def set_share(self, share: float) -> None:
        """Set the knob under the cursor to a share of its bar."""


class Item(NamedTuple):
    """A knob on the line, and how many cells its parts take."""

    row: KnobRow
    label: str
    value: str
    bar: int

    @property
    def bar_column(self) -> int:
        """The cell at which the bar begins, counted from the item's first."""
        return cell_len(self.label) + cell_len(self.value) + 1

    @property
    def width(self) -> int:
        return self.bar_column + self.bar if self.bar else self.bar_column - 1


class KnobStrip(Bar):
    """One line of knobs. They are those of `Knobs`, which has the cursor and takes what is set here."""

    DEFAULT_CSS = "KnobStrip { padding: 0 1; width: 100%; }"

    def __init__(self, knobs: KnobOwner, opening: str) -> None:
        """``opening``: the id of the action that goes to the knobs."""
        super().__init__(id="main-knobs")
        self._knobs, self._opening = knobs, opening

    def items(self, width: int) -> list[Item]:
        """The knobs as they fit into ``width`` cells: with bars, without, with short labels."""
        knobs = self._knobs
        rows = [row for row in knobs.rows if row.main]
        values = [knobs.text_of(row) for row in rows]
        labels = [f"{row.label} " for row in rows]
        with_bar = [share_of(knobs.settings, row) is not None for row in rows]

        def room() -> int:
            words = sum(cell_len(text) for text in (*labels, *values))
            return width - words - len(_GAP) * (len(rows) - 1)

        bar = min(room() // max(sum(with_bar), 1) - 1, _LONGEST_BAR)
        if room() < 0:
            short = [_SHORT.get(row.label, row.label) for row in rows]
            labels = [f"{label} " if label else "" for label in short]
        if room() < 0:
            labels = [""] * len(rows)
        bar = bar if bar >= _LEAST_BAR else 0
        return [
            Item(row, label, value, bar * has_bar)
            for row, label, value, has_bar in zip(rows, labels, values, with_bar, strict=True)
        ]

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
            parts.append(BarText(_GAP))
        return parts[:-1]

    async def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        x = offset.x
        for item in self.items(self.size.width):
            if 0 <= x < item.width:
                event.stop()
                self._knobs.go_to([item.row.name])
                if x >= item.bar_column:
                    self._knobs.set_share((x - item.bar_column + 0.5) / item.bar)
                elif not self._knobs.has_focus:
                    await self.screen.run_action(self._opening)
                return
            x -= item.width + len(_GAP)


def bar(share: float, size: int) -> str:
    """A bar of ``size`` cells, as full as ``share``."""
    halves = round(share * size * 2)
    full = "━" * (halves // 2) + "╸" * (halves % 2)
    return full + "┄" * (size - len(full))
