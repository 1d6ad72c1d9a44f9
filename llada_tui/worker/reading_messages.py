"""Questions about the last pass of a run at work, which its worker keeps until the next: no pass is made for them.
Workers that are older than this file answer that the command is malformed."""

from __future__ import annotations

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import StepData
from llada_tui.worker.messages import Command, Reply


class Read(Command, frozen=True, tag="read"):
    """Asks what a run's last step would have done with other settings. Answered by Reading, with the same ``asked``.

    Refused where no step was made, and for settings that change the pass itself
    (`llada_tui.settings.sampler_settings.READABLE` are those that do not)."""

    asked: int
    run: str
    settings: SamplerSettings


class Reading(Reply, frozen=True, tag="reading"):
    """The step of ``index`` as other settings would have made it: the run did not. ``seconds`` is how long it took to
    read."""

    asked: int
    run: str
    index: int
    data: StepData
    seconds: float


class Rank(Command, frozen=True, tag="rank"):
    """Asks for the rank of a token at a position of a run's canvas in its last pass. Answered by Ranked, with the same
    ``asked``. Refused where no step was made, and where no mask of the pass stood at the position."""

    asked: int
    run: str
    position: int
    token: int


class Ranked(Reply, frozen=True, tag="ranked"):
    """The place of a token among all tokens, 1 for the likeliest, and its probability without temperature."""

    asked: int
    rank: int
    probability: float
