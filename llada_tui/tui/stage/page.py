"""A page of the panel: the widget that it shows, what it says beside it, and the actions that it carries out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

from textual.widget import Widget

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.cell import State
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.player.player import Player
from llada_tui.tui.shell.action import Action
from llada_tui.tui.shell.bar import BarText
from llada_tui.tui.stage.stage_owner import StageOwner

Item = tuple[str, str | None]
"""An entry of the footer: an action's id, and its label there; None for the action's own."""


class PanelView(Protocol):
    """The panel as its pages see it."""

    owner: StageOwner
    canvas: TokenCanvas
    player: Player
    settings: SamplerSettings
    """The settings to begin with."""
    whole: bool
    """Whether the panel has the canvas' room as well."""

    @property
    def page(self) -> Page:
        """The page that is open."""

    def open(self, page: Page) -> None:
        """Open a page."""

    def is_in_sight(self, page: Page) -> bool:
        """Whether a page is on show."""

    def update(self) -> None:
        """Bring the pages in sight up to date."""


class Page:
    """One page of the panel. A subclass makes ``widget``, and has the methods ``action_<id>`` of its actions."""

    name: ClassVar[str]
    """The id of its widget."""
    title: ClassVar[str]
    """The words on its tab."""
    opening: ClassVar[Action]
    """The action that opens it."""
    actions: ClassVar[tuple[Action, ...]] = ()
    """Actions that act on it."""
    help: ClassVar[str] = ""
    """A sentence about its own keys and the mouse, for help."""
    shows_run: ClassVar[bool] = True
    """Whether it shows the run, and may have the canvas' room as well."""
    for_selection: ClassVar[bool] = False
    """Whether it opens when a token is selected, in place of a page that shows no run."""
    for_whole: ClassVar[bool] = False
    """Whether it opens when the canvas' room is asked for, in place of a page that shows no run."""
    lines: ClassVar[int] = 0
    """The least lines that it takes where all pages are in sight."""
    legend: ClassVar[bool] = False
    """Whether the legend of the canvas is needed below it where there is no canvas."""

    widget: Widget
    strip: Widget | None = None
    """A line above the pages, for what has to be in sight whichever is open."""

    def __init__(self, panel: PanelView) -> None:
        self.panel = panel

    def update(self) -> None:
        """Bring the widget up to date with the player and the canvas; called while the page is in sight."""

    @property
    def is_needed(self) -> bool:
        """Whether there is anything that it could show: else it has no tab."""
        return True

    def shows_strip(self, height: int) -> bool:
        """Whether the strip is needed in a panel with ``height`` lines within its border."""
        return self.strip is not None

    @property
    def all_lines(self) -> int:
        """The lines with which nothing of it is out of sight, where there are many."""
        return self.lines

    @property
    def most_lines(self) -> int | None:
        """The lines beyond which it would be blank now; None where it has use for any number."""
        return None

    @property
    def words(self) -> str:
        """The words below the page."""
        return ""

    @property
    def pointed(self) -> frozenset[int]:
        """The positions in the canvas that the page points at."""
        return frozenset()

    @property
    def states(self) -> frozenset[State]:
        """The states that it shows beside those of the frame on show, for the legend."""
        return frozenset()

    @property
    def tints(self) -> Mapping[int, int]:
        """The tints of words by position; below 0 are those of the prompt."""
        return {}

    def tab_parts(self, width: int) -> list[BarText]:
        """The page's actions for the right end of the line of tabs, which is ``width`` cells wide."""
        return []

    def footer_items(self) -> list[Item]:
        """The page's entries for the footer."""
        return []

    @property
    def is_open(self) -> bool:
        return self.panel.page is self

    def open(self) -> None:
        """Open the page, with room for it where there is little, and put the focus where it belongs."""
        self.widget.screen.add_class("-panel")
        self.panel.open(self)
        self.focus()

    def focus(self) -> None:
        """Put the focus on the page."""
        self.widget.focus()
