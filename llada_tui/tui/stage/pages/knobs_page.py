"""The page with the knobs: the settings of the sampler."""

from __future__ import annotations

from llada_tui.tui.shell.action import Action
from llada_tui.tui.stage.knobs import Knobs
from llada_tui.tui.stage.page import Page, PanelView

_ROOM = 9
"""Lines of a panel in which the page shows all main knobs: below the tabs and above two lines of words."""
_BELOW = 4
"""Lines below the knobs: of parameters and of words."""


class KnobsPage(Page):
    name = "knobs"
    title = "Knobs"
    opening = Action(
        "knobs", "f2,ctrl+underscore", "knobs", "Go to the knobs, and back.", "Program", everywhere=True, shown=True
    )
    help = (
        "In the knobs: ↑ ↓ choose, ← → change (shift: faster), a number can be typed, enter lists strategies, caches "
        "and presets, del resets all."
    )
    shows_run = False
    lines = 9
    widget: Knobs

    def __init__(self, panel: PanelView) -> None:
        super().__init__(panel)
        self.widget = Knobs(panel.settings, opening=self.opening.id, id=self.name)
        self.strip = self.widget.strip

    @property
    def all_lines(self) -> int:
        return sum(row.parameter is None for row in self.widget.rows) + _BELOW

    @property
    def most_lines(self) -> int:
        return self.all_lines

    def shows_strip(self, height: int) -> bool:
        """The main knobs are on the strip unless the page is in sight and has room for them. Where the page is open and
        has none, the strip has their bars."""
        folded = not (self.panel.is_in_sight(self) and height >= _ROOM)
        if folded != self.widget.folded:
            self.widget.folded = folded
            self.widget.redraw()
        self.widget.strip.need_bars(folded and self.is_open and self.widget.size.height > 0)
        return folded

    def action_knobs(self) -> None:
        """Go to the knobs, and back."""
        if self.widget.has_focus:
            self.panel.owner.home()
        else:
            self.open()
