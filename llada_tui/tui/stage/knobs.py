"""The knobs: every sampler setting, turned with arrows, by typing a number, or with the mouse."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from llada_tui.settings.sampler_settings import KNOBS, PARAMETERS_OF, SamplerSettings, SettingsError
from llada_tui.trace.text import clean
from llada_tui.tui.stage.knob_rows import KnobRow, is_number, nudge, rows_for, share_of, shown_value, typed
from llada_tui.worker.protocol import FIRST_CACHES, CacheInfo, StrategyInfo

_LABEL, _VALUE = 14, 14
_COLUMN = _LABEL + _VALUE
_WIDEST = 60


class Knobs(Widget, can_focus=True):
    """Shows settings, and proposes what a person makes of them: posts `Changed`. What cannot be set is refused in
    words. The settings are the owner's, who shows others with `show`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "knobs--label", "knobs--value", "knobs--bar", "knobs--cursor", "knobs--help", "knobs--error", "knobs--new",
    }  # fmt: skip
    DEFAULT_CSS = """
    Knobs { height: 1fr; padding: 0 1; }
    Knobs .knobs--label { color: $text-muted; }
    Knobs .knobs--value { color: $foreground; text-style: bold; }
    Knobs .knobs--bar { color: $text-muted; }
    Knobs .knobs--cursor { color: $accent; text-style: bold; }
    Knobs .knobs--help { color: $text-muted; text-style: italic; }
    Knobs .knobs--error { color: $error; text-style: bold; }
    Knobs .knobs--new { color: $warning; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "knob before", show=False),
        Binding("down", "move(1)", "next knob", show=False),
        Binding("left", "turn(-1)", "less", id="knob_less"),
        Binding("right", "turn(1)", "more", id="knob_more"),
        Binding("shift+left", "turn(-4)", "much less", show=False),
        Binding("shift+right", "turn(4)", "much more", show=False),
        Binding("enter", "enter", "set", show=False),
        Binding("backspace", "erase", "erase", show=False),
        Binding("delete", "reset", "reset all", id="knob_reset"),
    ]

    class Changed(Message):
        """Someone turned a knob."""

        def __init__(self, settings: SamplerSettings) -> None:
            super().__init__()
            self.settings = settings

    def __init__(self, settings: SamplerSettings, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.settings = settings
        """What is shown: the owner's settings, with what was just proposed."""
        self.defaults = settings
        self.in_use: SamplerSettings | None = None
        """Settings of the run going on: what differs from them waits for the next run."""
        self.read_only = False
        self.context = 0
        """Tokens that the model reads at most, 0 where that is not known: the canvas must be shorter."""
        self.strategies: Sequence[StrategyInfo] = ()
        self.caches: Sequence[CacheInfo] = FIRST_CACHES
        self.model = ""
        """The id of the model in use: presets are not the same for all."""
        self._cursor = 0
        self._top = 0
        self._entry = ""
        self.error = ""
        """Why the last change was refused; empty once something else is done."""

    # -- model --------------------------------------------------------------------------------------------------------

    @property
    def rows(self) -> list[KnobRow]:
        """All knobs."""
        return rows_for(self.settings, self.strategies, self.model, self.caches)

    @property
    def row(self) -> KnobRow:
        """The knob under the cursor."""
        rows = self.rows
        return rows[min(self._cursor, len(rows) - 1)]

    @property
    def entering(self) -> bool:
        """Whether a number is being typed, which enter ends."""
        return bool(self._entry)

    def go_to(self, names: Collection[str]) -> None:
        """Put the cursor on the first knob of some settings or parameters, which brings it in sight."""
        self._cursor = next((at for at, row in enumerate(self.rows) if row.name in names), self._cursor)
        self._entry = self.error = ""
        self.refresh()

    def show(self, settings: SamplerSettings) -> None:
        """Show other settings, as when another run is on show. What was refused beside the ones before is past."""
        if settings != self.settings:
            self.error = ""
        self.settings = settings
        self.refresh()

    def mark_in_use(self, in_use: SamplerSettings | None) -> None:
        """Tell what differs from the settings of the run going on, if there is one."""
        self.in_use = in_use
        self.refresh()

    def propose(self, settings: SamplerSettings) -> None:
        """Turn the knobs to these settings, as a person does."""
        if self.context and settings.gen_length >= self.context and settings.gen_length != self.settings.gen_length:
            words = f"canvas must be shorter than the {self.context} tokens that the model reads."
            self._refuse(SettingsError("gen_length", words))
            return
        self.error = self._entry = ""
        if settings != self.settings:
            self.settings = settings
            self.post_message(self.Changed(settings))
        self.refresh()

    def set_to(self, **changes: Any) -> None:
        """Turn knobs as a person does. Settings that cannot be are refused in words."""
        try:
            self.propose(self.settings.replace(**changes))
        except SettingsError as error:
            self._refuse(error)

    def _refuse(self, error: SettingsError) -> None:
        self.error, self._entry = clean(str(error)), ""
        self.refresh()

    # -- keys ---------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not (self.read_only and action in ("turn", "enter", "erase", "reset"))

    def action_move(self, by: int) -> None:
        self._entry = self.error = ""
        self._cursor = max(0, min(self._cursor + by, len(self.rows) - 1))
        self.refresh()

    def action_turn(self, by: int) -> None:
        try:
            self.propose(nudge(self.settings, self.row, by, self.strategies, self.context, self.caches))
        except SettingsError as error:
            self._refuse(error)

    def action_enter(self) -> None:
        if not self._entry:
            self.action_turn(1)
            return
        try:
            self.propose(typed(self.settings, self.row, self._entry))
        except SettingsError as error:
            self._refuse(error)

    def action_erase(self) -> None:
        self._entry = self._entry[:-1]
        self.refresh()

    def action_reset(self) -> None:
        self.propose(self.defaults)

    def on_key(self, event: events.Key) -> None:
        if not self.read_only and event.character and event.character in "0123456789." and is_number(self.row):
            self._entry = (self._entry + event.character)[:18]
            self.error = ""
            event.stop()
            self.refresh()
        elif event.is_printable:
            event.stop()  # a letter or a sign is no key of the player while a number is at hand
            event.prevent_default()
            if event.character == "-" and is_number(self.row):
                self._refuse(SettingsError(self.row.name, f"{self.row.label.strip()} cannot be below 0."))
        elif self._entry and event.key == "escape":
            self._entry = ""
            event.stop()
            event.prevent_default()
            self.refresh()

    # -- mouse --------------------------------------------------------------------------------------------------------

    def grid(self) -> tuple[int, int]:
        """How many columns and rows of knobs are on show; the last lines are for words."""
        columns = max(1, self.size.width // _COLUMN)
        return columns, max(1, self.size.height - self._lines_of_words())

    @property
    def _wide(self) -> int:
        """Cells of a column."""
        return min(max(self.size.width // self.grid()[0], _COLUMN), _WIDEST)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        columns, height = self.grid()
        if offset.y >= height:
            return
        lines = -(-len(self.rows) // columns)
        index = offset.x // self._wide * lines + offset.y + self._top
        if offset.x // self._wide < columns and index < len(self.rows):
            again = index == self._cursor
            self._cursor, self._entry, self.error = index, "", ""
            within = offset.x % self._wide
            if not self.read_only and (again or within >= _LABEL):
                value_end = _LABEL + _VALUE
                self.action_turn(-1 if within < value_end - cell_len(shown_value(self.settings, self.row)) else 1)
            self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_move(-1)

    # -- drawing ------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        columns, height = self.grid()
        rows = self.rows
        lines = -(-len(rows) // columns)
        self._top = max(0, min(self._top, lines - height))
        line = self._cursor % lines
        holder = PARAMETERS_OF.get(self.row.name)
        parameters = sum(row.holder == holder for row in rows) if holder else 0
        parameters = min(parameters, height - 1)
        last = min(line + parameters, lines - 1)
        if not self._top <= line <= last < self._top + height:
            # A strategy or cache policy is shown with its parameters, as far as there is room.
            top = last - height + 1 if parameters else line - height // 2
            self._top = max(0, min(top, line, lines - height))
            self.call_after_refresh(self.refresh)
        if y >= height:
            return self._words(y).extend_cell_length(self.size.width, base).crop(0, self.size.width)
        segments: list[Segment] = []
        for column in range(columns):
            index = column * lines + y + self._top
            if y + self._top < lines and index < len(rows) and index // lines == column:
                segments += self._segments(rows[index], index == self._cursor)
        return Strip(segments).extend_cell_length(self.size.width, base).crop(0, self.size.width)

    def _segments(self, row: KnobRow, current: bool) -> list[Segment]:
        base = self.rich_style

        def piece(text: str, kind: str) -> Segment:
            return Segment(text, base + self.get_component_rich_style(f"knobs--{kind}"))

        focused = current and self.has_focus
        value = shown_value(self.settings, row)
        if focused and self._entry:
            value = f"{self._entry}▏"
        waits = self.in_use is not None and not row.live and self._differs(row)
        marker = "›" if focused else "·" if current else " "
        label = piece(f"{marker} {set_cell_size(row.label, _LABEL - 2)}", "cursor" if focused else "label")
        shown = piece(f"{value[:_VALUE]:>{_VALUE}}", "new" if waits else "cursor" if focused else "value")
        share = share_of(self.settings, row)
        size = self._wide - _LABEL - _VALUE - 2
        if size < 2:
            return [label, shown, piece(" " * (size + 2), "bar")]
        if share is None:
            bar = f"{'◂▸' if focused and not self.read_only else '':<{size}}"
        else:
            halves = round(share * size * 2)
            bar = "━" * (halves // 2) + "╸" * (halves % 2)
            bar += "┄" * (size - len(bar))
        return [label, shown, piece(f" {bar} ", "bar")]

    def _differs(self, row: KnobRow) -> bool:
        return self.in_use is not None and shown_value(self.settings, row) != shown_value(self.in_use, row)

    def _words(self, y: int) -> Strip:
        """The last lines: what is wrong, or what the knob at hand does and when a change of it holds."""
        base = self.rich_style
        line = y - self.grid()[1]
        if self.error:
            error = base + self.get_component_rich_style("knobs--error")
            return Strip([Segment(self.error, error)]) if line == 0 else Strip([])
        row = self.row
        name = f"{row.name}: " if row.name in KNOBS and row.name != row.label else ""
        when = "As recorded." if self.read_only else ""
        if self.in_use is not None:
            when = f"A change holds from the next {'step' if row.live else 'run'}."
        words = textwrap.wrap(" ".join(filter(None, (name + row.help, when))), max(self.size.width, 10))
        if len(words) > self._lines_of_words():
            words = textwrap.wrap(" ".join(filter(None, (when, name + row.help))), max(self.size.width, 10))
        text = words[line] if line < len(words) else ""
        return Strip([Segment(text, base + self.get_component_rich_style("knobs--help"))])

    def _lines_of_words(self) -> int:
        return 2 if self.size.height >= 6 else 1

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self._entry = ""
        self.refresh()
