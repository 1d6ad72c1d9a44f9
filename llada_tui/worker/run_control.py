"""What the screen asks of a run while it is at work: noted by the thread that reads, followed between two steps."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from threading import Condition

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.worker.protocol import Advance, Cancel, Hold, Question, Release, Retune


class Order(Enum):
    """What the run does next."""

    STEP = auto()
    END = auto()


@dataclass(frozen=True)
class NowHeld:
    """The run has come to a hold, or goes on again: to be told."""

    held: bool


Next = Order | NowHeld | SamplerSettings | Question


class Control:
    """What is asked of one run. However many commands come in, it holds one of each kind; how many questions wait here
    is bounded by who takes them in (`llada_tui.worker.command_queue`)."""

    def __init__(self, hold: bool = False) -> None:
        self._changed = Condition()
        self._cancelled = False
        self._held = hold
        self._tell = hold
        self._steps = 0
        self._settings: SamplerSettings | None = None
        self._questions: deque[Question] = deque()

    def take(self, command: Cancel | Hold | Release | Advance | Retune | Question) -> None:
        """Note a command. Never blocks."""
        with self._changed:
            match command:
                case Cancel():
                    self._cancelled = True
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
                case _:
                    self._questions.append(command)
            self._changed.notify_all()

    @property
    def cancelled(self) -> bool:
        """Whether nobody wants this any more."""
        return self._cancelled

    def cancel(self) -> None:
        """End the run before its next step."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def next(self) -> Next:
        """What to do now; ask again until it is an `Order`. Blocks while the run is held and nothing is asked of it."""
        with self._changed:
            while True:
                if self._cancelled:
                    return Order.END
                if self._questions:
                    return self._questions.popleft()
                if self._settings is not None:
                    settings, self._settings = self._settings, None
                    return settings
                if self._held and self._steps:
                    self._steps -= 1
                    return Order.STEP
                if self._tell:
                    self._tell = False
                    return NowHeld(self._held)
                if not self._held:
                    return Order.STEP
                self._changed.wait()

    def questions(self) -> list[Question]:
        """The questions that are not answered yet."""
        with self._changed:
            return list(self._questions)
