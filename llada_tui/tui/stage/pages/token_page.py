"""The page about the selected token: what it is, its candidates, and which words it leans on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from llada_tui.trace.run import Run
from llada_tui.tui.shell.action import Action
from llada_tui.tui.shell.bar import BarText
from llada_tui.tui.stage.influence_tints import tints
from llada_tui.tui.stage.inspector import Inspector
from llada_tui.tui.stage.page import Item, Page, PanelView
from llada_tui.tui.stage.pages.knobs_page import KnobsPage
from llada_tui.worker.protocol import Influences

PARTS = "picture_parts"
"""The id of the action that asks the same of the parts of pictures."""


class TokenPage(Page):
    name = "token"
    title = "Token"
    opening = Action(
        "token",
        "f3,ctrl+right_square_bracket",
        "token",
        "Show what is known of the selected token.",
        "Program",
        everywhere=True,
    )
    actions = (
        Action(
            "influence",
            "d",
            "leans on",
            "Show which words the selected token leans on, each masked in turn. It costs one pass of up to 33 rows.",
            "Canvas",
        ),
    )
    for_selection = True
    lines = 8
    widget: Inspector

    def __init__(self, panel: PanelView) -> None:
        super().__init__(panel)
        self.widget = Inspector(knobs=KnobsPage.opening.id, id=self.name)

    @property
    def most_lines(self) -> int | None:
        return self.widget.most_lines

    def update(self) -> None:
        player = self.panel.player
        self.widget.show(player.run, self.panel.canvas.selected, player.frame, player.total)

    @property
    def pointed(self) -> frozenset[int]:
        return self.widget.leaning

    @property
    def tints(self) -> Mapping[int, int]:
        return tints(self.widget.influences)

    def tab_parts(self, width: int) -> list[BarText]:
        parts = [BarText(" leans on ", "accent", "influence")]
        return [*parts, BarText(" parts ", "accent", PARTS)] if self._is_about_pictures else parts

    def footer_items(self) -> list[Item]:
        items: list[Item] = [("influence", "candidates" if self.widget.influences is not None else None)]
        return [*items, (PARTS, None)] if self._is_about_pictures else items

    @property
    def _is_about_pictures(self) -> bool:
        run = self.panel.player.run
        return run is not None and bool(run.start.prompt.picture_names)

    def open(self) -> None:
        """Open the page; a token is selected if none is."""
        super().open()
        if self.panel.canvas.selected is None:
            self.panel.canvas.move_selection(0)

    def focus(self) -> None:
        """Put the focus on the canvas, where tokens are selected, if it is in sight."""
        (self.widget if self.panel.whole else self.panel.canvas).focus()

    def action_token(self) -> None:
        self.open()

    def action_influence(self) -> None:
        """Show which words the selected token leans on, or its candidates again."""
        panel = self.panel
        if not self.is_open or panel.canvas.selected is None:
            self.open()
        run, frame, position = panel.player.run, panel.player.frame, panel.canvas.selected
        if run is None or position is None:
            self.widget.notify("There is no token to ask about yet: ask something first.")
        elif self.widget.influences is not None:
            self.widget.influences = None
            panel.update()
        elif (token := run.cell_at(position, frame).token) is None:
            self.widget.notify("Nothing is guessed here at this step, so there is nothing that could lean on words.")
        else:
            show = partial(self.show_influences, run, frame)
            if problem := panel.owner.ask_influence(run, frame, position, token, show):
                self.widget.notify(problem)

    def show_influences(self, run: Run, frame: int, influences: Influences) -> None:
        """Show what a token of a run's frame leans on, if that token is still the selected one."""
        panel = self.panel
        shown = (panel.player.run, panel.player.frame, panel.canvas.selected)
        if shown == (run, frame, influences.position):
            self.widget.influences = influences
            panel.update()
            panel.owner.update_keys()
