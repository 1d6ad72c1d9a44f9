"""A token that was chosen for a position."""

from __future__ import annotations

import msgspec

from llada_tui.trace.bounds import Probability, TokenId


class Choice(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A token at a position, and how sure the model was: its probability, from 0 to 1."""

    position: int
    token: TokenId
    confidence: Probability
