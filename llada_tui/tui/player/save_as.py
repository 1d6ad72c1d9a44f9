"""Saving under a name: the kinds of file that there are, and the dialog that asks for one."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from llada_tui.export import formats
from llada_tui.paths import typed_path
from llada_tui.settings.sampler_settings import either
from llada_tui.trace import session
from llada_tui.tui.shell.text_fields import LineText

TEXT = ".txt"


def file_kinds() -> dict[str, str]:
    """The kinds of files that can be saved: the ends of their names, each with what such a file is."""
    kinds = {TEXT: "the questions and answers as text", session.SUFFIX: "the whole session with every step"}
    return kinds | {format.suffixes[0]: format.summary for format in formats.by_name().values()}


def suffix_problem(path: Path) -> str:
    """Why a name says no kind of file, in a sentence; empty if it does. A name without an ending is a text's."""
    suffix = path.suffix
    if not suffix or suffix.lower() in file_kinds() or formats.find(None, suffix) is not None:
        return ""
    return f"No kind of file here ends in {suffix}: there are {either([*file_kinds()])}."


class SaveAs(ModalScreen[Path | None]):
    """Asks for a file's name, whose ending says what is written; None if it was left."""

    DEFAULT_CSS = """
    SaveAs { align: center middle; }
    SaveAs > Vertical { width: 76; max-width: 94%; height: auto; max-height: 94%; border: round $accent;
        background: $surface; padding: 0 2; overflow-y: auto; }
    SaveAs Static { height: auto; }
    SaveAs OptionList { height: auto; max-height: 8; text-wrap: nowrap; text-overflow: ellipsis;
        background: $surface; border: none; padding: 0; }
    SaveAs #problem { color: $text-error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "cancel"),
        Binding("down", "kinds", "kinds", show=False),
    ]

    def __init__(self, name: str) -> None:
        """``name``: what the file is called unless somebody types another name, without an ending."""
        super().__init__()
        self._file_name = name

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Save"
            box.border_subtitle = "enter accepts · ↓ the list · esc leaves"
            yield Static("The name's ending says what is saved.", markup=False)
            yield LineText(self._file_name + TEXT)
            yield Static("", id="problem", markup=False)
            width = max(map(len, file_kinds()))
            kinds = (
                Option(Content.assemble((f"{suffix:<{width}}", "bold"), f"  {summary}"), id=suffix)
                for suffix, summary in file_kinds().items()
            )
            yield OptionList(*kinds, markup=False)

    def action_kinds(self) -> None:
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Give the name another ending."""
        field, suffix = self.query_one(LineText), event.option.id or TEXT
        path = typed_path(field.text)
        has_known_suffix = path.suffix.lower() in file_kinds() or formats.find(None, path.suffix) is not None
        field.text = (field.text[: -len(path.suffix)] if has_known_suffix and path.suffix else field.text) + suffix
        field.cursor_position = len(field.value)
        field.focus()

    def on_input_changed(self) -> None:
        """Take back the problem that another name had."""
        self.query_one("#problem", Static).update("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        name = self.query_one(LineText).text.replace("\n", " ").strip()
        path = typed_path(name)
        if name and (problem := suffix_problem(path)):
            self.query_one("#problem", Static).update(problem)
        else:
            self.dismiss(path if name else None)
