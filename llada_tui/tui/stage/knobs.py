"""The knobs: every sampler setting, turned with arrows, by typing a number, or with the mouse."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from llada_tui.settings.sampler_settings import KNOBS, SamplerSettings, SettingsError
from llada_tui.trace.text import clean
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.drawable import is_displayed
from llada_tui.tui.shell.key_order import act_at_once
from llada_tui.tui.stage.knob_grid import VALUE, KnobGrid
from llada_tui.tui.stage.knob_line import Item
from llada_tui.tui.stage.knob_picture import KnobPicture
from llada_tui.tui.stage.knob_rows import (
    KnobRow,
    is_number,
    nudge,
    out_of_place,
    rows_for,
    share_of,
    shown_value,
    typed,
    with_share,
)
from llada_tui.tui.stage.knob_strip import KnobStrip
from llada_tui.tui.stage.pick_value import PickValue, values_of, with_value
from llada_tui.worker.sampler_parts import FIRST_CACHES, FIRST_LENGTHS, CacheInfo, LengthInfo, StrategyInfo

_LONGEST_ENTRY = 40
"""Characters that can be typed as a value."""


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
        self.lengths: Sequence[LengthInfo] = FIRST_LENGTHS
        self.model = ""
        """The id of the model in use: presets are not the same for all."""
        self.block_length = 0
        """The block_length of a model that has blocks, else 0: no preset changes it."""
        self.strip = KnobStrip(self, opening)
        """The main knobs, on a line that is in sight while other pages are open."""
        self.folded = False
        """Whether the main knobs are on the strip alone."""
        self._rows_of: tuple[object, ...] | None = None
        self._rows: list[KnobRow] = []
        self._name = ""
        """The name of the knob under the cursor: those before it may become more or fewer."""
        self._picture = KnobPicture(self)
        self._entry = ""
        self.error = ""
        """Why the last change was refused; empty once something else is done."""

    # -- model --------------------------------------------------------------------------------------------------------

    @property
    def rows(self) -> list[KnobRow]:
        """All knobs, made anew when what they come from is another: drawing asks for them often."""
        source = (self.settings, self.strategies, self.model, self.caches, self.block_length, self.lengths)
        if self._rows_of is None or any(old is not new for old, new in zip(self._rows_of, source, strict=True)):
            self._rows_of, self._rows = source, rows_for(*source)
        return self._rows

    @property
    def strategy(self) -> StrategyInfo | None:
        """The strategy in use, as the worker describes it; None where none does."""
        return next((info for info in self.strategies if info.name == self.settings.remasking), None)

    @property
    def row(self) -> KnobRow:
        """The knob under the cursor."""
        rows = self.rows
        return next((row for row in rows if row.name == self._name), rows[0])

    @property
    def listed(self) -> list[KnobRow]:
        """The knobs in the grid: all but parameters, or those that are not on the strip. They are the same whichever
        strategy is tried, and so keep their places."""
        return [row for row in self.rows if row.parameter is None and not (self.folded and row.main)]

    @property
    def parameters(self) -> list[KnobRow]:
        """The knobs on the line below the grid: the parameters of the strategy and the cache policy in use."""
        return [row for row in self.rows if row.parameter is not None]

    @property
    def objection(self) -> str:
        """Why the last change was refused, or what is out of place in the settings; empty if nothing is."""
        return self.error or out_of_place(self.settings)

    @property
    def entering(self) -> bool:
        """Whether a number is being typed, which enter ends."""
        return bool(self._entry)

    def go_to(self, names: Collection[str]) -> None:
        """Put the cursor on the first knob of some settings or parameters, which brings it in sight."""
        self._name = next((row.name for row in self.rows if row.name in names), self._name)
        self._entry = self.error = ""
        self.redraw()

    def redraw(self) -> None:
        """Draw all knobs again."""
        self.refresh()
        self.strip.show_settings()

    def set_share(self, share: float) -> None:
        """Set the knob under the cursor as a click on its bar asks for, ``share`` from 0 to 1 along it."""
        if self.read_only:
            return
        with self._refused_in_words():
            self.propose(with_share(self.settings, self.row, share, self.context))
        if self.objection and not is_displayed(self):  # the words of the page are out of sight
            self.notify(self.objection)

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
        words, knob = str(error), KNOBS.get(error.field)
        if knob is not None and words.startswith(f"{error.field} "):  # the screen's name for the setting
            words = knob.label + words.removeprefix(error.field)
        self.error, self._entry = clean(words), ""
        self.redraw()

    # -- keys ---------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not (self.read_only and action in ("turn", "enter", "erase", "reset"))

    def action_move(self, by: int) -> None:
        names = [row.name for row in self.rows]
        self.go_to([names[max(0, min(names.index(self.row.name) + by, len(names) - 1))]])

    def action_turn(self, by: int) -> None:
        with self._refused_in_words():
            parts = self.caches, self.lengths
            self.propose(nudge(self.settings, self.row, by, self.strategies, self.context, *parts))

    def action_enter(self) -> None:
        if not self._entry:
            if values := values_of(self.row, self.strategies, self.caches, self.lengths):
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
        character = event.character or ""
        if self._entry and event.key == "escape":
            self._entry = ""
        elif self.read_only or not event.is_printable or not (self._entry or character.isalnum() or character in "+-."):
            return
        elif is_number(self.row) and (self._entry or not character.isalpha()):
            self._entry, self.error = (self._entry + character)[:_LONGEST_ENTRY], ""
        elif self._is_of_program(event.key):
            return
        else:
            words = f"{self.row.label} is set with ← and →, or enter; nothing can be typed."
            if is_number(self.row):
                words = f"{self.row.label.strip()} is a number: ← and →, or digits and enter, set it."
            self._refuse(SettingsError(self.row.name, words))
        event.stop()  # a letter is no key of the player while a number is at hand
        event.prevent_default()
        self.redraw()

    def _is_of_program(self, key: str) -> bool:
        """Whether a key does what is not about the run on the stage, such as showing the session to others."""
        bound = self.screen.active_bindings.get(key)
        action = app_of(self).actions.get(bound.binding.id or "") if bound is not None else None
        return action is not None and action.group == "Program"

    # -- mouse --------------------------------------------------------------------------------------------------------

    @property
    def grid(self) -> KnobGrid:
        """The grid of knobs as it is drawn."""
        return self._picture.grid

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if (parameter := self._picture.parameter_at(*offset)) is not None:
            self._click_parameter(*parameter)
        if (place := self.grid.at(*offset)) is None:
            return
        index, within = place
        row, grid = self.listed[index], self.grid
        again = row == self.row
        barred = share_of(self.settings, row) is not None
        size = grid.bar(barred=barred)
        self.go_to([row.name])
        within -= grid.value_end(barred=barred) + 1
        if barred and 0 <= within < size:
            self.set_share((within + 0.5) / size)
        elif not self.read_only and (again or within >= -VALUE - 1):
            self.action_turn(-1 if within < -1 - cell_len(shown_value(self.settings, row)) else 1)

    def _click_parameter(self, item: Item, within: int) -> None:
        """Go to a parameter, and set it where its bar was clicked."""
        self.go_to([item.row.name])
        if item.bar and within >= item.bar_column:
            self.set_share((within - item.bar_column + 0.5) / item.bar)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_move(-1)

    # -- drawing ------------------------------------------------------------------------------------------------------

    def text_of(self, row: KnobRow) -> str:
        """The value of a knob as it is drawn: what is typed, while something is."""
        entering = self._entry and self.has_focus and row == self.row
        return f"{self._entry}▏" if entering else shown_value(self.settings, row)

    def waits(self, row: KnobRow) -> bool:
        """Whether the value holds from the next run on, and not in the one that is going on."""
        if self.in_use is None or row.live:
            return False
        return shown_value(self.settings, row) != shown_value(self.in_use, row)

    @property
    def when(self) -> str:
        """From when on a change of the knob at hand holds."""
        if self.in_use is None:
            return "As recorded." if self.read_only else ""
        return f"A change holds from the next {'step' if self.row.live else 'run'}."

    def render_line(self, y: int) -> Strip:
        return self._picture.line(y)

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self._entry = self.error = ""
        self.redraw()
