"""Small questions and answers on top of a screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static, TextArea

from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.text_fields import LineText, LongText

_CSS = """
{name} {{ align: center middle; }}
{name} > Vertical {{ width: 76; max-width: 94%; height: auto; max-height: 90%; border: round $accent;
    background: $surface; padding: 1 2; }}
{name} Static {{ height: auto; margin-bottom: 1; }}
{name} Horizontal {{ height: auto; align-horizontal: right; margin-top: 1; }}
{name} Button {{ margin-left: 2; }}
"""


class AskText(ModalScreen[str | None]):
    """Asks for one line; None if it was left."""

    DEFAULT_CSS = _CSS.format(name="AskText")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "cancel")]

    def __init__(self, title: str, question: str, default: str = "") -> None:
        super().__init__()
        self._title, self._question, self._default = title, question, default

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._title
            box.border_subtitle = "enter accepts · esc leaves"
            yield Static(self._question, markup=False)
            yield LineText(self._default)

    def on_input_submitted(self) -> None:
        self.dismiss(self.query_one(LineText).text.replace("\n", " ").strip() or None)


class AskLong(ModalScreen[str | None]):
    """Asks for text of several lines; None if it was left."""

    DEFAULT_CSS = _CSS.format(name="AskLong") + "AskLong TextArea { height: 8; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "cancel", priority=True),
        Binding("ctrl+s,f2", "accept", "accept", priority=True),
    ]

    def __init__(self, title: str, question: str, default: str = "") -> None:
        super().__init__()
        self._title, self._question, self._default = title, question, default

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._title
            box.border_subtitle = "ctrl+s accepts · esc leaves"
            yield Static(self._question, markup=False)
            yield LongText(self._default)

    def action_accept(self) -> None:
        self.dismiss(self.query_one(LongText).text.strip())


class AskYes(ModalScreen[bool]):
    """Asks a question that is answered with yes or no. ``copied`` is a text of the question that can be copied."""

    DEFAULT_CSS = _CSS.format(name="AskYes")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "dismiss(False)", "no"),
        Binding("y", "dismiss(True)", "yes"),
        Binding("c,f10", "copy", "copy"),
    ]

    def __init__(self, question: str, yes: str, no: str = "Keep", *, copied: str = "") -> None:
        super().__init__()
        self._question, self._yes, self._no, self._copied = question, yes, no, copied

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._question, markup=False)
            with Horizontal():
                if self._copied:
                    yield Button("Copy (c)", id="copy")
                yield Button(f"{self._yes} (y)", id="yes", variant="error")
                yield Button(f"{self._no} (n)", id="no")

    async def action_copy(self) -> None:
        if self._copied:
            await app_of(self).copy_text(self._copied)

    async def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "copy":
            await self.action_copy()
        else:
            self.dismiss(event.button.id == "yes")


class Details(ModalScreen[None]):
    """Text to read and copy: what went wrong, and what the worker wrote about it."""

    DEFAULT_CSS = """
    Details { align: center middle; }
    Details TextArea { width: 94%; height: 80%; border: round $accent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f12,q", "dismiss", "close", priority=True)]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        area = TextArea(self._text, read_only=True, show_line_numbers=False)
        area.border_title = "Details"
        area.border_subtitle = "select and ctrl+c copies · esc closes"
        yield area
