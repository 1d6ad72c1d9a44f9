"""The pages of the panel. A page is added by a file here and its class in `PAGES`; all else follows from these."""

from __future__ import annotations

from llada_tui.tui.shell.action import Action
from llada_tui.tui.shell.actions import with_pages
from llada_tui.tui.stage.page import Page
from llada_tui.tui.stage.pages.curves_page import CurvesPage
from llada_tui.tui.stage.pages.knobs_page import KnobsPage
from llada_tui.tui.stage.pages.picture_page import PicturePage
from llada_tui.tui.stage.pages.spacetime_page import SpacetimePage
from llada_tui.tui.stage.pages.token_page import TokenPage

PAGES: tuple[type[Page], ...] = (KnobsPage, TokenPage, SpacetimePage, CurvesPage, PicturePage)
"""The pages in the order of their tabs; the first is open to begin with."""


def all_actions() -> dict[str, Action]:
    """All actions of the program by their ids, in the order in which help shows them."""
    return with_pages(
        opening=(page.opening for page in PAGES),
        acting=(action for page in PAGES for action in page.actions),
    )
