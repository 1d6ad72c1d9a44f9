"""The ids of a request to a model: prompts, answers, and what ends and follows a canvas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llada_tui.models.errors import ModelError
from llada_tui.models.tokenizer import Tokenizer, as_messages, pictures_of
from llada_tui.settings.prompt import PICTURE
from llada_tui.trace.events import ModelInfo

Words = str | Sequence[int]
"""A text, or ids."""


def of_prompt(
    tokenizer: Tokenizer | None, info: ModelInfo, prompt: str | Sequence[Any], *, raw: bool = False, pictures: int = 0
) -> list[int]:
    """A prompt as ids: text (one user message where the model chats, raw text else), chat messages, or ids.

    So many ``pictures`` are asked about in the text or the last user message, besides those that messages bring; among
    ids their places must be already. Each is the id `PICTURE`.

    What looks like a special token in a text or a message is text, unless it is ``raw``. Raises `ModelError` for a
    prompt that this model cannot take.
    """
    if isinstance(prompt, str):
        if info.chat and tokenizer is not None:
            messages = [{"role": "user", "content": prompt}]
            return tokenizer.encode_chat(messages, raw=raw, pictures=[pictures] if pictures else ())
        return _needed(tokenizer).encode(prompt, raw=raw, pictures=pictures)
    items = list(prompt)
    if all(isinstance(item, int) and not isinstance(item, bool) for item in items):
        places = (PICTURE,) if info.sees else ()
        outside = next((item for item in items if not 0 <= item < info.vocab_size and item not in places), None)
        if outside is not None:
            raise ModelError(f"There is no token {outside}: the model's ids are below {info.vocab_size}.")
        return items
    messages = as_messages(items)
    counts = [len(pictures_of(message)) for message in items]
    if pictures:
        asked = [at for at, message in enumerate(messages) if message["role"] == "user"]
        if not asked:
            raise ModelError("No message of the user is there for the pictures.")
        counts[asked[-1]] += pictures
    return _needed(tokenizer).encode_chat(messages, raw=raw, pictures=counts if any(counts) else ())


def of_answer(tokenizer: Tokenizer | None, info: ModelInfo, answer: Words) -> list[int]:
    """The ids of an answer: those of a text as it is, or the ids themselves. Raises `ModelError` when it is empty."""
    ids = _following(tokenizer, info, answer)
    if not ids:
        raise ModelError("The answer is empty: there is nothing to score.")
    return ids


def of_suffix(tokenizer: Tokenizer | None, info: ModelInfo, suffix: Words) -> list[int]:
    """The ids of the text that follows a canvas. Raises `ModelError`, also for one that holds a mask or a picture."""
    ids = _following(tokenizer, info, suffix)
    if info.mask_id in ids or PICTURE in ids:
        raise ModelError("The suffix holds a mask or a picture: it is what is given already.")
    return ids


def of_stops(tokenizer: Tokenizer | None, info: ModelInfo, stops: Sequence[Words]) -> list[list[int] | str]:
    """Stop sequences: ids as they are, and texts as texts, since other tokens may make the same text. A text with
    special tokens, which stand for no text, becomes ids. Raises `ModelError` for one that is empty."""
    checked = [_stop(tokenizer, info, stop) for stop in stops]
    if not all(checked):
        raise ModelError("A stop sequence is empty: it would end every text where it begins.")
    return checked


def _stop(tokenizer: Tokenizer | None, info: ModelInfo, stop: Words) -> list[int] | str:
    ids = _following(tokenizer, info, stop, raw=True)
    if not isinstance(stop, str) or tokenizer is None:
        return ids
    ends = (info.mask_id, info.eos_id, info.eot_id)
    special = {*tokenizer.special(ids), *(token for token in ids if token in ends)}
    return ids if any((tokenizer.piece(token) or b"").decode() in stop for token in special) else stop


def _following(tokenizer: Tokenizer | None, info: ModelInfo, words: Words, *, raw: bool = False) -> list[int]:
    if isinstance(words, str):
        return _needed(tokenizer).encode(words, bare=True, raw=raw)
    return of_prompt(tokenizer, info, words)


def _needed(tokenizer: Tokenizer | None) -> Tokenizer:
    if tokenizer is None:
        raise ModelError("This checkpoint has no tokenizer: give the prompt as a list of token ids.")
    return tokenizer
