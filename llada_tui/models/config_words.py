"""Our words for what a library says of a wrong field of config.json."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from llada_tui.models.errors import ModelError, one_line
from llada_tui.settings.sampler_settings import brief

_FIELD = re.compile(r"Validation error for field '(\w+)'")
_KINDS = re.compile(r"expected (\w+), got|<class '(\w+)'>")
_WORDS = {"int": "a whole number", "float": "a number with a point", "bool": "true or false", "str": "a text"}
_WORDS |= {"list": "a list", "dict": "a table", "NoneType": "null"}
_PATIENCE = 5.0
"""Seconds for which the field at fault is looked for."""


def unbuildable(
    error: Exception,
    config_json: Mapping[str, Any],
    names: Mapping[str, str],
    source: object,
    build: Callable[[Mapping[str, Any]], object],
) -> ModelError:
    """The error for a config.json of which no model can be built. ``names``: the names that a family's files have for
    the library's fields, by the former. Where the library names no field of the file, the first is named without which
    ``build`` does not raise."""
    begin = f"The config.json of {source} describes no model that can be built:"
    match = _FIELD.search(str(error))
    field = match[1] if match is not None else ""
    names = {**names, "rope_scaling": "rope_parameters"}
    others = (ours for ours, theirs in names.items() if theirs == field and ours in config_json)
    name = field if field in config_json else next(others, field)
    if name not in config_json:
        at_fault = next((f"{name} = {brief(value)}" for name, value in _at_fault(config_json, build)), "")
        return ModelError(f"{begin} {at_fault} is at fault." if at_fault else f"{begin} {one_line(error)}.")
    kinds = [_WORDS[kind] for pair in _KINDS.findall(str(error)) for kind in pair if kind in _WORDS]
    must = f"it must be {' or '.join(dict.fromkeys(kinds))}" if kinds else "its value is outside its range"
    return ModelError(f"{begin} {name} = {brief(config_json[name])}, and {must}.")


def _at_fault(
    config_json: Mapping[str, Any], build: Callable[[Mapping[str, Any]], object]
) -> Iterator[tuple[str, object]]:
    """The fields without which a model can be built, with their values; those of a table before the table."""
    end = time.monotonic() + _PATIENCE
    for name, value in config_json.items():
        rest = {other: inner for other, inner in config_json.items() if other != name}
        tables = [(f"{name}.{part}", value[part], {**rest, name: _without(value, part)}) for part in _parts(value)]
        for field, inner, without in (*tables, (name, value, rest)):
            if time.monotonic() > end:
                return
            with suppress(Exception):
                build(without)
                yield field, inner


def _parts(value: object) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _without(table: dict[str, Any], part: str) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name != part}
