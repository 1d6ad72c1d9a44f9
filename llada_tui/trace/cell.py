"""One position of the canvas: what it is in a frame, and what came to stand there."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class State(Enum):
    """The state of a position of the canvas in a frame. The names are those of the legend and of the themes."""

    MASKED = "masked"
    NOISE = "noise"
    """Undecided, as a mask is: a random token stands there until the next step."""
    PREDICTED = "predicted"
    """Masked: the model named a token in this step, which was masked again at once."""
    AHEAD = "looked ahead"
    """Masked, and beyond the block at work: the model named a token, of which nothing is decided yet."""
    COMMITTED_NOW = "committed now"
    COMMITTED = "committed"
    REMASKED = "taken back"
    """Masked again in this step after it had been committed."""
    EDITED = "edited"
    """A committed token that this step replaced by another."""
    GIVEN = "given"
    """Not a mask when the run began: part of the question."""
    PINNED = "pinned"
    """Set by hand while the run was going on."""


class TokenChange(NamedTuple):
    """From ``frame`` on, a position holds ``token`` (None: a mask), put there as ``state`` with ``confidence``."""

    frame: int
    token: int | None
    state: State
    confidence: float


class Cell(NamedTuple):
    """One position of the canvas in one frame.

    ``token`` is what the position holds, or what was predicted for it (``guessed``), or the noise there; None where
    nothing is known.
    ``since`` is the frame in which a token came to stand there; ``confidence`` its probability, 0 to 1.
    """

    position: int
    state: State
    token: int | None
    confidence: float
    since: int

    @property
    def guessed(self) -> bool:
        """Whether the position is a mask, and the token a prediction."""
        return self.state is State.PREDICTED or self.state is State.AHEAD

    @property
    def is_open(self) -> bool:
        """Whether no token is kept at the position."""
        return self.token is None or self.guessed or self.state is State.NOISE or self.state is State.REMASKED
