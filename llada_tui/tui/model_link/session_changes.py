"""The changes that the observers of a `WorkerSession` are told."""

from __future__ import annotations

import msgspec

from llada_tui.trace.events import DeleteEvent, NameEvent
from llada_tui.trace.run import Run


class RunChanged(msgspec.Struct, frozen=True):
    """A run of the session has begun, has grown or is over."""

    run: Run


class RunsArranged(msgspec.Struct, frozen=True):
    """Runs of the session were named or deleted, or taken back."""

    event: NameEvent | DeleteEvent


class WorkerChanged(msgspec.Struct, frozen=True):
    """The worker does something else, has loaded a checkpoint or a part of one, or was asked for a run; or the session
    has other names for its runs."""


class WorkerProblem(msgspec.Struct, frozen=True):
    """Something went wrong: a sentence for a person, and details, which may be empty."""

    message: str
    details: str


class WorkerSilence(msgspec.Struct, frozen=True):
    """The worker has not answered, or nothing has come of what it does, for so many seconds: a sentence says it. With 0
    that is over."""

    seconds: int
    message: str


class ModelUnfit(msgspec.Struct, frozen=True):
    """The checkpoint needs more memory than there is, in a sentence: only a Load with ``force`` tries it."""

    message: str


SessionChange = RunChanged | RunsArranged | WorkerChanged | WorkerProblem | WorkerSilence | ModelUnfit
