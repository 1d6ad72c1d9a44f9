"""What the observers of a `WorkerSession` are told."""

from __future__ import annotations

from dataclasses import dataclass

from llada_tui.trace.events import DeleteEvent, NameEvent
from llada_tui.trace.run import Run


@dataclass(frozen=True, slots=True)
class RunChanged:
    """A run of the session has begun, has grown or is over."""

    run: Run


@dataclass(frozen=True, slots=True)
class RunsArranged:
    """Runs of the session were named or deleted, or taken back."""

    event: NameEvent | DeleteEvent


@dataclass(frozen=True, slots=True)
class WorkerChanged:
    """The worker does something else, has loaded a checkpoint or a part of one, or was asked for a run; or the session
    has other names for its runs."""


@dataclass(frozen=True, slots=True)
class WorkerProblem:
    """Something went wrong: a sentence for a person, and details, which may be empty."""

    message: str
    details: str


@dataclass(frozen=True, slots=True)
class WorkerSilence:
    """The worker has not answered for so many seconds: a sentence says it. With 0 it answers again."""

    seconds: int
    message: str


@dataclass(frozen=True, slots=True)
class ModelUnfit:
    """The checkpoint needs more memory than there is, in a sentence: only a Load with ``force`` tries it."""

    message: str


SessionChange = RunChanged | RunsArranged | WorkerChanged | WorkerProblem | WorkerSilence | ModelUnfit
