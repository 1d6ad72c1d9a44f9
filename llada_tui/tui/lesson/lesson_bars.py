"""The lines above and below a lesson: its name, and which page is open."""

from __future__ import annotations

from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.bar import Bar, BarText
from llada_tui.tui.shell.footer import key_of
from llada_tui.tui.stage.workbench_header import WorkbenchHeader


class LessonHeader(WorkbenchHeader):
    """The chat's header with the lesson's name in the place of the run's number and speed."""

    title = ""

    def _speed(self, room: int) -> str:
        return ""

    def right_parts(self, width: int) -> list[BarText]:
        title = [BarText(f"{self.title} ", "text", "lessons")] if width >= 90 else []
        return [*self.share_parts(), *title, BarText(" ? ", "accent", "help"), BarText("help ", "text", "help")]


class PageBar(Bar):
    """The number of the open page, and the ways to the others. ``away``: the stage shows something else than the
    page."""

    DEFAULT_CSS = "PageBar { background: $panel; }"
    page, pages, away = 0, 1, False

    def parts(self, width: int) -> list[BarText]:
        back = "accent" if self.page else "dim"
        place = f" page {self.page + 1} of {self.pages} " if self.page < self.pages else " the end "
        return [
            BarText(f" ‹ {self._key('page_back')} ", back, "page_back"),
            BarText(place, "text", "lessons"),
            BarText(f" {self._key('page_next')} › ", "accent", "page_next"),
        ]

    def right_parts(self, width: int) -> list[BarText]:
        if not self.away:
            return []
        words = " back to the step " if width >= 44 else " back "
        return [BarText(self._key("rejoin"), "accent", "rejoin"), BarText(words, "warn", "rejoin")]

    def _key(self, id: str) -> str:
        return key_of(app_of(self), id)
