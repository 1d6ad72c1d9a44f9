"""The page with the pictures that the run is about."""

from __future__ import annotations

from llada_tui.tui.shell.action import Action
from llada_tui.tui.shell.bar import BarText
from llada_tui.tui.shell.styled_lines import Line
from llada_tui.tui.stage.page import Item, Page, PanelView
from llada_tui.tui.stage.picture_pane import PicturePane


class PicturePage(Page):
    name = "picture"
    title = "Picture"
    opening = Action("pictures", "I,alt+i", "picture", "Show the pictures that the question is about.", "Program")
    actions = (Action("next_picture", "J", "next picture", "Show the next picture of the question.", "Canvas"),)
    lines = 8
    widget: PicturePane

    def __init__(self, panel: PanelView) -> None:
        super().__init__(panel)
        self.widget = PicturePane(id=self.name)
        self._back = 0
        """The picture on show, counted from the last."""

    @property
    def _names(self) -> list[str]:
        """The names of the run's pictures, each once, in their order."""
        run = self.panel.player.run
        return [] if run is None else list(dict.fromkeys(run.start.prompt.picture_names))

    @property
    def _number(self) -> int:
        """The index of the picture on show."""
        count = len(self._names)
        return (count - 1 - self._back) % count if count else 0

    @property
    def is_needed(self) -> bool:
        return bool(self._names)

    def update(self) -> None:
        names = self._names
        if not names:
            self.widget.show("", b"", [[("The question on show is about no picture.", "text")]])
            return
        name = names[self._number]
        self.widget.show(name, self.panel.owner.session.pictures.get(name), [self._heading()])

    def _heading(self) -> Line:
        count = len(self._names)
        return [(f"Picture {self._number + 1} of {count}" if count > 1 else "Picture", "strong")]

    def tab_parts(self, width: int) -> list[BarText]:
        return [BarText(" next ", "accent", "next_picture")] if len(self._names) > 1 else []

    def footer_items(self) -> list[Item]:
        return [("next_picture", None)] if len(self._names) > 1 else []

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
        self.panel.update()
