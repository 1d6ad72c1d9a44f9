"""Small runs made by hand, whose tokens are letters and words."""

from __future__ import annotations

from typing import Any

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import PiecesEvent
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.trace.support import EOS, EOT, MASK, end, start, step

WORDS = ("<eos>", "<eot>", "two", " +", " three", " =", " five", ".", " So", " cat", "caf\u00e9")
IDS = {word: at for at, word in enumerate(WORDS)}
__all__ = ["EOS", "EOT", "IDS", "MASK", "WORDS", "made"]


def made(
    *steps: dict[int, str],
    length: int = 4,
    taken: dict[int, list[int]] | None = None,
    ended: bool = True,
    block: int = 0,
    more: dict[str, Any] | None = None,
) -> Run:
    """A run of steps that commit words at positions; ``taken``: positions that a step, by its index, takes back;
    ``more``: other fields of its first step."""
    event = start(length)
    if block:
        values = SamplerSettings(steps=length, gen_length=length, block_length=block)
        event = type(event)(event.run, event.model, values, event.prompt_ids, event.resume, messages=event.messages)
    token_bytes = TokenBytes()
    token_bytes.add(PiecesEvent({at: word.encode() for at, word in enumerate(WORDS)}, [EOS, EOT]))
    run = Run(event, token_bytes)
    for index, written in enumerate(steps):
        commits = {at: IDS[word] for at, word in written.items()}
        run.add(step(index, commits, remasked=(taken or {}).get(index, []), **(more or {} if not index else {})))
    if ended:
        tokens = [token for token in run.canvas(run.last) if token is not None and token not in (EOS, EOT)]
        run.add(end(token_bytes.plain(tokens), steps=len(steps)))
    return run
