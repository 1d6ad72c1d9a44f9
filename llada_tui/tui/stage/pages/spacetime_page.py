"""The page with the whole run as one picture."""

from __future__ import annotations

from llada_tui.trace.cell import State
from llada_tui.trace.run import Run
from llada_tui.tui.shell.action import Action
from llada_tui.tui.shell.bar import BarText
from llada_tui.tui.stage.page import Item, Page, PanelView
from llada_tui.tui.stage.spacetime_pane import SpacetimePane


class SpacetimePage(Page):
    name = "spacetime"
    title = "Spacetime"
    opening = Action(
        "spacetime", "ctrl+o", "spacetime", "Show the whole run as one picture.", "Program", everywhere=True
    )
    actions = (
        Action("closer", "i", "zoom in", "Spacetime: closer (there also +).", "Canvas"),
        Action("farther", "o", "zoom out", "Spacetime: farther, to all of it (there also -).", "Canvas"),
    )
    help = "In spacetime: ← → choose a token, ↑ ↓ a step, + - zoom; a click goes there, ctrl+wheel zooms."
    for_whole = True
    legend = True
    widget: SpacetimePane

    def __init__(self, panel: PanelView) -> None:
        super().__init__(panel)
        self.widget = SpacetimePane(panel.canvas, id=self.name)
        self._states: tuple[Run | None, int, frozenset[State]] = (None, 0, frozenset())
        """A run, the number of its steps that were looked at, and what they hold of the states that are rare."""

    def update(self) -> None:
        player = self.panel.player
        self.widget.show(player.run, player.frame, player.total)

    @property
    def words(self) -> str:
        return self.widget.words()

    @property
    def states(self) -> frozenset[State]:
        run = self.panel.player.run
        before, count, states = self._states
        if run is not before:
            count, states = 0, frozenset()
        if run is not None:
            steps = run.steps[count:]
            states |= {State.REMASKED} if any(step.remasked for step in steps) else set()
            states |= {State.EDITED} if any(step.edits for step in steps) else set()
            count = run.last
        self._states = run, count, states
        return states

    def tab_parts(self, width: int) -> list[BarText]:
        keys = [BarText("← → token  ↑ ↓ step  ", "dim")] if width >= 90 else []
        return [*keys, BarText(" - ", "accent", "farther"), BarText("zoom", "dim"), BarText(" + ", "accent", "closer")]

    def footer_items(self) -> list[Item]:
        return [("closer", None), ("farther", "out")]

    def action_spacetime(self) -> None:
        self.open()

    def action_closer(self) -> None:
        self._zoom(1)

    def action_farther(self) -> None:
        self._zoom(-1)

    def _zoom(self, by: int) -> None:
        if not self.is_open:
            self.open()
        self.widget.change_zoom(by)
        self.panel.update()
