"""What a checkpoint's tokenizer and chat template do, as a process of its own: a JSON object a line, in and out.

Both are anybody's programs. Here they have bounded memory, and `llada_tui.models.text_process` ends this process when
they take too long. Run as a file, so that it loads neither transformers nor torch.
"""

from __future__ import annotations

import contextlib
import json
import re
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from itertools import takewhile
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

_ALARM = 60
"""Seconds after which a request ends the process, should nobody else have done so."""
_MARKUP = re.compile(r"<\S+>|\[\S+\]|\{\S+\}")
_MARKS = "".join(map(chr, range(0xE000, 0xE100)))
"""Characters of private use, one of which breaks up what must not be read as a token."""


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
        self._state = json.loads(state)
        self._plain: Tokenizer | None = None
        added = self._state.get("added_tokens") or []
        control = [token for token in added if _is_control(token)]
        unknown = (self._state.get("model") or {}).get("unk_token")
        self._control = {token["id"] for token in control if token["content"] != unknown}
        names = sorted((re.escape(token["content"]) for token in control), key=len, reverse=True)
        self._names = re.compile("|".join(names) or "(?!)", re.IGNORECASE)
        self._characters = frozenset("".join(token["content"] for token in added))

    def encode(self, text: str, *, bare: bool, raw: bool) -> list[int]:
        """A text as ids; ``bare`` without what the tokenizer adds by itself; ``raw`` with control tokens read."""
        whole = self._whole.encode(text, add_special_tokens=False)
        if not raw and not self._control.isdisjoint(whole.ids):
            framed = self._as_text().encode(text, add_special_tokens=not bare)
            before = len([*takewhile(bool, framed.special_tokens_mask)])
            after = len([*takewhile(bool, reversed(framed.special_tokens_mask[before:]))])
            return [*framed.ids[:before], *self._words(text), *framed.ids[len(framed.ids) - after :]]
        return list(whole.ids if bare else self._whole.encode(text).ids)

    def encode_chat(
        self, render: Callable[[list[dict[str, str]]], str], messages: list[dict[str, str]], *, raw: bool
    ) -> list[int]:
        """What ``render`` makes of messages, as ids: its control tokens are read, those within the messages are not."""
        parts = [part for message in messages for part in message.values()]
        if raw or not any(self._holds_control(part) for part in parts):
            return list(self._whole.encode(render(messages), add_special_tokens=False).ids)
        taken = self._characters.union(*parts)
        mark = next(char for char in _MARKS if char not in taken)
        broken = [{name: self._broken(part, mark) for name, part in message.items()} for message in messages]
        return self.pieced(render(broken), mark)

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

    def decode(self, ids: list[int]) -> str:
        """The text of ids, without special tokens."""
        return str(self._whole.decode(ids, skip_special_tokens=True))

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
            added = [token for token in self._state.get("added_tokens") or [] if not _is_control(token)]
            self._plain = Tokenizer.from_str(json.dumps({**self._state, "added_tokens": added}))
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


# -- templates --------------------------------------------------------------------------------------------------------


class _Generation(Extension):
    """``{% generation %}``, by which templates mark an answer for training: what it holds is written as it is."""

    tags = {"generation"}  # noqa: RUF012 - jinja's own type

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _refuse(message: str) -> None:
    raise TemplateError(message)


def _to_json(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


@cache
def _compiled(template: str) -> Any:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    return environment.from_string(template)


def rendered(template: str, messages: list[dict[str, str]], variables: dict[str, Any]) -> str:
    """A conversation by a chat template, as transformers renders it, up to where the answer begins.

    Raises `Excess` for a text much longer than the conversation, and whatever the template raises.
    """
    limit = (1 << 20) + 8 * sum(len(part) for message in messages for part in message.values())
    pieces: list[str] = []
    length = 0
    for piece in _compiled(template).generate(
        messages=messages, tools=None, documents=None, add_generation_prompt=True, **variables
    ):
        pieces.append(piece)
        length += len(piece)
        if length > limit:
            raise Excess("chat template")
    return "".join(pieces)


# -- the process ------------------------------------------------------------------------------------------------------


class Program:
    """Answers requests about tokenizers, each known by a key after it was sent once."""

    def __init__(self, stage: Callable[[str], None]) -> None:
        """``stage`` is told what is at work: "tokenizer" or "chat template"."""
        self._coders: dict[str, Coder] = {}
        self._stage = stage

    def answer(self, request: dict[str, Any]) -> Any:
        """The answer to a request: ids or a text. Raises what the tokenizer or the template raise."""
        self._stage("tokenizer")
        match request["do"]:
            case "try":
                Tokenizer.from_file(request["path"])
                return None
            case "open":
                self._coders[request["key"]] = Coder(request["state"])
                return None
        coder = self._coders[request["key"]]
        match request["do"]:
            case "encode":
                text = request["text"]
                return _bounded(coder.encode(text, bare=request["bare"], raw=request["raw"]), len(text.encode()))
            case "chat":
                ids = coder.encode_chat(
                    lambda messages: self._render(request, messages), request["messages"], raw=request["raw"]
                )
                return _bounded(ids, 0)
            case _:
                return coder.decode(request["ids"])

    def _render(self, request: dict[str, Any], messages: list[dict[str, str]]) -> str:
        self._stage("chat template")
        text = rendered(request["template"], messages, request["variables"])
        self._stage("tokenizer")
        return text


def _bounded(ids: list[int], length: int) -> list[int]:
    """Raises `Excess` for many more ids than a text has bytes."""
    if len(ids) > (1 << 20) + 32 * length:
        raise Excess("tokenizer")
    return ids


def _lines() -> Iterator[dict[str, Any]]:
    while line := sys.stdin.buffer.readline():
        yield json.loads(line)


def main() -> None:
    """Answer requests until the input ends. The argument is how many bytes of memory this process may have."""
    memory = int(sys.argv[1])
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def say(**answer: Any) -> None:
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()

    program = Program(lambda stage: say(stage=stage))
    alarm: Callable[[int], Any] = getattr(signal, "alarm", lambda seconds: None)
    for request in _lines():
        alarm(_ALARM)
        try:
            say(answer=program.answer(request))
        except MemoryError:
            say(error="memory", message="")
        except Excess as excess:
            say(error="excess", message=str(excess))
        except Exception as error:
            say(error="refused", message=f"{error}"[:1000])
        alarm(0)


if __name__ == "__main__":
    main()
