"""The share of steps and tokens in each block, for models whose authors do not count as LLaDA's do. No torch here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Protocol, runtime_checkable

from llada_tui.settings.sampler_settings import SamplerSettings


class Pace(ABC):
    """The counting of one published sampler. LLaDA's own counting is in `llada_tui.diffusion.schedule`."""

    any_schedule: ClassVar[bool] = False
    """Whether it holds for every schedule, and not for ``linear`` alone."""

    finishes_blocks: ClassVar[bool] = False
    """Whether a run stops early only where a block ends, and not within one."""

    def block_steps(self, settings: SamplerSettings, edges: list[int]) -> list[int]:
        """The steps of each block between ``edges``: the same number for every one, rounded up."""
        count = len(edges) - 1
        return [-(-settings.steps // count)] * count

    def steps_needed(self, masks: int, steps: int) -> int:
        """The steps that are made of a block's ``steps`` when ``masks`` are to be written."""
        return steps

    @abstractmethod
    def quota(self, settings: SamplerSettings, masks: int, left: int, step: int, steps: int) -> int:
        """Tokens to commit in step ``step`` of a block of ``steps`` steps that began with ``masks`` masks, of which
        ``left`` are left. The last step that is needed commits what is left, whatever this says."""


@runtime_checkable
class PacedPredictor(Protocol):
    """A `llada_tui.diffusion.predictor.MaskPredictor` whose authors' sampler may count in its own way."""

    @property
    def pace(self) -> Pace | None:
        """The pace of its authors' sampler; None for that of LLaDA's."""


def pace_of(predictor: object, settings: SamplerSettings) -> Pace | None:
    """The pace that holds for a model and settings; None for LLaDA's."""
    pace = predictor.pace if isinstance(predictor, PacedPredictor) else None
    return pace if pace is not None and (pace.any_schedule or settings.schedule == "linear") else None
