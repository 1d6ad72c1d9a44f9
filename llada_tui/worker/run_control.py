"""The requests of the screen to a run at work. The reading thread notes it, the run follows it between steps."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from threading import Condition

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.worker.protocol import Advance, Cancel, CancelLane, GiveUp, Hold, Question, Release, Retune

_GIVEN_UP = 64
"""Questions that were given up last: more never wait."""


class NextMove(Enum):
    """The next move of a run."""

    STEP = auto()
    END = auto()


@dataclass(frozen=True)
class HoldChanged:
    """The run is held now, or goes on again. The screen is to be told."""

    held: bool


Next = NextMove | HoldChanged | SamplerSettings | CancelLane | Question


class RunControl:
    """The requests to one run. However many commands come in, it holds one of each kind; how many questions wait here
    is bounded by who takes them in (`llada_tui.worker.command_queue`)."""

    def __init__(self, hold: bool = False) -> None:
        self._changed = Condition()
        self._cancelled = False
        self._held = hold
        self._tell = hold
        self._steps = 0
        self._settings: SamplerSettings | None = None
        self._questions: deque[Question] = deque()
        self._given_up: deque[int] = deque(maxlen=_GIVEN_UP)
        self._cancelled_lanes: dict[str, CancelLane] = {}
        self._untold_lanes: deque[CancelLane] = deque()

    def take(self, command: Cancel | CancelLane | Hold | Release | Advance | Retune | GiveUp | Question) -> None:
        """Note a command. Never blocks."""
        with self._changed:
            match command:
                case Cancel():
                    self._cancelled = True
                case CancelLane():
                    if self._cancelled_lanes.setdefault(command.run, command) is command:
                        self._untold_lanes.append(command)
                case Hold():
                    self._held, self._tell, self._steps = True, True, 0
                case Release():
                    self._held, self._tell, self._steps = False, True, 0
                case Advance():
                    self._tell |= not self._held
                    self._held = True
                    self._steps += 1
                case Retune():
                    self._settings = command.settings
                case GiveUp():
                    self._given_up.append(command.asked)
                case _:
                    self._questions.append(command)
            self._changed.notify_all()

    @property
    def cancelled(self) -> bool:
        """Whether the run, or the job, was cancelled."""
        return self._cancelled

    def cancelled_lanes(self) -> list[str]:
        """The names of lanes that were cancelled by themselves, begun or not."""
        with self._changed:
            return list(self._cancelled_lanes)

    def gave_up(self, asked: int) -> bool:
        """Whether an Influence is no longer wanted: it was given up, or all that is at work was cancelled."""
        return self._cancelled or asked in self._given_up

    def cancel(self) -> None:
        """End the run before its next step."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def next(self) -> Next:
        """The next move or question; ask again until it is a `NextMove`. Blocks while the run is held and nothing is
        asked."""
        with self._changed:
            while True:
                if self._cancelled:
                    return NextMove.END
                if self._untold_lanes:
                    return self._untold_lanes.popleft()
                if self._questions:
                    return self._questions.popleft()
                if self._settings is not None:
                    settings, self._settings = self._settings, None
                    return settings
                if self._held and self._steps:
                    self._steps -= 1
                    return NextMove.STEP
                if self._tell:
                    self._tell = False
                    return HoldChanged(self._held)
                if not self._held:
                    return NextMove.STEP
                self._changed.wait()

    def questions(self) -> list[Question]:
        """The questions that are not answered yet."""
        with self._changed:
            return list(self._questions)
