"""A lesson's page as text: one thought, a question, and its answer once it is wanted. Nothing in it is markup."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from llada_tui.drawing.labels import LABELS
from llada_tui.lessons.lesson import Page, Paragraph
from llada_tui.lessons.moments import Point
from llada_tui.trace.run import State
from llada_tui.tui.inline import inline
from llada_tui.tui.widgets.keys import key_name

if TYPE_CHECKING:
    from llada_tui.tui.app import LladaApp

WIDEST = 60
"""Cells of the longest line."""
_BULLET = "• "
_ROOMY = 28
"""Rows from which on lines can stand apart."""


def hung(text: Content, width: int) -> Content:
    """An item of a list, its lines indented behind its bullet."""
    lines = text.wrap(max(width - len(_BULLET), 1))
    return Content("\n").join(
        Content(_BULLET if at == 0 else " " * len(_BULLET)) + line.rstrip() for at, line in enumerate(lines)
    )


def spaced(text: Content, width: int) -> Content:
    """Text with a blank line between its lines, which is read from afar."""
    return Content("\n\n").join(line.rstrip() for line in text.wrap(max(width, 1)))


def point_words(points: Iterable[Point]) -> str:
    """What a lesson points at, in words."""
    told = []
    for point in points:
        if point.text:
            told.append(f"“{point.text}”")
        elif point.state is not None:
            told.append(_state_words(point.state))
        elif point.first == point.last:
            told.append(f"place {point.first + 1}")
        else:
            told.append(f"places {point.first + 1} to {point.last + 1}")
    return ", ".join(told)


def _state_words(state: State) -> str:
    own = {
        State.MASKED: "the masks",
        State.PREDICTED: "the guesses that were masked again",
        State.COMMITTED_NOW: "what was kept in this step",
    }
    return own.get(state, f"what was {LABELS[state].long}")


class Prose(VerticalScroll):
    """Shows a page. Its lines are `WIDEST` cells at most; what does not fit is scrolled to."""

    DEFAULT_CSS = """
    Prose { background: $background; scrollbar-size-vertical: 1; height: 1fr; padding: 0 1; }
    Prose Static { height: auto; max-width: 60; margin-bottom: 1; }
    Prose #prose-heading { text-style: bold; color: $accent; }
    Prose #prose-ask { border-left: thick $warning; padding-left: 1; }
    Prose #prose-show { border-left: thick $success; padding-left: 1; }
    Prose #prose-said { color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_up", show=False),
        Binding("down", "scroll_down", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._page: Page | None = None
        self._heading = Static(id="prose-heading", markup=False)
        self._text = Static(id="prose-text", markup=False)
        self._ask = Static(id="prose-ask", markup=False)
        self._show = Static(id="prose-show", markup=False)
        self._said = Static(id="prose-said", markup=False)
        self.revealed = False
        self._large = False

    def compose(self) -> ComposeResult:
        yield self._heading
        yield self._text
        yield self._ask
        yield self._show
        yield self._said

    def on_mount(self) -> None:
        self._draw()

    def show(self, page: Page) -> None:
        """Show a page from its top, its answer hidden."""
        self._page, self.revealed = page, False
        self.scroll_to(y=0, animate=False)
        if self.is_mounted:
            self._draw()

    def say(self, words: str) -> None:
        """What is to be said of the canvas beside the page."""
        self._said.update(Content(words))
        self._said.display = bool(words)

    @property
    def hides(self) -> bool:
        """Whether there is an answer that is not shown."""
        scene = self._page.scene if self._page is not None else None
        return bool(scene and scene.show) and not self.revealed

    def reveal(self) -> None:
        """Show the answer."""
        self.revealed = True
        self._draw()
        self.call_after_refresh(self.scroll_end, animate=False)

    @property
    def large(self) -> bool:
        """Whether the text is for people who sit far away."""
        return self._large

    @large.setter
    def large(self, large: bool) -> None:
        self._large = large
        self._draw()

    def on_resize(self) -> None:
        self._draw()  # lists, and text with lines apart, are wrapped here

    def _draw(self) -> None:
        page = self._page
        if page is None:
            return
        self._heading.update(Content(page.heading))
        self._heading.display = bool(page.heading)
        self._text.update(self._body(page.paragraphs))
        self._text.display = bool(page.paragraphs)
        ask, show = (page.scene.ask, page.scene.show) if page.scene is not None else ("", "")
        self._ask.display = bool(ask)
        self._show.display = bool(show)
        self._ask.update(Content.assemble(("? ", "bold $warning"), inline(ask)))
        if self.revealed:
            self._show.update(Content.assemble(("→ ", "bold $success"), inline(show)))
        else:
            key = key_name(cast("LladaApp", self.app).keys_of("reveal")[0])
            self._show.update(Content.assemble((key, "bold $accent"), (" shows the answer", "dim")))

    @on(events.Click, "#prose-show")
    async def _clicked(self) -> None:
        if self.hides:
            await self.screen.run_action("reveal")

    def _body(self, paragraphs: Iterable[Paragraph]) -> Content:
        width = min(self.scrollable_content_region.width or WIDEST, WIDEST)
        apart = self._large and self.size.height >= _ROOMY
        body = Content("")
        item = False
        for number, part in enumerate(paragraphs):
            if number:
                body += Content("\n" if item and part.item else "\n\n")
            body += hung(inline(part.text), width) if part.item else inline(part.text)
            item = part.item
        return spaced(body, width) if apart else body
