"""The lines that name the panel's pages: one with all tabs, or one above each page where all are in sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rich.cells import cell_len

from llada_tui.tui.shell.bar import Bar, BarText
from llada_tui.tui.stage.page import Page


class Pages(Protocol):
    """The panel as its tabs see it."""

    @property
    def pages(self) -> Sequence[Page]:
        """All pages, in the order of their tabs."""

    @property
    def page(self) -> Page:
        """The page that is open."""


def _whole(page: Page, width: int) -> list[BarText]:
    """The action that gives the page the canvas' room as well."""
    return [BarText("  whole side ", "text", "whole")] if page.shows_run and width >= 50 else []


class PanelTabs(Bar):
    """The titles of the panel's pages; a click opens one. At the right, what can be done with the open page."""

    DEFAULT_CSS = "PanelTabs { background: $panel; }"

    def __init__(self, panel: Pages) -> None:
        super().__init__(id="tabs")
        self._panel = panel

    def parts(self, width: int) -> list[BarText]:
        parts = [BarText(" ")]
        for page in self._panel.pages:
            if not page.is_needed:
                continue
            parts.append(BarText(f" {page.title} ", "accent" if page.is_open else "dim", page.opening.id))
            parts.append(BarText("│", "dim"))
        return parts[:-1]

    def right_parts(self, width: int) -> list[BarText]:
        """Those that leave room for all titles; with no room for any the page's keys are in the footer all the same."""
        page = self._panel.page
        actions, whole = page.tab_parts(width), _whole(page, width)
        room = width - sum(cell_len(part.text) for part in self.parts(width))
        for right in ([*actions, *whole], actions):  # the tabs come first: the footer has these actions too
            if sum(cell_len(part.text) for part in right) <= room:
                return right
        return []


class PageHeading(Bar):
    """The title of one page, above it, with what can be done there; a click opens it."""

    DEFAULT_CSS = "PageHeading { background: $panel; }"

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page

    def parts(self, width: int) -> list[BarText]:
        page = self._page
        words = [BarText(f"  {page.words}", "dim")] if page.words else []
        return [BarText(f"  {page.title}", "accent" if page.is_open else "text", page.opening.id), *words]

    def right_parts(self, width: int) -> list[BarText]:
        return [*self._page.tab_parts(width), *(_whole(self._page, width) if self._page.is_open else [])]
