"""The stages of a run: what is drawn, how long the tails are, and how the loss is weighted.

copy    the copy-only mixture, left when the copy probe passes its gate (a full mixture from the start does not learn to
        copy: an optimisation plateau that a few hundred thousand tokens of pure copying remove)
sums    the full mixture with many drills
mix     the full mixture with fewer drills, and now and then a canvas of the chat
finish  the chat's canvases, more of the older families, LLaDA's 1/t weighting, and a third of the steps of masks in
        the two passes of a cached window (windows.py)
"""

from collections.abc import Mapping
from dataclasses import dataclass

from training.corpus.mixture import COPY_STAGE, FULL_MIX, LAST_MIX
from training.encoding import Tail, chat_tail, mixed_tail, short_tail
from training.masking import Weighting


@dataclass(frozen=True, slots=True)
class Stage:
    """`until` is the part of the run (0 to 1) at which the stage ends; `drills` is their share of the sequences.

    `windows` is the share of the steps that practise the two passes of windows.py.
    """

    name: str
    until: float
    mixture: Mapping[str, float]
    drills: float
    multi_turn: float
    tail: Tail
    weighting: Weighting
    windows: float = 0.0


STAGES = {
    stage.name: stage
    for stage in (
        Stage("copy", 0.0, COPY_STAGE, 0.0, 0.0, short_tail, "mean"),
        Stage("sums", 0.2, FULL_MIX, 0.4, 0.06, mixed_tail, "mean"),
        Stage("mix", 0.45, FULL_MIX, 0.3, 0.06, mixed_tail, "mean"),
        Stage("finish", 1.01, LAST_MIX, 0.2, 0.1, chat_tail, "inverse_t", windows=0.35),
    )
}


def stage_after_copying(progress: float) -> str:
    """The stage at this part of the run, once the copy gate has been passed."""
    return next(stage.name for stage in STAGES.values() if progress < stage.until)
