"""The panel below the canvas: knobs, the selected token, spacetime and curves, one page at a time."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import ContentSwitcher

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.run import Run
from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.player.legend import Legend
from llada_tui.tui.player.player import Player
from llada_tui.tui.shell.bar import Bar, Part
from llada_tui.tui.stage.curves import Curves
from llada_tui.tui.stage.inspector import Inspector
from llada_tui.tui.stage.knobs import Knobs
from llada_tui.tui.stage.spacetime_pane import SpacetimePane
from llada_tui.worker.protocol import Influences


class PanelTabs(Bar):
    """The names of the panel's pages; a click opens one. At the right, what can be done with the page."""

    DEFAULT_CSS = "PanelTabs { background: $panel; }"
    current = "knobs"
    PAGES: ClassVar[tuple[tuple[str, str, str], ...]] = (
        ("knobs", "Knobs", "knobs"),
        ("inspector", "Token", "token"),
        ("spacetime", "Spacetime", "spacetime"),
        ("curves", "Curves", "curves"),
    )

    def parts(self, width: int) -> list[Part]:
        parts = [Part(" ")]
        for page, title, action in self.PAGES:
            parts.append(Part(f" {title} ", "accent" if page == self.current else "dim", action))
            parts.append(Part("│", "dim"))
        return parts[:-1]

    def right_parts(self, width: int) -> list[Part]:
        if self.current == "knobs":
            return []
        whole = [Part("  whole side ", "text", "whole")] if width >= 60 else []
        if self.current == "inspector":
            return [Part(" leans on ", "accent", "influence"), *whole]
        if self.current != "spacetime":
            return whole
        keys = [Part("← → token  ↑ ↓ step  ", "dim")] if width >= 90 else []
        return [*keys, Part(" - ", "accent", "farther"), Part("zoom", "dim"), Part(" + ", "accent", "closer"), *whole]


class Panel(Vertical):
    """Shows what a player shows in other ways; only the page that is open is brought up to date."""

    DEFAULT_CSS = """
    Panel { border-subtitle-color: $text-muted; }
    Panel Legend { display: none; }
    """

    def __init__(
        self, canvas: TokenCanvas, player: Player, settings: SamplerSettings, *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.canvas, self.player = canvas, player
        self.tabs = PanelTabs(id="tabs")
        self.knobs = Knobs(settings, id="knobs")
        self.inspector = Inspector(id="inspector")
        self.spacetime = SpacetimePane(canvas, id="spacetime")
        self.curves = Curves(id="curves")
        self.legend = Legend(canvas)
        self._lent: frozenset[int] = frozenset()
        self._before: frozenset[int] = frozenset()

    def compose(self) -> ComposeResult:
        yield self.tabs
        with ContentSwitcher(initial="knobs"):
            yield self.knobs
            yield self.inspector
            yield self.spacetime
            yield self.curves
        yield self.legend

    def on_resize(self) -> None:
        self.call_after_refresh(self.update)

    @property
    def page(self) -> str:
        """The page that is open."""
        return self.tabs.current

    @property
    def front(self) -> Widget:
        """The widget of the page that is open."""
        return self.query_one(f"#{self.page}")

    def open(self, page: str) -> None:
        """Open a page: knobs, inspector, spacetime or curves."""
        self.query_one(ContentSwitcher).current = page
        self.tabs.current = page
        self.set_class(page == "spacetime", "-spacetime")
        self.tabs.refresh()
        self.update()

    def update(self) -> None:
        """Bring the open page up to date with the player and the canvas."""
        player, words = self.player, ""
        run, frame, total = player.run, player.frame, player.total
        if self.page == "inspector":
            self.inspector.show(run, self.canvas.selected, frame, total)
        elif self.page == "spacetime":
            self.spacetime.show(run, frame, total)
            words = self.spacetime.words()
        elif self.page == "curves":
            self.curves.show(run, frame, total)
        self._point(self.inspector.leaning if self.page == "inspector" else frozenset())
        self.border_subtitle = Content(words)

    def show_influences(self, found: Influences | None, run: Run | None = None, frame: int = 0) -> None:
        """Show what the selected token leans on, if it is still the one that was asked about; None: its candidates."""
        on_show = self.player.run, self.player.frame, self.canvas.selected
        asked = (run, frame, found.position) if found is not None else None
        self.inspector.influences = found if asked == on_show else None
        self.update()

    def _point(self, places: frozenset[int]) -> None:
        """Point at places on the canvas, and in the end at what was pointed at before."""
        if places == self._lent:
            return
        if not self._lent:
            self._before = self.canvas.pointed
        if self.canvas.pointed in (self._lent, self._before):  # else somebody else points by now
            self.canvas.pointed = places or self._before
        self._lent = places
