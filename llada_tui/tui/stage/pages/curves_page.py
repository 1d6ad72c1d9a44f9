"""The page with the figures of every step as curves."""

from __future__ import annotations

from llada_tui.tui.shell.action import Action
from llada_tui.tui.stage.curves import Curves
from llada_tui.tui.stage.page import Page, PanelView


class CurvesPage(Page):
    name = "curves"
    title = "Curves"
    opening = Action("curves", "ctrl+g", "curves", "Show the figures of every step.", "Program", everywhere=True)
    widget: Curves

    def __init__(self, panel: PanelView) -> None:
        super().__init__(panel)
        self.widget = Curves(id=self.name)

    def update(self) -> None:
        player = self.panel.player
        self.widget.show(player.run, player.frame, player.total)

    def action_curves(self) -> None:
        self.open()
