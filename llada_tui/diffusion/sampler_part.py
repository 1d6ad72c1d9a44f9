"""The base of the parts of the sampler that are found by name: strategies and cache policies.

A part is a class in a file of its own in its package. No torch here: the screen and the command line list the parts
without loading it.
"""

from __future__ import annotations

import re
import sys
from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from llada_tui.settings.sampler_settings import PARAMETERS_OF, SettingsError


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a part takes, from ``low`` to ``high``. The default is a published value; ``nudge`` is what one
    press of an arrow key adds."""

    name: str
    default: float
    low: float
    high: float
    nudge: float
    help: str
    shown: bool = True
    """Whether lists of what a part takes name it; one that every part takes is named once, for all."""


class SamplerPart(ABC):
    """A part of the sampler, with its parameters in ``values``.

    Raises `SettingsError` for a parameter it does not have or a value out of range.
    """

    setting: ClassVar[str]
    """The setting that names it."""
    noun: ClassVar[str]
    """The kind of part, in words."""
    name: ClassVar[str]
    summary: ClassVar[str]
    """A description in one line."""
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    @classmethod
    def source(cls) -> str:
        """The publication: the text in brackets in the first line of its file."""
        lines = (getattr(sys.modules.get(cls.__module__), "__doc__", None) or "").strip().splitlines()
        cited = re.search(r"\((.*)\)", lines[0]) if lines else None
        return cited.group(1) if cited else ""

    def __init__(self, values: Mapping[str, float] | None = None) -> None:
        parameters = {parameter.name: parameter for parameter in self.parameters}
        self.values = {name: parameter.default for name, parameter in parameters.items()}
        field = PARAMETERS_OF[self.setting]
        for name, value in (values or {}).items():
            if name not in parameters:
                takes = f"takes {', '.join(parameters)}" if parameters else "takes no parameters"
                raise SettingsError(field, f"{name} is no parameter of the {self.noun} {self.name}, which {takes}.")
            self.check(parameters[name], value)
            self.values[name] = value

    @classmethod
    def check(cls, parameter: Parameter, value: float) -> None:
        """Raises `SettingsError` for a value that the parameter cannot have."""
        low, high = parameter.low, parameter.high
        if not low <= value <= high:
            message = f"{parameter.name} must be from {low:g} to {high:g}, not {value:g}."
            raise SettingsError(PARAMETERS_OF[cls.setting], message)
