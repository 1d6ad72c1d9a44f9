"""The panel below the canvas: one page of `PAGES` at a time, and a line of tabs."""

from __future__ import annotations

from typing import TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.player.legend import Legend
from llada_tui.tui.player.player import Player
from llada_tui.tui.shell.bar import Bar, BarText
from llada_tui.tui.stage import pages
from llada_tui.tui.stage.page import Item, Page
from llada_tui.tui.stage.stage_owner import StageOwner

P = TypeVar("P", bound=Page)


class PanelTabs(Bar):
    """The titles of the panel's pages; a click opens one. At the right, what can be done with the open page."""

    DEFAULT_CSS = "PanelTabs { background: $panel; }"

    def __init__(self, panel: Panel) -> None:
        super().__init__(id="tabs")
        self._panel = panel

    def parts(self, width: int) -> list[BarText]:
        parts = [BarText(" ")]
        for page in self._panel.pages:
            parts.append(BarText(f" {page.title} ", "accent" if page.is_open else "dim", page.opening.id))
            parts.append(BarText("│", "dim"))
        return parts[:-1]

    def right_parts(self, width: int) -> list[BarText]:
        page = self._panel.page
        whole = [BarText("  whole side ", "text", "whole")] if page.shows_run and width >= 60 else []
        return [*page.tab_parts(width), *whole]


class Panel(Vertical):
    """Shows what a player shows in other ways; only the page that is open is brought up to date."""

    DEFAULT_CSS = """
    Panel { border-subtitle-color: $text-muted; }
    Panel Legend { display: none; }
    """

    def __init__(
        self,
        canvas: TokenCanvas,
        player: Player,
        settings: SamplerSettings,
        owner: StageOwner,
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.canvas, self.player, self.settings, self.owner = canvas, player, settings, owner
        self.whole = False
        self.pages = tuple(kind(self) for kind in pages.PAGES)
        self._page = self.pages[0]
        self.tabs = PanelTabs(self)
        self.legend = Legend(canvas)
        self._pointed: frozenset[int] = frozenset()
        """What the open page points at."""
        self._pointed_before: frozenset[int] = frozenset()
        """What was pointed at on the canvas before the page did."""

    def compose(self) -> ComposeResult:
        yield self.tabs
        for page in self.pages:
            if page.strip is not None:
                yield page.strip
        with ContentSwitcher(initial=self.page.name):
            for page in self.pages:
                yield page.widget
        yield self.legend

    def on_resize(self) -> None:
        self.call_after_refresh(self.update)

    @property
    def page(self) -> Page:
        """The page that is open."""
        return self._page

    @property
    def front(self) -> Widget:
        """The widget of the page that is open."""
        return self.page.widget

    def find(self, kind: type[P]) -> P:
        """The page of a class."""
        return next(page for page in self.pages if isinstance(page, kind))

    def open(self, page: Page) -> None:
        """Open a page, without giving it the focus."""
        self._page = page
        self.query_one(ContentSwitcher).current = page.name
        self.set_class(page.legend, "-legend")
        self.tabs.refresh()
        self.update()

    def update(self) -> None:
        """Bring the open page up to date with the player and the canvas."""
        for page in self.pages:
            if page.strip is not None:
                page.strip.display = page.shows_strip(self.size.height)
        self.page.update()
        self._point(self.page.pointed)
        self.border_subtitle = Content(self.page.words)

    def open_for_selection(self) -> None:
        """Open the page about the selected token, unless the open page shows the run."""
        if not self.page.shows_run:
            self.open(next((page for page in self.pages if page.for_selection), self.page))

    def open_for_whole(self) -> None:
        """Open the page that needs the most room, unless the open page shows the run."""
        if not self.page.shows_run:
            next((page for page in self.pages if page.for_whole), self.page).open()

    def footer_items(self) -> list[Item]:
        """For the footer: what can be done with the open page, while the focus is there."""
        if not self.has_focus_within or not self.page.shows_run:
            return []
        return [("whole", "canvas" if self.whole else None), *self.page.footer_items()]

    def footer_setup(self) -> list[Item]:
        """For the footer: the pages that show no run, but what the next is made with."""
        return [(page.opening.id, None) for page in self.pages if not page.shows_run]

    def footer_pages(self) -> list[Item]:
        """For the footer: the pages that show the run."""
        return [(page.opening.id, None) for page in self.pages if page.shows_run]

    def _point(self, positions: frozenset[int]) -> None:
        """Point at positions on the canvas, and in the end at what was pointed at before."""
        if positions == self._pointed:
            return
        if not self._pointed:
            self._pointed_before = self.canvas.pointed
        if self.canvas.pointed in (self._pointed, self._pointed_before):  # else somebody else points by now
            self.canvas.pointed = positions or self._pointed_before
        self._pointed = positions
