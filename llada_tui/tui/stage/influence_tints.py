"""Influence as a tint: how strongly each word of the question and of the canvas speaks for the selected token, or
against it."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from llada_tui.drawing.token_styles import TINT_STEPS
from llada_tui.trace.run import Run
from llada_tui.tui.stage.influence_lines import strongest
from llada_tui.worker.protocol import Influences

_MOST = 256
"""The last tokens of a prompt in which the question is looked for."""


def tints(influences: Influences | None) -> dict[int, int]:
    """The tint of each position that has an influence worth showing, from -`TINT_STEPS`, against, to `TINT_STEPS`; the
    strongest has all of it. Below 0 stand the tokens of the prompt, the last of them at -1."""
    leans = strongest(influences) if influences is not None else []
    most = max((abs(lean.nats) for lean in leans), default=1.0)
    steps = ((lean, ceil(abs(lean.nats) / most * TINT_STEPS)) for lean in leans)
    return {lean.position: step if lean.nats > 0 else -step for lean, step in steps}


def question_tints(run: Run, question: str, tints: Mapping[int, int]) -> list[tuple[int, int, int]]:
    """The tinted stretches of a question: first character, the one behind the last, and the tint. Its end is looked for
    in the prompt's tokens, since chat templates stand around it."""
    if not any(position < 0 for position in tints):
        return []
    ids = run.start.prompt_ids[-_MOST:]
    texts = [run.token_bytes.alone(token) or "" for token in ids]
    prompt = "".join(texts)
    cut = next((cut for cut in range(len(question)) if question[cut:] in prompt), len(question))
    shift = cut - prompt.rfind(question[cut:])
    spans, begin = [], 0
    for position, text in enumerate(texts, -len(ids)):
        first, last = (
            max(begin + len(text) - len(text.lstrip()) + shift, cut),
            min(begin + len(text) + shift, len(question)),
        )
        begin += len(text)
        if (tint := tints.get(position, 0)) and first < last:
            spans.append((first, last, tint))
    return spans
