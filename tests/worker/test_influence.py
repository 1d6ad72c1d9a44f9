"""What the embedded model's predictions lean on: for a sum, on the numbers in the question."""

from __future__ import annotations

from typing import Any

import pytest

from llada_tui.models.loading import load
from llada_tui.settings.prompt import Prompt
from llada_tui.trace.events import Message
from llada_tui.worker.engine import Engine
from llada_tui.worker.protocol import Influence, Influences, Load
from llada_tui.worker.torch_backend import TorchBackend


@pytest.fixture(scope="module")
def checkpoint() -> TorchBackend:
    return TorchBackend(load("demo", device="cpu"))


@pytest.mark.parametrize(("question", "answer"), [("What is 3 + 4?", "3 + 4 = 7"), ("What is 6 + 3?", "6 + 3 = 9")])
def test_a_sum_leans_on_its_numbers(checkpoint: TorchBackend, question: str, answer: str) -> None:
    sent: list[Any] = []
    engine = Engine(lambda command, progress: checkpoint, sent.append)
    engine.load(Load("demo"))
    prompt, tokens = checkpoint.encode(Prompt(messages=[Message("user", question)])), checkpoint.tokens(answer)
    canvas = [checkpoint.info.mask_id] * 16
    words, _ = checkpoint.token_bytes(tokens)
    for place, token in enumerate(tokens):  # its signs: the numbers are to be had from the question alone
        if not words[token].strip().isdigit():
            canvas[place] = token
    engine.answer(Influence(1, prompt, canvas, len(tokens) - 1, tokens[-1]))
    influences = sent[-1]
    assert isinstance(influences, Influences)
    assert influences.chance > 0.5
    names, special = checkpoint.token_bytes([lean.token for lean in influences.leans])
    assert not special
    most = sorted(influences.leans, key=lambda lean: -lean.nats)[:2]
    assert {names[lean.token].strip() for lean in most} == {question[8:9].encode(), question[12:13].encode()}
    assert min(lean.nats for lean in most) > 1
