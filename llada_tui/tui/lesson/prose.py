"""A lesson's page as text: one thought, a question, and its answer once it is wanted. Nothing in it is markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from llada_tui.drawing.state_labels import LABELS
from llada_tui.lessons.lesson import LessonPage, Paragraph
from llada_tui.lessons.stops import Pointer
from llada_tui.trace.cell import State
from llada_tui.trace.text import clean
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.footer import key_of
from llada_tui.tui.shell.inline_markup import inline

WIDEST = 60
"""Cells of the longest line."""
_BULLET = "• "
_BAR = 2
"""Cells of the bar beside a question or answer."""
_ROOMY = 28
"""Rows from which on lines can stand apart."""


def hung(text: Content, width: int, head: tuple[str, str] = (_BULLET, ""), aside: int = len(_BULLET)) -> Content:
    """An item of a list, its lines indented by ``aside`` cells behind its head, a text and its style."""
    words, style = head
    first = Content.assemble((words, style), " " * (aside - cell_len(words)))
    lines = text.wrap(max(width - aside, 1))
    return Content("\n").join(
        (first if at == 0 else Content(" " * aside)) + line.rstrip() for at, line in enumerate(lines)
    )


def spaced(text: Content, width: int) -> Content:
    """Text with a blank line between its lines, which is read from afar."""
    return Content("\n\n").join(line.rstrip() for line in text.wrap(max(width, 1)))


def point_words(points: Iterable[Pointer]) -> str:
    """The tokens that a lesson points at, in words."""
    words = []
    for point in points:
        if point.text:
            words.append(f"“{point.text}”")
        elif point.state is not None:
            words.append(_state_words(point.state))
        elif point.first == point.last:
            words.append(f"place {point.first + 1}")
        else:
            words.append(f"places {point.first + 1} to {point.last + 1}")
    return ", ".join(words)


def _state_words(state: State) -> str:
    phrases = {
        State.MASKED: "the masks",
        State.NOISE: "the noise",
        State.PREDICTED: "the guesses that were not kept",
        State.COMMITTED_NOW: "what was kept in this step",
        State.COMMITTED: "what was kept before",
    }
    return phrases.get(state, f"what was {LABELS[state].word}")


class Prose(VerticalScroll):
    """Shows a page. Its lines are `WIDEST` cells at most; what does not fit is scrolled to."""

    DEFAULT_CSS = """
    Prose { background: $background; scrollbar-size-vertical: 1; scrollbar-gutter: stable; height: 1fr;
        padding: 0 0 0 1; }
    Prose Static { height: auto; max-width: 60; margin-bottom: 1; }
    Prose #prose-heading { text-style: bold; color: $accent; }
    Prose #prose-ask { border-left: thick $warning; padding-left: 1; }
    Prose #prose-show { border-left: thick $success; padding-left: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_up", show=False),
        Binding("down", "scroll_down", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._page: LessonPage | None = None
        self._heading = Static(id="prose-heading", markup=False)
        self._text = Static(id="prose-text", markup=False)
        self._ask = Static(id="prose-ask", markup=False)
        self._show = Static(id="prose-show", markup=False)
        self._aside = Static(id="prose-said", markup=False)
        self._facts: tuple[tuple[str, str], ...] = ()
        self.revealed = False
        self._large = False

    def compose(self) -> ComposeResult:
        yield self._heading
        yield self._text
        yield self._ask
        yield self._show
        yield self._aside

    def on_mount(self) -> None:
        self._draw()

    def show(self, page: LessonPage) -> None:
        """Show a page from its top, its answer hidden."""
        self._page, self.revealed = page, False
        self.scroll_to(y=0, animate=False)
        if self.is_mounted:
            self._draw()

    def say(self, words: str, hint: str = "") -> None:
        """Say something of the canvas beside the page. Nothing in it is markup, except that a hint names keys."""
        self._facts = ()
        self._aside.update(Content("\n" if words and hint else "").join((Content(words), self._inline(hint))))
        self._aside.display = bool(words or hint)

    def tell(self, facts: Sequence[tuple[str, str]]) -> None:
        """List what is to be known of the canvas: each fact after its name. Nothing in them is markup."""
        self._facts = tuple((name, clean(fact)) for name, fact in facts)
        self._draw_facts()

    def _draw_facts(self) -> None:
        if not self._facts:
            return
        aside = max(cell_len(name) for name, _ in self._facts) + 2
        lines = [hung(Content(fact), self._width, (name, "dim"), aside) for name, fact in self._facts]
        self._aside.update(Content("\n").join(lines))
        self._aside.display = True

    @property
    def hides(self) -> bool:
        """Whether there is an answer that is not shown."""
        scene = self._page.scene if self._page is not None else None
        return bool(scene and scene.show) and not self.revealed

    def reveal(self) -> None:
        """Show the answer."""
        self.revealed = True
        self._draw()
        self.call_after_refresh(self._show.scroll_visible, animate=False)

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
        self._draw_facts()
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
        self._ask.update(self._beside_a_bar(Content.assemble(("? ", "bold $warning"), self._inline(ask))))
        if self.revealed:
            self._show.update(self._beside_a_bar(Content.assemble(("→ ", "bold $success"), self._inline(show))))
        else:
            self._show.update(Content.assemble((self._key("reveal"), "bold $accent"), (" shows the answer", "dim")))

    @on(events.Click, "#prose-show")
    async def _clicked(self) -> None:
        if self.hides:
            await self.screen.run_action("reveal")

    @property
    def _apart(self) -> bool:
        """Whether lines stand apart."""
        return self._large and self.size.height >= _ROOMY

    def _beside_a_bar(self, text: Content) -> Content:
        return spaced(text, self._width - _BAR) if self._apart else text

    @property
    def _width(self) -> int:
        """Cells of a line."""
        return min(self.scrollable_content_region.width or WIDEST, WIDEST)

    def _key(self, id: str) -> str:
        return key_of(app_of(self), id)

    def _inline(self, text: str) -> Content:
        return inline(text, self._key)

    def _body(self, paragraphs: Iterable[Paragraph]) -> Content:
        width = self._width
        body = Content("")
        item = False
        for number, part in enumerate(paragraphs):
            if number:
                body += Content("\n" if item and part.item else "\n\n")
            body += hung(self._inline(part.text), width) if part.item else self._inline(part.text)
            item = part.item
        return spaced(body, width) if self._apart else body
