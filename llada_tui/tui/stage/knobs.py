"""The knobs: every sampler setting, turned with arrows, by typing a number, or with the mouse."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from llada_tui.settings.sampler_settings import PARAMETERS_OF, SamplerSettings, SettingsError
from llada_tui.trace.text import clean
from llada_tui.tui.shell.key_order import act_at_once
from llada_tui.tui.stage.knob_grid import LABEL, VALUE, KnobGrid
from llada_tui.tui.stage.knob_rows import (
    KnobRow,
    is_number,
    nudge,
    rows_for,
    share_of,
    shown_value,
    typed,
    with_share,
)
from llada_tui.tui.stage.knob_strip import KnobStrip, bar
from llada_tui.tui.stage.knob_words import words
from llada_tui.tui.stage.pick_value import PickValue, values_of, with_value
from llada_tui.worker.sampler_parts import FIRST_CACHES, CacheInfo, StrategyInfo


class Knobs(Widget, can_focus=True):
    """Shows settings, and proposes what a person makes of them: posts `Changed`. What cannot be set is refused in
    words. The settings are the owner's, who shows others with `show`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "knobs--label", "knobs--value", "knobs--bar", "knobs--cursor", "knobs--help", "knobs--error", "knobs--new",
    }  # fmt: skip
    DEFAULT_CSS = """
    Knobs { height: 1fr; padding: 0 1; }
    Knobs .knobs--label, Knobs .knobs--bar { color: $text-muted; }
    Knobs .knobs--value { color: $foreground; text-style: bold; }
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

    def __init__(self, settings: SamplerSettings, *, opening: str, id: str | None = None) -> None:
        """``opening``: the id of the action that goes to the knobs."""
        super().__init__(id=id)
        self.settings = settings
        """The settings that are shown: the owner's, with what was just proposed."""
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
        self.block_length = 0
        """The block_length of a model that has blocks, else 0: no preset changes it."""
        self.strip = KnobStrip(self, opening)
        """The main knobs, on a line that is in sight while other pages are open."""
        self.folded = False
        """Whether the main knobs are on the strip alone."""
        self._rows_of: tuple[SamplerSettings, Sequence[StrategyInfo], str, Sequence[CacheInfo], int] | None = None
        self._rows: list[KnobRow] = []
        self._cursor = 0
        self._top = 0
        self._entry = ""
        self.error = ""
        """Why the last change was refused; empty once something else is done."""

    # -- model --------------------------------------------------------------------------------------------------------

    @property
    def rows(self) -> list[KnobRow]:
        """All knobs, made anew when what they come from is another: drawing asks for them often."""
        source = (self.settings, self.strategies, self.model, self.caches, self.block_length)
        if self._rows_of is None or any(old is not new for old, new in zip(self._rows_of, source, strict=True)):
            self._rows_of, self._rows = source, rows_for(*source)
        return self._rows

    @property
    def row(self) -> KnobRow:
        """The knob under the cursor."""
        rows = self.rows
        return rows[min(self._cursor, len(rows) - 1)]

    @property
    def listed(self) -> list[KnobRow]:
        """The knobs in the grid: all, or those that are not on the strip."""
        return [row for row in self.rows if not (self.folded and row.main)]

    @property
    def entering(self) -> bool:
        """Whether a number is being typed, which enter ends."""
        return bool(self._entry)

    def go_to(self, names: Collection[str]) -> None:
        """Put the cursor on the first knob of some settings or parameters, which brings it in sight."""
        self._cursor = next((at for at, row in enumerate(self.rows) if row.name in names), self._cursor)
        self._entry = self.error = ""
        self.redraw()

    def redraw(self) -> None:
        """Draw all knobs again."""
        self.refresh()
        self.strip.refresh()

    def set_share(self, share: float) -> None:
        """Set the knob under the cursor as a click on its bar asks for, ``share`` from 0 to 1 along it."""
        if self.read_only:
            return
        with self._refused_in_words():
            self.propose(with_share(self.settings, self.row, share))

    def show(self, settings: SamplerSettings) -> None:
        """Show other settings, as when another run is on show. What was refused beside the ones before is past."""
        if settings != self.settings:
            self.error = ""
        self.settings = settings
        self.redraw()

    def mark_in_use(self, in_use: SamplerSettings | None) -> None:
        """Tell what differs from the settings of the run going on, if there is one."""
        self.in_use = in_use
        self.redraw()

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
        self.redraw()

    def set_to(self, **changes: Any) -> None:
        """Turn knobs as a person does. Settings that cannot be are refused in words."""
        with self._refused_in_words():
            self.propose(self.settings.replace(**changes))

    @contextmanager
    def _refused_in_words(self) -> Iterator[None]:
        try:
            yield
        except SettingsError as error:
            self._refuse(error)

    def _refuse(self, error: SettingsError) -> None:
        self.error, self._entry = clean(str(error)), ""
        self.redraw()

    # -- keys ---------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not (self.read_only and action in ("turn", "enter", "erase", "reset"))

    def action_move(self, by: int) -> None:
        self._entry = self.error = ""
        self._cursor = max(0, min(self._cursor + by, len(self.rows) - 1))
        self.redraw()

    def action_turn(self, by: int) -> None:
        with self._refused_in_words():
            self.propose(nudge(self.settings, self.row, by, self.strategies, self.context, self.caches))

    def action_enter(self) -> None:
        if not self._entry:
            if values := values_of(self.row, self.strategies, self.caches):
                pick = PickValue(self.row.label.capitalize(), values, shown_value(self.settings, self.row))
                self.app.push_screen(pick, partial(self._take, self.row))
            else:
                self.action_turn(1)
            return
        with self._refused_in_words():
            self.propose(typed(self.settings, self.row, self._entry))

    def _take(self, row: KnobRow, name: str | None) -> None:
        """Take what was picked from a list."""
        if name is not None:
            with self._refused_in_words():
                self.propose(with_value(self.settings, row, name))

    def action_erase(self) -> None:
        self._entry = self._entry[:-1]
        self.redraw()

    def action_reset(self) -> None:
        self.propose(self.defaults)

    async def on_key(self, event: events.Key) -> None:
        if await act_at_once(self, Knobs, event):
            return
        if not self.read_only and event.character and event.character in "0123456789." and is_number(self.row):
            self._entry = (self._entry + event.character)[:18]
            self.error = ""
            event.stop()
            self.redraw()
        elif event.is_printable:
            event.stop()  # a letter or a sign is no key of the player while a number is at hand
            event.prevent_default()
            if event.character == "-" and is_number(self.row):
                self._refuse(SettingsError(self.row.name, f"{self.row.label.strip()} cannot be below 0."))
        elif self._entry and event.key == "escape":
            self._entry = ""
            event.stop()
            event.prevent_default()
            self.redraw()

    # -- mouse --------------------------------------------------------------------------------------------------------

    @property
    def grid(self) -> KnobGrid:
        """The grid of knobs; the last lines are for words."""
        height = max(1, self.size.height - self._lines_of_words())
        return KnobGrid(len(self.listed), self.size.width, height, self._top)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or (place := self.grid.at(*offset)) is None:
            return
        index, within = place
        row, size = self.listed[index], self.grid.bar
        again = row == self.row
        self.go_to([row.name])
        within -= LABEL + VALUE + 1
        if share_of(self.settings, row) is not None and 0 <= within < size:
            self.set_share((within + 0.5) / size)
        elif not self.read_only and (again or within >= -VALUE - 1):
            self.action_turn(-1 if within < -1 - cell_len(shown_value(self.settings, row)) else 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_move(-1)

    # -- drawing ------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        base, rows = self.rich_style, self.listed
        holder = PARAMETERS_OF.get(self.row.name)
        # A strategy or cache policy is shown with its parameters, as far as there is room.
        together = sum(row.holder == holder for row in rows) if holder else 0
        top = self.grid.scrolled(rows.index(self.row) if self.row in rows else 0, together)
        if top != self._top:
            self._top = top
            self.call_after_refresh(self.refresh)
        grid = self.grid
        if y >= grid.height:
            return self._words(y).extend_cell_length(self.size.width, base).crop(0, self.size.width)
        segments = [segment for index in grid.on_line(y) for segment in self._segments(rows[index])]
        return Strip(segments).extend_cell_length(self.size.width, base).crop(0, self.size.width)

    def text_of(self, row: KnobRow) -> str:
        """The value of a knob as it is drawn: what is typed, while something is."""
        entering = self._entry and self.has_focus and row == self.row
        return f"{self._entry}▏" if entering else shown_value(self.settings, row)

    def waits(self, row: KnobRow) -> bool:
        """Whether the value holds from the next run on, and not in the one that is going on."""
        if self.in_use is None or row.live:
            return False
        return shown_value(self.settings, row) != shown_value(self.in_use, row)

    def _segments(self, row: KnobRow) -> list[Segment]:
        base = self.rich_style

        def piece(text: str, kind: str) -> Segment:
            return Segment(text, base + self.get_component_rich_style(f"knobs--{kind}"))

        current = row == self.row
        focused = current and self.has_focus
        value = self.text_of(row)
        marker = "›" if focused else "·" if current else " "
        label = piece(f"{marker} {set_cell_size(row.label, LABEL - 2)}", "cursor" if focused else "label")
        shown = piece(f"{value[:VALUE]:>{VALUE}}", "new" if self.waits(row) else "cursor" if focused else "value")
        share = share_of(self.settings, row)
        size = self.grid.bar
        if size < 2:
            return [label, shown, piece(" " * (size + 2), "bar")]
        arrows = "◂▸" if focused and not self.read_only else ""
        return [label, shown, piece(f" {arrows:<{size}} " if share is None else f" {bar(share, size)} ", "bar")]

    def _words(self, y: int) -> Strip:
        """The last lines: what is wrong, or what the knob at hand does; and how many knobs are out of sight."""
        width, count = max(self.size.width, 10), self._lines_of_words()
        hidden = self.grid.hidden
        if self.error:
            kind, lines = "error", [self.error]
        else:
            room = max(width - cell_len(hidden), 10)
            kind, lines = "help", words(self.settings, self.row, self._when(), room, count, focused=self.has_focus)
        line = y - self.grid.height
        text = lines[line] if line < len(lines) else ""
        style = self.rich_style + self.get_component_rich_style(f"knobs--{kind}")
        if line == count - 1 and hidden:
            text = set_cell_size(text, max(width - cell_len(hidden), 0)) + hidden
        return Strip([Segment(text, style)])

    def _when(self) -> str:
        """From when on a change of the knob at hand holds."""
        if self.in_use is None:
            return "As recorded." if self.read_only else ""
        return f"A change holds from the next {'step' if self.row.live else 'run'}."

    def _lines_of_words(self) -> int:
        return 1 if self.size.height < 6 else 2 if self.size.height < 10 else 3

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self._entry = ""
        self.redraw()
