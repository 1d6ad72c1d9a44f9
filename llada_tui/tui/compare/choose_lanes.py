"""The dialog for what to compare: ready-made choices under a number, or anything that can be varied, typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from llada_tui.settings.presets import choose
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.settings.vary import LANES_ON_SCREEN, Lane, check_room, lanes, parse, settled
from llada_tui.trace.model_info import MASK_NOISE
from llada_tui.trace.text import clean, take_in
from llada_tui.tui.shell.text_fields import LineText
from llada_tui.worker.sampler_parts import (
    FIRST_CACHES,
    FIRST_COMPARED,
    FIRST_LENGTHS,
    CacheInfo,
    LengthInfo,
    StrategyInfo,
)


class Ready(NamedTuple):
    """A comparison under a number: what it is about, and what is varied."""

    title: str
    help: str
    vary: str


def ready_made(settings: SamplerSettings, strategies: Sequence[StrategyInfo]) -> list[Ready]:
    """Comparisons that make sense from some settings on."""
    length, blocks = settings.gen_length, settings.blocks
    steps = sorted({max(length // part, blocks, 1) for part in (8, 4, 2, 1)})
    comparisons = []
    if len(steps) > 1:
        comparisons.append(Ready("Steps", "fewer are faster, more write better", f"steps={_list(steps)}"))
    if len(rules := _compared(strategies)) > 1:
        comparisons.append(Ready("Remasking", "which guesses a step keeps", f"remasking={_list(rules)}"))
    sizes = sorted({size for size in (1, max(length // 8, 1), length) if size <= settings.steps})
    if len(sizes) > 1:
        comparisons.append(Ready("Blocks", "from left to right, or in any order", f"block_length={_list(sizes)}"))
    comparisons.append(Ready("Temperature", "from the likeliest words to daring ones", "temperature=0,0.5,1,1.5"))
    seeds = [settings.seed + more for more in range(LANES_ON_SCREEN)]
    warm = settings.temperature or 0.8
    comparisons.append(Ready("Seeds", "the same, by another chance", f"temperature={warm:g} seed={_list(seeds)}"))
    noisy = [info.name for info in strategies if info.noise != MASK_NOISE]
    if 0 < len(noisy) < len(strategies):
        vary = f"remasking=low_confidence,{noisy[0]} temperature=0"
        comparisons.append(Ready("Noise", "a canvas of masks, or of random tokens", vary))
    return comparisons


def _compared(strategies: Sequence[StrategyInfo]) -> list[str]:
    """The strategies of the ready-made comparison, as many as have room side by side."""
    placed = sorted((info.comparison_place, info.name) for info in strategies if info.comparison_place > 0)
    if placed:
        return [name for _, name in placed[:LANES_ON_SCREEN]]
    names = {info.name for info in strategies}
    return [name for name in FIRST_COMPARED if name in names]


def _list(values: Sequence[Any]) -> str:
    return ",".join(map(str, values))


def lanes_of(
    text: str,
    settings: SamplerSettings,
    strategies: Sequence[StrategyInfo],
    caches: Sequence[CacheInfo] = FIRST_CACHES,
    lengths: Sequence[LengthInfo] = FIRST_LENGTHS,
) -> list[Lane]:
    """The lanes of what was typed, as ``steps=16,32 remasking=random,entropy``. Raises `SettingsError`."""
    parameters, of_caches, of_lengths = (
        {info.name: [parameter.name for parameter in info.parameters] for info in infos}
        for infos in (strategies, caches, lengths)
    )

    def settle(changes: dict[str, Any]) -> SamplerSettings:
        return choose(settings, None, settled(settings, changes))

    varied = parse(text.split(), parameters, of_caches, of_lengths)
    chosen = lanes(varied, settle, parameters, of_caches, of_lengths)
    check_room(chosen)
    if strategies and (bad := {lane.settings.remasking for lane in chosen} - parameters.keys()):
        raise SettingsError(
            "remasking", f"There is no strategy named {min(bad)}: the chat's knobs show which there are."
        )
    return chosen


class LanesChoice(NamedTuple):
    """The question, and the lanes that were chosen to answer it."""

    question: str
    lanes: list[Lane]


class ChooseLanes(ModalScreen[LanesChoice | None]):
    """Asks what to compare."""

    DEFAULT_CSS = """
    ChooseLanes { align: center middle; }
    ChooseLanes > Vertical { width: 84; max-width: 96%; height: auto; max-height: 96%; border: round $accent;
        background: $surface; padding: 0 1; }
    ChooseLanes Static { height: auto; color: $text-muted; padding: 0 1; }
    ChooseLanes Input { border: round $pane-border; border-title-color: $foreground; background: $surface;
        padding: 0 1; }
    ChooseLanes Input:focus { border: round $accent; }
    ChooseLanes OptionList { height: auto; max-height: 8; background: $surface; border: none; padding: 0 1; }
    ChooseLanes OptionList:focus { border: none; }
    ChooseLanes #words { height: 2; }
    ChooseLanes #words.-bad { color: $error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "cancel"),
        *(Binding(str(number), f"take({number - 1})", show=False) for number in range(1, 10)),
    ]

    def __init__(
        self,
        question: str,
        settings: SamplerSettings,
        strategies: Sequence[StrategyInfo],
        caches: Sequence[CacheInfo] = FIRST_CACHES,
        lengths: Sequence[LengthInfo] = FIRST_LENGTHS,
    ) -> None:
        super().__init__()
        self._question, self._settings = question, settings
        self._parts = strategies, caches, lengths
        self.ready = ready_made(settings, strategies)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Compare: one question, several ways to answer it"
            box.border_subtitle = f"1 to {len(self.ready)} or enter begins · tab other field · esc leaves"
            question = LineText(self._question, placeholder="What is asked in every lane", id="question")
            question.border_title = "Question"
            yield question
            yield OptionList(*map(self._option, range(len(self.ready))), markup=False)
            vary = LineText(self.ready[0].vary, placeholder="steps=16,64 remasking=low_confidence,random", id="vary")
            vary.border_title = "What differs: any setting, or seed, or model"
            yield vary
            yield Static(id="words", markup=False)

    def _option(self, number: int) -> Option:
        ready = self.ready[number]
        return Option(
            Content.assemble((f" {number + 1}  ", "bold"), (f"{ready.title:<13}", "bold"), (ready.help, "dim"))
        )

    def on_mount(self) -> None:
        self.query_one(OptionList if self._question else "#question").focus()
        self._say()

    # -- choosing -----------------------------------------------------------------------------------------------------

    def action_take(self, number: int) -> None:
        if number < len(self.ready):
            self.query_one("#vary", LineText).text = self.ready[number].vary
            self._accept()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if self.query_one(OptionList).has_focus:
            self.query_one("#vary", LineText).text = self.ready[event.option_index].vary

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.action_take(event.option_index)

    def on_input_changed(self) -> None:
        self._say()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "question" and self.query_one("#question", LineText).text.strip():
            self.query_one(OptionList).focus()
        else:
            self._accept()

    def _say(self, *, asked: bool = False) -> list[Lane] | None:
        """Say which lanes there will be, or why there can be none."""
        words = self.query_one("#words", Static)
        try:
            lanes = lanes_of(self.query_one("#vary", LineText).text, self._settings, *self._parts)
            problem = "" if self.query_one("#question", LineText).text.strip() else "Type a question first."
        except SettingsError as error:
            lanes, problem = [], str(error)
        bad = bool(problem) and (asked or not lanes)
        words.set_class(bad, "-bad")
        words.update(clean(problem) if bad else f"{len(lanes)} lanes: " + " · ".join(lane.label for lane in lanes))
        return None if problem else lanes

    def _accept(self) -> None:
        lanes = self._say(asked=True)
        if lanes is not None:
            typed = self.query_one("#question", LineText).text
            self.dismiss(LanesChoice(self._question if typed == take_in(self._question) else typed.strip(), lanes))
        elif not self.query_one("#question", LineText).text.strip():
            self.query_one("#question").focus()
