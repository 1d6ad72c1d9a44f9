"""The knobs as rows: what each is called, what it says, and what a key press makes of it. No widget, no screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from llada_tui.settings.presets import PRESETS, Preset, choose
from llada_tui.settings.sampler_settings import KINDS, KNOBS, PARAMETERS_OF, SamplerSettings, SettingsError
from llada_tui.trace.text import clean
from llada_tui.worker.sampler_parts import (
    FIRST_CACHES,
    FIRST_LENGTHS,
    CacheInfo,
    LengthInfo,
    ParameterInfo,
    StrategyInfo,
)

PRESET = "preset"
_RUINS = 4
"""Tokens a step from which the text is visibly worse where they are committed however sure the model is
(docs/strategies.md has the figures of the embedded model)."""


@dataclass(frozen=True, slots=True)
class KnobRow:
    """One knob. ``name`` is a setting, a parameter of the strategy or policy in use (``parameter``, which the
    setting ``holder`` holds), or `PRESET`."""

    name: str
    label: str
    help: str
    live: bool
    parameter: ParameterInfo | None = None
    holder: str = ""
    presets: tuple[Preset, ...] = ()
    """The choices of `PRESET`: as they are for the model in use."""

    @property
    def main(self) -> bool:
        """Whether it is one of the few that are in sight at every size."""
        return self.parameter is None and self.name in KNOBS and KNOBS[self.name].main


def rows_for(
    settings: SamplerSettings,
    strategies: Sequence[StrategyInfo],
    model: str = "",
    caches: Sequence[CacheInfo] = FIRST_CACHES,
    block_length: int = 0,
    lengths: Sequence[LengthInfo] = FIRST_LENGTHS,
) -> list[KnobRow]:
    """Every knob that can be turned now: the main settings, the presets, as they are for a ``model`` by its id, with
    the ``block_length`` of one that has blocks, the other settings. A preset of uniform noise needs its strategy among
    those offered. Parameters of the strategy and the policies in use stand behind it."""
    names = {info.name for info in strategies}
    presets = tuple(
        preset.of(model, block_length)
        for preset in PRESETS
        if not preset.is_uniform or preset.changes["remasking"] in names
    )
    named = _preset_of(settings, presets)
    rows = []
    shown = [(name, knob) for name, knob in KNOBS.items() if knob.shown]
    others = [(name, knob) for name, knob in shown if not knob.main]
    for name, knob in [*((name, knob) for name, knob in shown if knob.main), *others]:
        if (name, knob) == others[0]:
            help = named.help if named else "Named settings to start from."
            rows.append(KnobRow(PRESET, "preset", help, False, presets=presets))
        if name == "length" and len(lengths) < 2 and settings.has_fixed_length:  # nothing to choose from
            continue
        if name not in PARAMETERS_OF:
            rows.append(KnobRow(name, knob.label, knob.help, knob.live))
            continue
        value, holder = getattr(settings, name), PARAMETERS_OF[name]
        part = next((info for info in offered(name, strategies, caches, lengths) if info.name == value), None)
        rows.append(KnobRow(name, knob.label, _line(part.summary) if part else knob.help, knob.live))
        for parameter in part.parameters if part else _as_recorded(settings, holder):
            if not parameter.shown and parameter.name not in getattr(settings, holder):
                continue
            label, help = f" {_line(parameter.name)}", _line(parameter.help)
            rows.append(KnobRow(parameter.name, label, help, knob.live, parameter, holder))
    return rows


def _preset_of(settings: SamplerSettings, presets: Sequence[Preset]) -> Preset | None:
    """The preset that says these settings, if any. Of several it is one that says the canvas too: on a canvas of 128
    "best" says the same as the authors' chat, and that has a name of its own."""
    matching = [preset for preset in presets if preset.matches(settings)]
    return next((preset for preset in matching if preset.share is None), matching[0] if matching else None)


def offered(
    name: str,
    strategies: Sequence[StrategyInfo],
    caches: Sequence[CacheInfo],
    lengths: Sequence[LengthInfo] = FIRST_LENGTHS,
) -> Sequence[StrategyInfo | CacheInfo | LengthInfo]:
    """The parts of the sampler that the setting ``name`` chooses from."""
    return strategies if name == "remasking" else caches if name == "cache" else lengths


def _as_recorded(settings: SamplerSettings, holder: str) -> list[ParameterInfo]:
    """The parameters of a part that no worker describes, as in a replay: each has the one value that was recorded."""
    values: dict[str, float] = getattr(settings, holder)
    return [ParameterInfo(name, value, value, value, KNOBS[holder].help) for name, value in values.items()]


