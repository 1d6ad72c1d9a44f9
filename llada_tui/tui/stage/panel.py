"""The panel below the canvas with one page of `PAGES` at a time and a line of tabs, or beside it with all pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.cell import State
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.player.legend import Legend
from llada_tui.tui.player.player import Player
from llada_tui.tui.shell.changed_cells import SubtitledBox
from llada_tui.tui.stage import pages
from llada_tui.tui.stage.page import Item, Page
from llada_tui.tui.stage.panel_tabs import PageHeading, PanelTabs
from llada_tui.tui.stage.stage_owner import StageOwner

P = TypeVar("P", bound=Page)
_HIGH = 52
"""Lines from which on every page has room for all of it."""
_ENOUGH = 9
"""Lines that are enough for a page that has use for any number, while other pages are short of them."""
_NOTHING = 3
"""Lines of a page that has nothing to show but words."""


class Panel(SubtitledBox):
    """Shows what a player shows in other ways; only pages that are in sight are brought up to date."""

    DEFAULT_CSS = """
    Panel { border-subtitle-color: $text-muted; }
    Panel Legend { display: none; }
    Panel.-stacked #tabs { display: none; }
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
        self._stacked = False
        self._pages = tuple(kind(self) for kind in pages.PAGES)
        self._page = self._pages[0]
        self._needed: list[object] = []
        """The lines there are, and for each page what its own depend on, when the pages were given their places."""
        self.tabs = PanelTabs(self)
        self._headings = [PageHeading(page) for page in self.pages]
        self.legend = Legend(canvas)
        self._pointed: frozenset[int] = frozenset()
        """The positions that the open page points at."""
        self._pointed_before: frozenset[int] = frozenset()
        """The positions that were pointed at on the canvas before the page did."""

    def compose(self) -> ComposeResult:
        yield self.tabs
        for page in self.pages:
            if page.strip is not None:
                yield page.strip
        with Vertical(id="pages"):
            for page, heading in zip(self.pages, self._headings, strict=True):
                yield heading
                yield page.widget
        yield self.legend
        self._arrange()

    def on_resize(self) -> None:
        self.call_after_refresh(self.update)

    @property
    def pages(self) -> Sequence[Page]:
        """All pages, in the order of their tabs."""
        return self._pages

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
        self.set_class(page.legend, "-legend")
        self._arrange()
        self.update()

    @property
    def stacked(self) -> bool:
        """Whether all pages are in sight, one below the other."""
        return self._stacked

    @stacked.setter
    def stacked(self, stacked: bool) -> None:
        if stacked != self._stacked:
            self._stacked = stacked
            self._arrange()

    def is_in_sight(self, page: Page) -> bool:
        """Whether a page is on show."""
        return (self._stacked and page.is_needed) or page is self.page

    def _arrange(self) -> None:
        """Give pages and their headings their places."""
        self.set_class(self._stacked, "-stacked")
        for page, heading in zip(self.pages, self._headings, strict=True):
            heading.display = self._stacked and page.is_needed
            heading.refresh()
            page.widget.display = self.is_in_sight(page)
            page.widget.styles.min_height = self._least_lines(page) if self._stacked else 0
            page.widget.styles.max_height = page.most_lines if self._stacked else None
        self.tabs.refresh()

    def _least_lines(self, page: Page) -> int:
        """The least lines of one of the pages below each other: all that it has use for where there are many, else
        its part, what those leave that have no use for theirs, and what the others can do without if that makes it
        whole beside pages with nothing to show: so they stay where they are once those have something."""
        if self.size.height >= _HIGH:
            return page.all_lines
        if (most_lines := page.most_lines) is None:
            return page.lines
        mosts = [other.most_lines for other in self.pages if other.is_needed]
        limited = [most for most in mosts if most is not None]
        part = self.size.height / max(len(mosts), 1) - 1  # below a heading
        left = sum(part - most for most in limited if most < part)
        spare = (len(mosts) - len(limited)) * (part - _ENOUGH)
        missing = page.all_lines + (_NOTHING - part) * (len(limited) - 1) - part
        return max(page.lines, min(most_lines, int(part + left + max(min(spare, missing), 0))))

    def update(self) -> None:
        """Bring the pages in sight up to date with the player and the canvas."""
        self._update_pages()
        needed = [self.size.height, *((page.is_needed, page.most_lines) for page in self.pages)]
        if needed != self._needed:
            self._needed = needed
            self._arrange()
            self._update_pages()
        self._point(self.page.pointed)
        self.canvas.tints = self.page.tints
        self.say("" if self._stacked else Content(self.page.words))

    def _update_pages(self) -> None:
        for page, heading in zip(self.pages, self._headings, strict=True):
            if page.strip is not None:
                page.strip.display = page.shows_strip(self.size.height)
            if self.is_in_sight(page):
                page.update()
                if self._stacked:
                    heading.refresh_changes()

    @property
    def states(self) -> frozenset[State]:
        """The states that pages in sight show beside those of the frame on show."""
        return frozenset().union(*(page.states for page in self.pages if self.is_in_sight(page)))

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
        return [("whole", "canvas" if self.whole else "whole"), *self.page.footer_items()]

    def footer_setup(self) -> list[Item]:
        """For the footer: the pages that show no run, but what the next is made with."""
        return [(page.opening.id, None) for page in self.pages if not page.shows_run]

    def footer_pages(self) -> list[Item]:
        """For the footer: the pages that show the run."""
        return [(page.opening.id, None) for page in self.pages if page.shows_run and page.is_needed]

    def _point(self, positions: frozenset[int]) -> None:
        """Point at positions on the canvas, and in the end at what was pointed at before."""
        if positions == self._pointed:
            return
        if not self._pointed:
            self._pointed_before = self.canvas.pointed
        if self.canvas.pointed in (self._pointed, self._pointed_before):  # else somebody else points by now
            self.canvas.pointed = positions or self._pointed_before
        self._pointed = positions
