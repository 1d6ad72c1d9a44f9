"""Numbers from outside, brought into bounds where they enter: a file or a worker may say 1e308 seconds.

A field of a struct that is read says its bounds in its type. A measured number outside them (a probability, a time, a
size) is taken as the nearest bound; a name of something (a token, a position) outside its bounds is refused.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta

MAX_LINE = 16 * 2**20
"""Longest line, in bytes, of a session file, and of what a worker and its client send."""
_CLAMP = {"clamp": True}

Probability = Annotated[float, Meta(ge=0, le=1, extra=_CLAMP)]
Seconds = Annotated[float, Meta(ge=0, le=1e9, extra=_CLAMP)]
"""A duration in seconds: thirty years at most."""
Time = Annotated[float, Meta(ge=0, le=2.5e11, extra=_CLAMP)]
"""A moment in seconds since 1970: up to the year 9892."""
Nats = Annotated[float, Meta(ge=0, le=1000, extra=_CLAMP)]
Rate = Annotated[float, Meta(ge=0, le=1e12, extra=_CLAMP)]
Count = Annotated[int, Meta(ge=0, le=2**53, extra=_CLAMP)]
"""A number of things, or of bytes."""
TokenId = Annotated[int, Meta(ge=-(2**31), lt=2**31)]


def decode_bounded(decoder: msgspec.json.Decoder[Any], data: bytes, kind: type) -> Any:
    """Decode JSON, its numbers in bounds. ``kind`` is the type of what is in ``data``. Raises `msgspec.DecodeError`."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        return bounded(msgspec.json.decode(data), kind, error)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from None


def bounded(value: Any, kind: type, error: msgspec.ValidationError) -> Any:
    """A text that a decoder refused, as ``kind`` with its numbers in bounds. Raises its ``error`` if those were not
    it."""
    nearest = _clamp(value, _type_info(kind))
    if nearest == value:
        raise error
    return msgspec.convert(nearest, kind, strict=True, str_keys=True)


@lru_cache(maxsize=64)
def _type_info(kind: type) -> msgspec.inspect.Type:
    return msgspec.inspect.type_info(kind)


def _clamp(value: Any, info: msgspec.inspect.Type) -> Any:
    """A decoded value with every number that may be clamped in the bounds of its type."""
    match info:
        case msgspec.inspect.Metadata(type=(msgspec.inspect.IntType() | msgspec.inspect.FloatType()) as number):
            if not (info.extra or {}).get("clamp") or isinstance(value, bool):
                return value
            low, high = number.ge or 0, number.le or 0
            if value is None:  # how JSON writes what is no number
                return low
            return max(low, min(value, high)) if isinstance(value, int | float) else value
        case msgspec.inspect.Metadata():
            return _clamp(value, info.type)
        case msgspec.inspect.UnionType():
            return value if value is None else _clamp(value, next(kind for kind in info.types if not _is_none(kind)))
        case msgspec.inspect.ListType() if isinstance(value, list):
            return [_clamp(item, info.item_type) for item in value]
        case msgspec.inspect.DictType() if isinstance(value, dict):
            return {key: _clamp(item, info.value_type) for key, item in value.items()}
        case msgspec.inspect.StructType() if isinstance(value, list):
            kinds = [field.type for field in info.fields]
            return [_clamp(item, kind) for item, kind in zip(value, kinds, strict=False)] + value[len(kinds) :]
        case msgspec.inspect.StructType() if isinstance(value, dict):
            kinds_of = {field.encode_name: field.type for field in info.fields}
            return {key: _clamp(item, kinds_of[key]) if key in kinds_of else item for key, item in value.items()}
        case _:
            return value


def _is_none(kind: msgspec.inspect.Type) -> bool:
    return isinstance(kind, msgspec.inspect.NoneType)
