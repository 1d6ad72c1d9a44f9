"""The page with the pictures that the run is about, and with what of them the selected token leans on."""

from __future__ import annotations

from functools import partial

from llada_tui.trace.run import Run
from llada_tui.tui.shell.action import Action
from llada_tui.tui.shell.bar import BarText
from llada_tui.tui.shell.styled_lines import Line
from llada_tui.tui.stage.page import Item, Page, PanelView
from llada_tui.tui.stage.picture_heat import PictureHeat, heat_lines
from llada_tui.tui.stage.picture_pane import PicturePane
from llada_tui.worker.protocol import Influences

PARTS = 36
"""Parts of all pictures that are left out in turn."""


class PicturePage(Page):
    name = "picture"
    title = "Picture"
    opening = Action("pictures", "I,alt+i", "picture", "Show the pictures that the question is about.", "Program")
    actions = (
        Action(
            "picture_parts",
            "D",
            "leans on parts",
            "Show which parts of the picture the selected token leans on, each masked in turn: up to 37 rows.",
            "Canvas",
        ),
        Action("next_picture", "J", "next picture", "Show the next picture of the question.", "Canvas"),
    )
    help = "On a picture with the parts that a token leans on: arrows, or the mouse, choose a part and tell its share."
    lines = 8
    widget: PicturePane

    def __init__(self, panel: PanelView) -> None:
        super().__init__(panel)
        self.widget = PicturePane(self.choose, id=self.name)
        self._back = 0
        """The picture on show, counted from the last."""
        self._influences: Influences | None = None
        self._asked: tuple[Run, int, int] | None = None
        """The run, the frame and the position that the influences are about."""
        self._heats: dict[int, PictureHeat] = {}
        """The heat map over each picture, by its index among the prompt's."""
        self._chosen: int | None = None

    @property
    def _names(self) -> list[str]:
        """The names of the run's pictures, in the order of the prompt; the model sees one as often as it stands
        there."""
        run = self.panel.player.run
        return [] if run is None else run.start.prompt.picture_names

    @property
    def _number(self) -> int:
        """The index of the picture on show."""
        count = len(self._names)
        return (count - 1 - self._back) % count if count else 0

    @property
    def is_needed(self) -> bool:
        return bool(self._names)

    @property
    def influences(self) -> Influences | None:
        """The influences on show."""
        return self._influences

    def update(self) -> None:
        names, panel = self._names, self.panel
        if self._asked is not None and self._asked != (panel.player.run, panel.player.frame, panel.canvas.selected):
            self._forget()
        if not names:
            self.widget.show("", None, [[("The question on show is about no picture.", "text")]])
            return
        number = self._number
        words: list[Line] = [[(f"Picture {number + 1} of {len(names)}", "strong")]] if len(names) > 1 else []
        run = panel.player.run
        if self._influences is not None and run is not None:
            words += heat_lines(self._influences, run.token_bytes, number, self._chosen)
        content = panel.owner.session.pictures.get(names[number])
        self.widget.show(names[number], content, words, self._heats.get(number), self._chosen)

    def _forget(self) -> None:
        self._influences = self._asked = self._chosen = None
        self._heats = {}

    def tab_parts(self, width: int) -> list[BarText]:
        parts = [BarText(" leans on ", "accent", "picture_parts")] if self._names else []
        return [*parts, *([BarText(" next ", "accent", "next_picture")] if len(self._names) > 1 else [])]

    def footer_items(self) -> list[Item]:
        items: list[Item] = [("picture_parts", "the picture" if self._influences else None)] if self._names else []
        return [*items, *([("next_picture", None)] if len(self._names) > 1 else [])]

    def choose(self, part: int | None) -> None:
        """Tell the share of one part of the picture on show, or of none."""
        if part != self._chosen:
            self._chosen = part
            self.panel.update()

    def action_pictures(self) -> None:
        """Open the page, if there is a picture to show."""
        if self.is_needed:
            self.open()
        else:
            self.widget.notify("The question on show is about no picture.")

    def action_next_picture(self) -> None:
        """Show the next picture; after the last comes the first."""
        if not self.is_open:
            self.action_pictures()
        self._back = (self._back - 1) % max(len(self._names), 1)
        self._chosen = None
        self.panel.update()

    def action_picture_parts(self) -> None:
        """Show which parts of the pictures the selected token leans on, or the pictures again."""
        panel = self.panel
        if not self._names or not self.is_open:
            self.action_pictures()
        if not self._names:
            return
        if panel.canvas.selected is None:
            panel.canvas.move_selection(0)
        run, frame, position = panel.player.run, panel.player.frame, panel.canvas.selected
        if run is None or position is None:
            self.widget.notify("There is no token to ask about yet: ask something first.")
        elif self._influences is not None:
            self._forget()
            panel.update()
            panel.owner.update_keys()
        elif (token := run.cell_at(position, frame).token) is None:
            self.widget.notify("Nothing is guessed here at this step, so nothing could lean on a picture.")
        else:
            show = partial(self.show_influences, run, frame)
            if problem := panel.owner.ask_influence(run, frame, position, token, show, parts=PARTS):
                self.widget.notify(problem)

    def show_influences(self, run: Run, frame: int, influences: Influences) -> None:
        """Show which parts a token of a run's frame leans on, if that token is still the selected one: on the picture
        with the strongest."""
        panel = self.panel
        asked = (run, frame, influences.position)
        if asked != (panel.player.run, panel.player.frame, panel.canvas.selected):
            return
        if not influences.parts:
            self.widget.notify("This worker is older: it cannot tell which parts of a picture a word leans on.")
            return
        self._influences, self._asked, self._chosen = influences, asked, None
        strongest = max(influences.parts, key=lambda part: abs(part.nats))
        numbers = {part.picture for part in influences.parts}
        self._heats = {
            number: PictureHeat([part for part in influences.parts if part.picture == number], abs(strongest.nats))
            for number in numbers
        }
        self._back = (len(self._names) - 1 - strongest.picture) % len(self._names)
        panel.update()
        panel.owner.update_keys()