def _line(text: str) -> str:
    """A worker's text on one line, without control characters."""
    return clean(text).replace("\n", " ")


def value_of(settings: SamplerSettings, row: KnobRow) -> Any:
    """The value of a knob."""
    if row.name == PRESET:
        return preset.name if (preset := _preset_of(settings, row.presets)) is not None else "custom"
    if row.parameter is not None:
        return getattr(settings, row.holder).get(row.name, row.parameter.default)
    return getattr(settings, row.name)


def shown_value(settings: SamplerSettings, row: KnobRow) -> str:
    """The value in words, for a column of right-aligned values."""
    value = value_of(settings, row)
    if isinstance(value, bool):
        return "on" if value else "off"
    if row.parameter is not None:
        return f"{value:g}"
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0") + ("0" if value == int(value) else "")
    return str(value)


def turned(settings: SamplerSettings, before: SamplerSettings) -> list[str]:
    """The settings that differ from those ``before``, in words; not the canvas, which a branch keeps as it is."""
    words = []
    for name, value in settings.changes_from(before).items():
        if isinstance(value, bool):
            words.append(f"{KNOBS[name].label} {'on' if value else 'off'}")
        elif isinstance(value, dict):
            values_before = getattr(before, name)
            words += [f"{key} {number:g}" for key, number in value.items() if values_before.get(key) != number]
        elif name != "gen_length":
            words.append(
                f"{KNOBS[name].label} {value:g}" if isinstance(value, float) else f"{KNOBS[name].label} {value}"
            )
    return words


class OfferedParts(Protocol):
    """The strategies and cache policies that a worker offers."""

    @property
    def strategies(self) -> Sequence[StrategyInfo]: ...

    @property
    def caches(self) -> Sequence[CacheInfo]: ...


def looks_back_words(settings: SamplerSettings, before: SamplerSettings, parts: OfferedParts, steps: int) -> str:
    """A sentence on the passes that a branch makes again of the ``steps`` before it, the last of which was made with
    the settings ``before``; empty where it makes none."""
    same = {settings.remasking, settings.cache} & {before.remasking, before.cache}
    offers: list[StrategyInfo | CacheInfo] = [*parts.strategies, *parts.caches]
    names = [_line(info.name) for info in offers if info.looks_back and info.name in same]
    if not names or not steps:
        return ""
    look = "looks" if len(names) == 1 else "look"
    most = "the pass before" if steps == 1 else f"up to {steps} passes"
    return f"{' and '.join(names)} {look} back: a branch first makes {most} again, unless a token is changed by hand."


def share_of(settings: SamplerSettings, row: KnobRow) -> float | None:
    """The filled share of the knob's bar, 0 to 1; None for a knob without a bar."""
    value = value_of(settings, row)
    if row.parameter is not None:
        width = row.parameter.high - row.parameter.low
        return (value - row.parameter.low) / width if width else None
    if row.name == PRESET or KINDS[row.name] not in (int, float) or not KNOBS[row.name].usual:
        return None
    return float(min(value / KNOBS[row.name].usual, 1.0))


def with_share(settings: SamplerSettings, row: KnobRow, share: float, context: int = 0) -> SamplerSettings:
    """The settings with a knob's bar as full as ``share``, 0 to 1: what a click on the bar asks for; as near to it as
    `ends` allow. Raises `SettingsError` if the knob cannot have that value."""
    if row.parameter is not None:
        low, width = row.parameter.low, row.parameter.high - row.parameter.low
        return put(settings, row, round(low + share * width, 2))
    knob = KNOBS[row.name]
    low, high = ends(settings, row, context)
    value = min(max(round(share * knob.usual / knob.nudge) * knob.nudge, low), high)
    return put(settings, row, KINDS[row.name](round(value, 6)))


def pace(settings: SamplerSettings, strategy: StrategyInfo | None) -> str:
    """The pace that the steps, the canvas and the blocks come to, in a sentence. ``strategy`` is the one in use as its
    worker describes it; None where none does, as in a replay."""
    steps, canvas, blocks = settings.steps, settings.gen_length, settings.blocks
    where = "in one block" if blocks == 1 else f"in {blocks} blocks"
    if steps > canvas:
        return out_of_place(settings)
    if strategy is None:
        return f"At most {steps} steps, {where}."
    if strategy.settles:
        return f"At most {steps} steps, {where}: it stops by itself."
    if steps == canvas:
        return f"One token a step, {where}."
    share = f"{canvas / steps:.1f}".removesuffix(".0")
    ruin = ": the text is worse for it" if strategy.by_schedule and canvas >= _RUINS * steps else ""
    return f"{share} tokens a step, {where}{ruin}."


