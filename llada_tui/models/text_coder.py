"""Text to token ids and back, by a checkpoint's tokenizer. Runs in the text process
(`llada_tui.models.text_program`)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, takewhile
from typing import Any

from tokenizers import Tokenizer
from tokenizers.models import BPE

from llada_tui.settings.prompt import PICTURE, PICTURE_TEXT

_MARKUP = re.compile(r"<\S+>|\[\S+\]|\{\S+\}")
_PRIVATE_USE = (range(0xE000, 0xF900), range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE))
"""Characters that stand for nothing by themselves. One of them breaks up what must not be read as a token."""


class Excess(Exception):
    """A template or a tokenizer makes far more of a text than there was. The message says which."""


class Coder:
    """Text to ids and back. A person's words are text: nothing in them becomes a control token.

    Control tokens are the tokenizer's special tokens, and its other added tokens that look like markup (``<role>``,
    ``[CLS]``). Ids of a text that has none are those of the tokenizer as it is.
    """

    def __init__(self, state: str) -> None:
        """``state`` is the tokenizer, as tokenizer.json has it."""
        self._whole = Tokenizer.from_str(state)
        self._whole.no_truncation()
        self._whole.no_padding()
        self._state = state
        self._plain: Tokenizer | None = None
        content = json.loads(state)
        added = content.get("added_tokens") or []
        control = [token for token in added if _is_control(token)]
        unknown = (content.get("model") or {}).get("unk_token")
        self._control = {token["id"] for token in control if token["content"] != unknown}
        names = sorted((re.escape(token["content"]) for token in control), key=len, reverse=True)
        self._names = re.compile("|".join(names) or "(?!)", re.IGNORECASE)
        self._characters = frozenset("".join(token["content"] for token in added))

    def encode(self, text: str, *, bare: bool, raw: bool, pictures: int = 0) -> list[int]:
        """A text as ids; ``bare`` without what the tokenizer adds by itself; ``raw`` with control tokens read. It asks
        about so many ``pictures``, each the id `PICTURE`."""
        if pictures:
            place = _mark(self._characters.union(text))
            first, *others = _placed(text, pictures, place).split(place)
            pieces = [self.encode(first, bare=bare, raw=raw) if first or not bare else []]
            return _joined([*pieces, *(self.encode(piece, bare=True, raw=raw) for piece in others)])
        whole = self._whole.encode(text, add_special_tokens=False)
        if not raw and not self._control.isdisjoint(whole.ids):
            framed = self._as_text().encode(text, add_special_tokens=not bare)
            before = len([*takewhile(bool, framed.special_tokens_mask)])
            after = len([*takewhile(bool, reversed(framed.special_tokens_mask[before:]))])
            return [*framed.ids[:before], *self._words(text), *framed.ids[len(framed.ids) - after :]]
        return list(whole.ids if bare else self._whole.encode(text).ids)

    def encode_chat(
        self,
        render: Callable[[list[dict[str, str]]], str],
        messages: list[dict[str, str]],
        *,
        raw: bool,
        pictures: Sequence[int] = (),
    ) -> list[int]:
        """The ids of what ``render`` makes of messages: its control tokens are read, those within the messages are not.
        ``pictures``: how many each message is about, each the id `PICTURE`.

        Raises `ValueError` for messages that hold every character of private use, and what ``render`` raises.
        """
        parts = [part for message in messages for part in message.values()]
        if any(pictures):
            place = _mark(self._characters.union(*parts))
            messages = [
                {**message, "content": _placed(message["content"], count, place)}
                for message, count in zip(messages, pictures, strict=True)
            ]
            return self._with_places(render, messages, place, raw or not any(map(self._holds_control, parts)))
        if raw or not any(self._holds_control(part) for part in parts):
            return list(self._whole.encode(render(messages), add_special_tokens=False).ids)
        mark = _mark(self._characters.union(*parts))
        broken = [{name: self._broken(part, mark) for name, part in message.items()} for message in messages]
        return self.pieced(render(broken), mark)

    def _with_places(
        self, render: Callable[[list[dict[str, str]]], str], messages: list[dict[str, str]], place: str, read: bool
    ) -> list[int]:
        """Messages with the character ``place`` where a picture stands, as ids. What is between pictures is encoded by
        itself, as published (``tokenizer_image_token``); ``read``: control tokens within it are read."""
        if read:
            pieces = render(messages).split(place)
            return _joined([self._whole.encode(piece, add_special_tokens=False).ids for piece in pieces])
        mark = _mark(self._characters.union(place, *(part for message in messages for part in message.values())))
        broken = [{name: self._broken(part, mark) for name, part in message.items()} for message in messages]
        return _joined([self.pieced(piece, mark) for piece in render(broken).split(place)])

    def pieced(self, text: str, mark: str) -> list[int]:
        """A text as ids, its control tokens but for those broken up by ``mark``, and what is between them as text."""
        whole = self._whole.encode(text, add_special_tokens=False)
        ids: list[int] = []
        at = 0
        for token, (begin, end) in zip(whole.ids, whole.offsets, strict=True):
            if token in self._control and mark not in text[begin:end]:
                ids += [*self._words(text[at:begin].replace(mark, "")), token]
                at = end
        return ids + self._words(text[at:].replace(mark, ""))

    def decode(self, ids: list[int], *, special: bool = False) -> str:
        """The text of ids, without special tokens or with them."""
        return str(self._whole.decode(ids, skip_special_tokens=not special))

    def adapt(self, settings: dict[str, Any]) -> bool:
        """Become the tokenizer with the same model and other ``settings``, the rest of its state, without parsing it.

        False where more differs than what it adds to every text by itself.
        """
        added = settings.get("post_processor")
        if added is None or _compared(json.loads(self._whole.to_str())) != _compared(settings):
            return False
        blank = {**json.loads(Tokenizer(BPE()).to_str()), "post_processor": added}
        self._whole.post_processor = Tokenizer.from_str(json.dumps(blank)).post_processor
        return True

    def _holds_control(self, text: str) -> bool:
        if self._names.search(text):
            return True
        return not self._control.isdisjoint(self._whole.encode(text, add_special_tokens=False).ids)

    def _broken(self, text: str, mark: str) -> str:
        """A text with the mark between the characters of everything in it that could be read as a control token."""
        text = self._names.sub(lambda match: mark.join(match[0]), text)
        whole = self._whole.encode(text, add_special_tokens=False)
        shown, at = "", 0
        for token, (begin, end) in zip(whole.ids, whole.offsets, strict=True):
            if token in self._control:
                shown += text[at:begin] + mark.join(text[begin:end])
                at = end
        return shown + text[at:]

    def _as_text(self) -> Tokenizer:
        """The tokenizer without its control tokens."""
        if self._plain is None:
            content = json.loads(self._state)
            added = [token for token in content.get("added_tokens") or [] if not _is_control(token)]
            self._plain = Tokenizer.from_str(json.dumps({**content, "added_tokens": added}))
            self._plain.post_processor = self._whole.post_processor
            self._plain.no_truncation()
            self._plain.no_padding()
        return self._plain

    def _words(self, text: str) -> list[int]:
        """A text as ids, none of them a control token: one that is a word of the vocabulary is spelled."""
        if not text:
            return []
        tokenizer = self._as_text()
        encoded = tokenizer.encode(text, add_special_tokens=False)
        ids: list[int] = []
        for token, (begin, end) in zip(encoded.ids, encoded.offsets, strict=True):
            spelled = [token]
            if token in self._control:
                letters = (tokenizer.encode(letter, add_special_tokens=False).ids for letter in text[begin:end])
                spelled = [part for letter in letters for part in letter if part not in self._control]
            ids += spelled
        return ids


def _is_control(token: dict[str, Any]) -> bool:
    content = str(token["content"])
    return len(content) > 1 and (bool(token.get("special")) or _MARKUP.fullmatch(content) is not None)


def _compared(state: dict[str, Any]) -> dict[str, Any]:
    """The parts of a tokenizer that decide how it reads a text, without those that add to it."""
    return {
        name: part for name, part in state.items() if name not in ("model", "post_processor", "truncation", "padding")
    }


def _placed(text: str, pictures: int, place: str) -> str:
    """A text with a character for each of its pictures: where it says ``<image>``, if it does so as often; else before
    it, in a line of their own, as the published code puts them."""
    if not pictures:
        return text
    if text.count(PICTURE_TEXT) == pictures:
        return text.replace(PICTURE_TEXT, place)
    return f"{' '.join([place] * pictures)}\n{text}"


def _joined(pieces: Iterable[Iterable[int]]) -> list[int]:
    """Ids of pieces of text with a picture between each two."""
    return [token for piece in pieces for token in (PICTURE, *piece)][1:]


def _mark(taken: Iterable[str]) -> str:
    """A character of private use that is not among those ``taken``. Raises `ValueError` where all are."""
    characters = frozenset(taken)
    for number in chain(*_PRIVATE_USE):
        if chr(number) not in characters:
            return chr(number)
    raise ValueError("it holds every character of private use, and one is needed to mark what is no token")
