"""Text to tokens and back as in LLaDA's ``eval_llada.py`` (ML-GSAI/LLaDA, arXiv 2502.09992): scores depend on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from llada_tui.models.errors import ModelError
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.tokenizer import Tokenizer


def tokenizer_of(model: LoadedModel) -> Tokenizer:
    """The model's tokenizer. Raises `ModelError` where there is none."""
    if model.tokenizer is None:
        raise ModelError("This checkpoint has no tokenizer, and tasks are texts: it cannot be evaluated.")
    return model.tokenizer


def encode_context(model: LoadedModel, text: str) -> list[int]:
    """The ids of a text with whatever the tokenizer adds by itself; special tokens in it are read as such."""
    return tokenizer_of(model).encode(text, raw=True)


def encode_pair(model: LoadedModel, context: str, continuation: str) -> tuple[list[int], list[int]]:
    """The ids of a context and of what goes on from it, ``_encode_pair``: the whole is encoded, and cut where the
    context alone would end. White space at the end of the context belongs to the continuation."""
    stripped = context.rstrip()
    continuation = context[len(stripped) :] + continuation
    before = encode_context(model, stripped)
    return before, encode_context(model, stripped + continuation)[len(before) :]


def stop_strings(until: object) -> list[str]:
    """The stop strings of a request: a list, or one alone. Raises `ModelError` for an empty one, which would end every
    text where it begins."""
    stops = [until] if isinstance(until, str) else list(until) if isinstance(until, Iterable) else []
    if not all(stops):
        raise ModelError("A task has an empty stop string, which would end every text where it begins.")
    return [str(stop) for stop in stops]


def answer_text(model: LoadedModel, canvas: Sequence[int], until: Sequence[str]) -> str:
    """The answer on a canvas, ``generate_until``: its text with special tokens, cut at the first of each stop string in
    turn, then encoded and decoded again without special tokens. Nothing is stripped."""
    tokenizer = tokenizer_of(model)
    text = tokenizer.decode(canvas, special=True)
    for stop in until:
        text = text.partition(stop)[0]
    return tokenizer.decode(encode_context(model, text))
