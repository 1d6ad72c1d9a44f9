"""Our words for what a library says of a wrong field of config.json."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from llada_tui.models.errors import ModelError, one_line
from llada_tui.settings.sampler_settings import brief

_FIELD = re.compile(r"Validation error for field '(\w+)'")
_KINDS = re.compile(r"expected (\w+), got|<class '(\w+)'>")
_WORDS = {"int": "a whole number", "float": "a number with a point", "bool": "true or false", "str": "a text"}
_WORDS |= {"list": "a list", "dict": "a table", "NoneType": "null"}


def unbuildable(
    error: Exception, config_json: Mapping[str, Any], names: Mapping[str, str], source: object
) -> ModelError:
    """The error for a config.json of which no model can be built. ``names``: the names that a family's files have for
    the library's fields, by the former."""
    begin = f"The config.json of {source} describes no model that can be built:"
    match = _FIELD.search(str(error))
    if match is None:
        return ModelError(f"{begin} {one_line(error)}.")
    field = match[1]
    names = {**names, "rope_scaling": "rope_parameters"}
    others = (ours for ours, theirs in names.items() if theirs == field and ours in config_json)
    name = field if field in config_json else next(others, field)
    value = f" = {brief(config_json[name])}" if name in config_json else ""
    kinds = [_WORDS[kind] for pair in _KINDS.findall(str(error)) for kind in pair if kind in _WORDS]
    must = f"it must be {' or '.join(dict.fromkeys(kinds))}" if kinds else "its value is outside its range"
    return ModelError(f"{begin} {name}{value}, and {must}.")
