"""A checkpoint's chat template, rendered as transformers renders it. Runs in the text process
(`llada_tui.models.text_program`): it is anybody's program."""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from llada_tui.models.text_coder import Excess


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


@lru_cache(maxsize=2)
def _compiled(template: str) -> Any:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    return environment.from_string(template)


def rendered(template: str, messages: list[dict[str, str]], variables: dict[str, Any]) -> str:
    """A conversation by a chat template, as transformers renders it, up to where the answer begins, unless
    ``variables`` say otherwise (``add_generation_prompt``).

    Raises `Excess` for a text much longer than the conversation, and whatever the template raises.
    """
    limit = (1 << 20) + 8 * sum(len(part) for message in messages for part in message.values())
    pieces: list[str] = []
    length = 0
    for piece in _compiled(template).generate(
        messages=messages, tools=None, documents=None, **{"add_generation_prompt": True, **variables}
    ):
        pieces.append(piece)
        length += len(piece)
        if length > limit:
            raise Excess("chat template")
    return "".join(pieces)
