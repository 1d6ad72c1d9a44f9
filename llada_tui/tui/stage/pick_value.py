"""A list of what a knob can be, each with what it does and where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from llada_tui.settings.sampler_settings import PARAMETERS_OF, SamplerSettings
from llada_tui.settings.strategy_figures import strategy_figures
from llada_tui.trace.text import clean
from llada_tui.tui.stage.knob_rows import PRESET, KnobRow, offered
from llada_tui.worker.sampler_parts import CacheInfo, LengthInfo, StrategyInfo


class Value(NamedTuple):
    """One value: its name, what it does, its source, its name in plain words, and what was measured of it."""

    name: str
    summary: str
    source: str = ""
    title: str = ""
    figures: str = ""


def values_of(
    row: KnobRow, strategies: Sequence[StrategyInfo], caches: Sequence[CacheInfo], lengths: Sequence[LengthInfo]
) -> list[Value]:
    """The values that a knob chooses from by name; empty for other knobs."""
    if row.name == PRESET:
        return [Value(preset.name, preset.help) for preset in row.presets]
    if row.parameter is None and row.name in PARAMETERS_OF:
        if row.name != "remasking":
            infos = offered(row.name, strategies, caches, lengths)
            return [Value(info.name, info.summary, info.source) for info in infos]
        figures = {name: measured.words for name, measured in strategy_figures().items()}
        return [
            Value(info.name, info.summary, info.source, info.title, figures.get(info.name, "not yet measured"))
            for info in strategies
        ]
    return []


def with_value(settings: SamplerSettings, row: KnobRow, name: str) -> SamplerSettings:
    """The settings with one of `values_of`. Raises `SettingsError` if it does not go with the others."""
    if row.name == PRESET:
        return next(preset for preset in row.presets if preset.name == name).apply(settings)
    return settings.replace(**{row.name: name, PARAMETERS_OF[row.name]: {}})


class PickValue(ModalScreen[str | None]):
    """Asks for one of some values; None if it was left."""

    DEFAULT_CSS = """
    PickValue { align: center middle; }
    PickValue > Vertical { width: 96; max-width: 94%; height: auto; max-height: 90%; border: round $accent;
        background: $surface; padding: 0 1; }
    PickValue OptionList { height: auto; max-height: 100%; background: $surface; border: none; padding: 0;
        scrollbar-size-vertical: 1; }
    PickValue OptionList:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "cancel")]

    def __init__(self, title: str, values: Sequence[Value], current: str) -> None:
        super().__init__()
        self._title, self._values, self._current = title, values, current

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._title
            measured = "measured on the embedded model · "
            has_figures = any(value.figures for value in self._values)
            box.border_subtitle = f"{measured if has_figures else ''}enter takes it · esc leaves"
            yield OptionList(*map(self._option, self._values), markup=False)

    def _option(self, value: Value) -> Option:
        name, summary, source, title, figures = (clean(text).replace("\n", " ") for text in value)
        mark = "›" if value.name == self._current else " "
        words = Content.assemble(
            (f"{mark} {name}", "bold"),
            f"   {title}" if title else "",
            (f"   {source}" if source else "", "dim"),
            f"\n  {summary}",
            f"\n  {figures}" if figures else "",
        )
        return Option(words)

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        options.highlighted = next((at for at, value in enumerate(self._values) if value.name == self._current), 0)
        options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._values[event.option_index].name)
