"""The page with the figures of every step as curves."""

from __future__ import annotations

from llada_tui.tui.stage.curves import Curves
from llada_tui.tui.stage.page import Page, PanelView


class CurvesPage(Page):
    name = "curves"
    title = "Curves"
    opens_with = "curves"
    widget: Curves

    def __init__(self, panel: PanelView) -> None:
        super().__init__(panel)
        self.widget = Curves(id=self.name)

    def update(self) -> None:
        player = self.panel.player
        self.widget.show(player.run, player.frame, player.total)

    def action_curves(self) -> None:
        self.open()
