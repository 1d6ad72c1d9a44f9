"""The passes of earlier steps that a run which goes on makes again, for what looks back at them."""

from __future__ import annotations

import msgspec

from llada_tui.diffusion.chosen_parts import chosen_parts
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.resume import EarlierStep, Resume, RunPoint


class EarlierPasses:
    """The earlier steps of one row, in turn. What they decided is made as it was; those that a strategy or a cache
    policy looks back at make their pass again, so that the same is kept of them."""

    def __init__(self, resume: Resume, settings: SamplerSettings) -> None:
        """``settings``: those that the run goes on with."""
        self.point: RunPoint = resume
        """The point where the row begins: before the earlier steps, where there are such."""
        self._steps: list[EarlierStep] = []
        self._made = 0
        self._passes: frozenset[int] = frozenset()
        if resume.earlier is None:
            return
        self.point, before = resume.earlier.start, settings
        for step in resume.earlier.steps:
            before = step.settings or before
            self._steps.append(msgspec.structs.replace(step, settings=before))
        strategy, cache, _ = chosen_parts(settings)
        count = len(self._steps)
        # A strategy that was not at work before has kept nothing.
        others = [
            at for at, step in enumerate(self._steps) if step.settings and step.settings.remasking != strategy.name
        ]
        alike = count - (others[-1] + 1 if others else 0)
        first = count - strategy.passes_again(alike, min(resume.block_step, alike))
        guided = [step.settings.cfg_scale > 0 for step in self._steps if step.settings is not None]
        # The first pass that the strategy needs has to find in the cache what it found.
        self._passes = frozenset(cache.passes_again(guided[:first])) | frozenset(range(first, count))

    @property
    def next(self) -> EarlierStep | None:
        """The next earlier step, with its settings; None when all are made."""
        return self._steps[self._made] if self._made < len(self._steps) else None

    @property
    def is_pass(self) -> bool:
        """Whether the next one makes its pass again."""
        return self._made in self._passes

    def go_on(self) -> None:
        """The next one is made."""
        self._made += 1
