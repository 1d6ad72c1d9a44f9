"""What a remasking strategy is. The strategies themselves are the files of `llada_tui.diffusion.strategies`.

No torch here: the screen and the command line list the strategies without loading it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from llada_tui.trace.settings import SettingsError

if TYPE_CHECKING:
    from torch import Tensor

    from llada_tui.diffusion.predictions import Predictions


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a strategy takes, from ``low`` to ``high``."""

    name: str
    default: float
    low: float
    high: float
    help: str


class Strategy(ABC):
    """Decides which of a step's predictions are kept; the others are masked again.

    A strategy is a class in a file of its own under ``strategies/``: ``name``, ``summary`` (one line), ``parameters``
    and `score`. Raises `SettingsError` for a parameter it does not have or a value out of range.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def __init__(self, values: Mapping[str, float] | None = None) -> None:
        known = {parameter.name: parameter for parameter in self.parameters}
        self.values = {name: parameter.default for name, parameter in known.items()}
        for name, value in (values or {}).items():
            if name not in known:
                takes = f"takes {', '.join(known)}" if known else "takes no parameters"
                raise SettingsError(
                    "remasking_params", f"{name} is no parameter of the strategy {self.name}, which {takes}."
                )
            low, high = known[name].low, known[name].high
            if not low <= value <= high:
                raise SettingsError("remasking_params", f"{name} must be from {low:g} to {high:g}, not {value:g}.")
            self.values[name] = value

    @abstractmethod
    def score(self, predictions: Predictions) -> Tensor:
        """How much each of the N predictions deserves to be kept: N numbers, the highest are kept."""

    def count(self, scores: Tensor, quota: int) -> int:
        """How many of a row's predictions to keep. ``scores`` are the row's, highest first; the schedule asks for
        ``quota``."""
        return quota
