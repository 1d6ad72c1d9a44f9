"""The confidence in ends of text decides on the length before the first word, and then on gaps (DAEDAL, arXiv
2508.00819, ICLR 2026)."""

from __future__ import annotations

from llada_tui.diffusion.length_policy import LONGEST, PUBLISHED, LengthChange, LengthPolicy, LengthView
from llada_tui.diffusion.sampler_part import Parameter

_STAGE = "stage"


class Daedal(LengthPolicy):
    """First the canvas grows by ``expansion_factor`` masks a step, without a word, while the confidence in ends of text
    is below ``eos_confidence_threshold``: the mean probability of the end of text at the last ``eos_check_tokens``
    positions where that is the likeliest token (fewer count as 0). Then half as many ends of text are written behind
    it. From there on, while the confidence is below ``expand_eos_confidence_threshold``, the least confident mask of
    the block, if below ``low_conf_threshold``, is replaced by ``expansion_factor`` masks.

    Use it with the strategy ``threshold``, as its authors do, where answers are longer than the canvas begins. The
    published code lets positions beyond the longest canvas fall off the end: ``published`` 1 does that too; ours
    inserts fewer.
    """

    name = "daedal"
    summary = "The canvas grows until ends of text are likely at its end, then where the model is least confident."
    reads = "canvas"
    parameters = (
        LONGEST,
        Parameter("expansion_factor", 8, 2, 256, 1, "Masks that take the place of one, and by which the canvas grows."),
        Parameter("eos_confidence_threshold", 0.5, 0, 1, 0.05, "Confidence in ends below which it grows at first."),
        Parameter("expand_eos_confidence_threshold", 0.9, 0, 1, 0.05, "The same, for gaps."),
        Parameter("low_conf_threshold", 0.1, 0, 1, 0.05, "Confidence of a mask below which a gap opens there."),
        Parameter("eos_check_tokens", 32, 1, 1024, 8, "Ends that are looked at; half as many are written."),
        PUBLISHED,
    )

    def waits(self, view: LengthView) -> bool:
        return view.memory.get(_STAGE) != 2

    def decide(self, view: LengthView) -> LengthChange:
        length, factor, most = len(view.tokens), int(self.values["expansion_factor"]), view.most
        checked = int(self.values["eos_check_tokens"])
        places = (view.predicts_end & view.was_read).nonzero()[:, 0][-checked:]
        ends = float(view.end_probability[places].sum()) / checked
        if self.waits(view):
            if ends < self.values["eos_confidence_threshold"] and length < most:
                return LengthChange(length, factor, ends=ends)
            view.memory[_STAGE] = 2
            return LengthChange(length, checked // 2, written_ends=True, ends=ends)
        if ends >= self.values["expand_eos_confidence_threshold"] or length >= most:
            return LengthChange(ends=ends)
        block = view.block
        unsure = (
            view.is_mask[block] & view.was_read[block] & (view.confidence[block] < self.values["low_conf_threshold"])
        )
        gaps = unsure.nonzero()[:, 0]
        if not len(gaps):
            return LengthChange(ends=ends)
        place = int(gaps[view.confidence[block][gaps].argmin()]) + block.start
        inserted = factor - 1
        beyond = max(length + inserted - most, 0)
        if self.values[PUBLISHED.name]:
            return LengthChange(place + 1, inserted, removed=beyond, ends=ends)
        return LengthChange(place + 1, inserted - beyond, ends=ends)
