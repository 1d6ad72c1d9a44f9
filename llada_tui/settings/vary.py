"""The lanes that ``--vary`` names: those of a comparison, each with its settings and what tells it from the others."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from llada_tui.settings.sampler_settings import KINDS, PARAMETERS_OF, SamplerSettings, SettingsError, check, either

MAX_LANES = 16
"""Most lanes of one comparison."""
_SETTINGS = frozenset(name for name, kind in KINDS.items() if kind in (int, float, bool, str))
_SWITCH = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
MODEL = "model"
"""The name of what is varied where the lanes are of several models."""
LANES_ON_SCREEN = 4
"""Most lanes that a screen shows side by side."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane: the settings of its run, and those of them by which it differs from other lanes, by name, or by
    `MODEL`."""

    settings: SamplerSettings
    varied: dict[str, Any]

    @property
    def label(self) -> str:
        """The values that were varied, in words: ``steps=16 remasking=random``."""
        return " ".join(f"{name}={worded(value)}" for name, value in self.varied.items())

    @property
    def model(self) -> str:
        """The model that was asked for, or nothing where all have the same."""
        return str(self.varied.get(MODEL, ""))


def check_room(lanes: Sequence[Lane]) -> None:
    """Raise `SettingsError` where the screen has no room for so many lanes side by side."""
    if len(lanes) > LANES_ON_SCREEN:
        raise SettingsError(
            "", f"These are {len(lanes)} lanes, and {LANES_ON_SCREEN} have room side by side: name fewer values."
        )


def worded(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


Parameters = Mapping[str, Iterable[str]]
"""The names of the parameters of each strategy, or of each policy of a kind; empty where it is not known which there
are."""


def parse(
    texts: Iterable[str],
    parameters: Parameters,
    of_caches: Parameters | None = None,
    of_lengths: Parameters | None = None,
) -> dict[str, list[Any]]:
    """The values to vary, from texts like ``steps=16,32``: every setting's or parameter's name, and its values.

    ``parameters`` are those of the strategies, the others those of the cache and length policies. Raises
    `SettingsError`.
    """
    policies = {"cache": of_caches or {}, "length": of_lengths or {}}
    names = _names(parameters).union(*map(_names, policies.values()))
    varied: dict[str, list[Any]] = {}
    for text in texts:
        name, equals, rest = text.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not rest.strip():
            raise SettingsError(name, f"{text!r} is not of the form name=value,value, as in steps=16,32.")
        if name not in _SETTINGS and name not in names and name != MODEL:
            raise SettingsError(
                name,
                f"There is nothing named {name!r} to vary: it is a setting, as in steps=16,32, or a parameter of a "
                "strategy, as in threshold=0.6,0.9.",
            )
        if name in varied:
            raise SettingsError(name, f"{name} is varied twice: name all its values at once.")
        varied[name] = [_value(name, word.strip()) for word in rest.split(",")]
        if (policy_names := policies.get(name)) and (unknown := set(varied[name]) - policy_names.keys()):
            raise SettingsError(name, f"{name} must be {either(list(policy_names))}, not {min(unknown)!r}.")
        twice = next((value for at, value in enumerate(varied[name]) if value in varied[name][:at]), None)
        if twice is not None:
            raise SettingsError(name, f"{name} has the value {worded(twice)} twice.")
    return varied


def _names(parameters: Parameters) -> set[str]:
    return {name for names in parameters.values() for name in names}


def _value(name: str, word: str) -> Any:
    if name == MODEL:
        if not word:
            raise SettingsError(name, "A model is named by its folder or hub id, as in model=demo,acme/tiny.")
        return word
    if name not in _SETTINGS:
        try:
            return float(word)
        except ValueError:
            raise SettingsError(name, f"{name} must be a number, not {word!r}.") from None
    kind = KINDS[name]
    value: Any = _SWITCH.get(word.lower(), word) if kind is bool else word
    if kind in (int, float):
        with contextlib.suppress(ValueError):  # what is no number is refused as the text that it is
            value = kind(word)
    check(name, value)
    return value


def lanes(
    varied: Mapping[str, Sequence[Any]],
    settle: Callable[[dict[str, Any]], SamplerSettings],
    parameters: Parameters,
    of_caches: Parameters | None = None,
    of_lengths: Parameters | None = None,
) -> list[Lane]:
    """Every combination of the values, the last name's values changing fastest. Raises `SettingsError`.

    ``settle`` makes the settings of a lane from those that were varied. A lane has the parameters that its strategy
    and its policies take: others are left out, and combinations that then are the same are one lane.
    """
    parts = {"remasking": parameters, "cache": of_caches or {}, "length": of_lengths or {}}
    lanes_made: list[Lane] = []
    asked: set[str] = set()
    used: set[str] = set()
    for values in product(*varied.values()):
        lane, names = _lane(dict(zip(varied, values, strict=True)), settle, parts)
        asked |= names
        used.update(*(getattr(lane.settings, holder) for holder in PARAMETERS_OF.values()))
        if all((lane.settings, lane.model) != (other.settings, other.model) for other in lanes_made):
            lanes_made.append(lane)
        if len(lanes_made) > MAX_LANES:
            raise SettingsError("", f"These values make more than {MAX_LANES} lanes: vary fewer of them.")
    if idle := asked - used:
        setting = _setting_of(min(idle), parts)
        chosen = sorted({getattr(lane.settings, setting) for lane in lanes_made})
        raise SettingsError(min(idle), f"{min(idle)} is no parameter of {' or '.join(chosen)}.")
    if len(lanes_made) < 2:
        raise SettingsError("", "There is nothing to compare: vary a setting, as in --vary steps=16,32.")
    return lanes_made


def _setting_of(name: str, parts: Mapping[str, Parameters]) -> str:
    """The setting that names the part which takes a parameter; that of the strategy where no policy is known to."""
    return next((setting for setting in ("cache", "length") if name in _names(parts[setting])), "remasking")


def _lane(
    varied: dict[str, Any], settle: Callable[[dict[str, Any]], SamplerSettings], parts: Mapping[str, Parameters]
) -> tuple[Lane, set[str]]:
    """One lane, and the names of the parameters that were asked for in it."""
    settings = settle({name: value for name, value in varied.items() if name in _SETTINGS})
    extra = {name: value for name, value in varied.items() if name not in _SETTINGS and name != MODEL}
    asked: set[str] = set()
    taken: dict[str, dict[str, float]] = {}
    for setting, holder in PARAMETERS_OF.items():
        mine = {name for name in extra if name in _names(parts[setting]) or _setting_of(name, parts) == setting}
        values = {**getattr(settings, holder), **{name: extra[name] for name in extra if name in mine}}
        # whoever does not know a part of the sampler cannot tell what it takes
        takes = parts[setting].get(getattr(settings, setting), values)
        taken[holder] = {name: value for name, value in values.items() if name in takes}
        asked |= values.keys()
    used = {name for values in taken.values() for name in values}
    shown = {name: value for name, value in varied.items() if name not in extra or name in used}
    return Lane(settings.replace(**taken), shown), asked


def settled(first: SamplerSettings, changes: dict[str, Any]) -> dict[str, Any]:
    """``changes`` to ``first``, completed: with another strategy or cache policy the parameters are reset."""
    others = (name for name in PARAMETERS_OF if changes.get(name, getattr(first, name)) != getattr(first, name))
    return {**{PARAMETERS_OF[name]: {} for name in others}, **changes}


def columns(settings: Sequence[SamplerSettings], models: Sequence[str]) -> dict[str, list[str]]:
    """The settings in which lanes differ, by name, each with its value in every lane; and their models, where they
    do."""
    table = {MODEL: list(models)} if len(set(models)) > 1 else {}
    for name in KINDS:
        values = [getattr(lane, name) for lane in settings]
        if name in _SETTINGS and any(value != values[0] for value in values):
            table[name] = [worded(value) for value in values]
    parameters = [{**lane.length_params, **lane.cache_params, **lane.remasking_params} for lane in settings]
    for name in dict.fromkeys(name for values in parameters for name in values):
        lane_values = [values.get(name) for values in parameters]
        if any(value != lane_values[0] for value in lane_values):
            table[name] = ["-" if value is None else worded(float(value)) for value in lane_values]
    return table
