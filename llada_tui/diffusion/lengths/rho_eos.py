"""The density of ends of text decides on the length, in both directions (rho-EOS, arXiv 2601.22527)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llada_tui.diffusion.length_policy import LONGEST, PUBLISHED, LengthChange, LengthPolicy, LengthView
from llada_tui.diffusion.sampler_part import Parameter

if TYPE_CHECKING:
    from torch import Tensor

_SEGMENT = 0.1
_MOST = 8
"""Most times the expansion factor that the canvas grows or shrinks by in a step."""


class RhoEOS(LengthPolicy):
    """After each step rho is the share of the masks whose likeliest token was the end of text. Below
    ``low_density_threshold`` masks are inserted, before the first end of text that is written, or at the end; above
    ``high_density_threshold`` the end is cut. The farther rho is away, the more: ``expansion_factor`` times 1, 2, 4, 8
    for each 0.1 (``scheduler`` 2), times 1, 2, 3, .. 8 (1), or once (0). After 64 steps the length stays.

    Use it where answers differ much in length. Ours grows by a share of the canvas at most (``most_growth``). It never
    cuts a written word, nor a mask that a word is predicted for, and it goes back to masks that it inserts before the
    block at work. The published code cuts whatever stands at the end, and leaves such masks: ``published`` 1 does that
    too.
    """

    name = "rho_eos"
    summary = "The canvas grows or shrinks after each step, by the share of its masks that predict the end of text."
    reads = "masks"
    changing_steps = 64
    parameters = (
        LONGEST,
        Parameter("expansion_factor", 8, 1, 256, 1, "Positions by which the canvas grows or shrinks, once."),
        Parameter("low_density_threshold", 0.4, 0, 1, 0.05, "Density of ends below which the canvas grows."),
        Parameter("high_density_threshold", 0.6, 0, 1, 0.05, "Density of ends above which the canvas shrinks."),
        Parameter("look_first", 1, 0, 1, 1, "1: nothing is written before the canvas is long enough."),
        Parameter("scheduler", 2, 0, 2, 1, "Growth with the distance: 0 constant, 1 linear, 2 exponential."),
        Parameter(
            "most_growth",
            0.5,
            0,
            64,
            0.25,
            "Most growth in a step, as a share of the canvas.",
        ),
        PUBLISHED,
    )

    @property
    def leaves_masks(self) -> bool:
        return bool(self.values[PUBLISHED.name])

    def waits(self, view: LengthView) -> bool:
        """Before a word is written the canvas grows until it is long enough: what is written on one that is too short
        is squeezed."""
        is_empty = bool((view.is_mask | view.is_given).all())
        return is_empty and self._may_change(view) and bool(self._density(view) < self._low) and self._looks_first

    def decide(self, view: LengthView) -> LengthChange:
        length = len(view.tokens)
        density = self._density(view)
        ends = float(density)
        if not self._may_change(view):
            return LengthChange(ends=ends)
        if density < self._low:
            written_ends = ((view.tokens == view.ends[0]) & ~view.is_mask).nonzero()[:, 0].tolist()
            place = written_ends[0] if written_ends else length
            return LengthChange(place, min(self._amount(self._low - density), self._most_growth(length)), ends=ends)
        if density > self._high:
            return LengthChange(removed=min(self._amount(density - self._high), self._room(view)), ends=ends)
        return LengthChange(ends=ends)

    @property
    def _low(self) -> float:
        return self.values["low_density_threshold"]

    @property
    def _high(self) -> float:
        return self.values["high_density_threshold"]

    @property
    def _looks_first(self) -> bool:
        return bool(self.values["look_first"]) and not self.leaves_masks

    def _may_change(self, view: LengthView) -> bool:
        return view.step <= self.changing_steps and len(view.tokens) < view.most

    def _density(self, view: LengthView) -> Tensor:
        """The share of the masks that predict the end of text. In float32, as published: at whole tenths other types
        have other numbers of segments."""
        masks = view.was_masked & view.was_read
        return (view.predicts_end & masks).sum().float() / masks.sum().clamp(min=1).float()

    def _amount(self, distance: Tensor) -> int:
        segments = int((distance / _SEGMENT).ceil().clamp(min=1))
        times = (1, segments, 2 ** min(segments - 1, 8))[int(self.values["scheduler"])]
        return int(self.values["expansion_factor"]) * min(times, _MOST)

    def _most_growth(self, length: int) -> int:
        """Most masks that are inserted into a canvas of this length at once."""
        factor = int(self.values["expansion_factor"])
        return factor * _MOST if self.leaves_masks else max(factor, int(length * self.values["most_growth"]))

    def _room(self, view: LengthView) -> int:
        """The number of positions at the end that may be cut."""
        length = len(view.tokens)
        if self.leaves_masks:
            return length
        is_end = sum((view.tokens == end for end in view.ends), view.is_mask & view.predicts_end)
        words = (~is_end).nonzero()[:, 0].tolist()
        kept = words[-1] + 1 if words else 0
        ends_there = kept < length and not view.is_mask[kept]
        return length - kept - int(ends_there)
