"""Clients of a server are told the bytes of noise as those of any token."""

from __future__ import annotations

from llada_tui.serving.run_request import TokenFeed
from llada_tui.trace.events import PiecesEvent
from tests.trace.test_noise import MASK, start, step


def test_the_bytes_of_noise_come_with_its_events() -> None:
    feed = TokenFeed(lambda tokens: PiecesEvent(dict.fromkeys(tokens, b"word")))
    begin, made = start([(1, 11), (2, 12)]), step(0, [(1, 12), (2, 13)])
    items = [*feed.around(begin), *feed.around(made)]
    pieces = [{*item.pieces} for item in items if isinstance(item, PiecesEvent)]
    assert pieces == [{1, 7, MASK, 11, 12}, {13}]
    assert [item for item in items if not isinstance(item, PiecesEvent)] == [begin, made]