def out_of_place(settings: SamplerSettings) -> str:
    """A sentence about a value that can be, but does nothing beside the others; empty if there is none."""
    steps, canvas, block = settings.steps, settings.gen_length, settings.block_length
    if steps > canvas:
        return f"{steps} steps for {canvas} tokens: one token a step needs {canvas}."
    if block > canvas and settings.has_fixed_length:
        return f"A block of {block} in a canvas of {canvas}: the canvas is one block."
    if settings.top_p < 1 and settings.temperature == 0:
        return f"A nucleus of {settings.top_p:g} at temperature 0: nothing is drawn, so it changes nothing."
    return ""


def is_number(row: KnobRow) -> bool:
    """Whether a number can be typed."""
    return row.parameter is not None or (row.name != PRESET and KINDS[row.name] in (int, float))


def ends(settings: SamplerSettings, row: KnobRow, context: int = 0) -> tuple[float, float]:
    """The least and the most that a number may be beside the other settings, for a model that reads fewer than
    ``context`` tokens (0: not known how many)."""
    if row.parameter is not None:
        return row.parameter.low, row.parameter.high
    low, high = KNOBS[row.name].low, KNOBS[row.name].high
    if row.name == "steps":
        low = settings.blocks
    if row.name == "gen_length" and context:
        high = max(min(high, context - 1), low)
    return low, high


def nudge(
    settings: SamplerSettings,
    row: KnobRow,
    by: int,
    strategies: Sequence[StrategyInfo],
    context: int = 0,
    caches: Sequence[CacheInfo] = FIRST_CACHES,
    lengths: Sequence[LengthInfo] = FIRST_LENGTHS,
) -> SamplerSettings:
    """The settings after ``by`` presses of an arrow key. A number stops at its `ends`; presets with a canvas too long
    for the model are passed over. Raises `SettingsError` for a name of a
    strategy or policy that cannot be one."""
    value = value_of(settings, row)
    if row.name == PRESET:
        names = [preset.name for preset in row.presets]
        at = names.index(value) + by if value in names else (0 if by > 0 else -1)
        # presets that happen to say the same are one: an arrow goes on to the next that is different
        further = range(at, at + (len(names) if by > 0 else -len(names)), 1 if by > 0 else -1)
        candidates = (row.presets[index % len(names)].apply(settings) for index in further)
        fitting = (changed for changed in candidates if not context or changed.gen_length < context)
        return next((changed for changed in fitting if changed != settings), settings)
    if isinstance(value, bool):
        return settings.replace(**{row.name: not value})
    if row.parameter is None and row.name in PARAMETERS_OF:
        names = [info.name for info in offered(row.name, strategies, caches, lengths)] or [value]
        at = names.index(value) + by if value in names else 0
        return settings.replace(**{row.name: names[at % len(names)], PARAMETERS_OF[row.name]: {}})
    if row.parameter is None and KNOBS[row.name].choices:
        choices = KNOBS[row.name].choices
        return settings.replace(**{row.name: choices[(choices.index(value) + by) % len(choices)]})
    low, high = ends(settings, row, context)
    if row.parameter is not None:
        step = row.parameter.nudge or (high - low) / 20
        return put(settings, row, round(min(max(value + by * step, low), high), 6))
    step = KNOBS[row.name].nudge
    moved = (value // step + by) * step if by > 0 or value % step == 0 else (value // step + by + 1) * step
    if KINDS[row.name] is float:
        moved = round(value + by * step, 6)
    return put(settings, row, KINDS[row.name](min(max(moved, low), high)))


def put(settings: SamplerSettings, row: KnobRow, value: float) -> SamplerSettings:
    """The settings with a number as the value of a knob. Raises `SettingsError` if it cannot be that."""
    if row.parameter is not None:
        if not row.parameter.low <= value <= row.parameter.high:
            raise SettingsError(
                row.name, f"{row.name} must be from {row.parameter.low:g} to {row.parameter.high:g}, not {value:g}."
            )
        return settings.replace(**{row.holder: {**getattr(settings, row.holder), row.name: value}})
    return choose(settings, None, {row.name: value})


def typed(settings: SamplerSettings, row: KnobRow, text: str) -> SamplerSettings:
    """The settings with a typed text as the value of a knob. Raises `SettingsError` if it cannot be that."""
    whole = row.parameter is None and KINDS[row.name] is int
    try:
        number: float = int(text) if whole else float(text)
    except ValueError:
        kind = "a whole number" if whole else "a number"
        raise SettingsError(row.name, f"{row.label.strip()} must be {kind}, not {text!r}.") from None
    return put(settings, row, number)
