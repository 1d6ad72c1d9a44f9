"""The JSON form of structs: one flat object a line, its fields in a fixed order, its kind named by a field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar, Union

import msgspec
from msgspec.structs import FieldInfo

from llada_tui.trace.bounds import bounded

T = TypeVar("T", bound=msgspec.Struct)


class WireForm(Generic[T]):
    """The form of a kind of struct on a line.

    ``parts`` are names of its fields that hold structs: their fields lie flat among the struct's own. ``order`` are
    names of fields that come first on the line; the others follow as they are declared. A field that is added to a
    struct or to one of its parts is on the line without being named here.
    """

    def __init__(self, kind: type[T], *, parts: Sequence[str] = (), order: Sequence[str] = ()) -> None:
        self._kind = kind
        self._plain_fields: list[str] = []
        self._parts: dict[str, type[msgspec.Struct]] = {}
        fields: list[FieldInfo] = []
        for field in msgspec.structs.fields(kind):
            if field.name in parts:
                self._parts[field.name] = field.type
                fields += msgspec.structs.fields(field.type)
            else:
                self._plain_fields.append(field.name)
                fields.append(field)
        rank = {name: at for at, name in enumerate(order)}
        fields.sort(key=lambda field: rank.get(field.name, len(rank)))
        config = kind.__struct_config__
        self.struct: type[msgspec.Struct] = msgspec.defstruct(
            kind.__name__,
            [(field.name, field.type, _default(field)) for field in fields],
            tag_field=config.tag_field,
            tag=config.tag,
            rename={field.name: field.encode_name for field in fields},
            omit_defaults=True,
            kw_only=True,
        )
        """The flat struct, for encoders and decoders."""

    def flatten(self, item: T) -> msgspec.Struct:
        """The flat struct of an item."""
        values = {name: getattr(item, name) for name in self._plain_fields}
        for name in self._parts:
            values |= msgspec.structs.asdict(getattr(item, name))
        return self.struct(**values)

    def restore(self, flat: msgspec.Struct) -> T:
        """The item of a flat struct."""
        parts = {
            name: part(**{field: getattr(flat, field) for field in part.__struct_fields__})
            for name, part in self._parts.items()
        }
        return self._kind(**{name: getattr(flat, name) for name in self._plain_fields}, **parts)


def _default(field: FieldInfo) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return msgspec.field(default=field.default)
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.field(default_factory=field.default_factory)
    return msgspec.field()


class KindDecoder:
    """Decodes lines whose kind a field names, as ``"event":"step"``. ``kinds`` are structs with one tag field."""

    def __init__(self, kinds: Sequence[type[msgspec.Struct]]) -> None:
        configs = [kind.__struct_config__ for kind in kinds]
        self._tag_field = configs[0].tag_field or ""
        self._kinds = {str(config.tag): kind for config, kind in zip(configs, kinds, strict=True)}
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Union[(*kinds,)])
        self._fields = msgspec.json.Decoder(dict[str, Any])

    def decode(self, line: bytes) -> Any:
        """The struct in a line, its numbers in bounds; None for a kind that is not among those.

        Raises `msgspec.DecodeError`.
        """
        try:
            return self._decode(line)
        except (UnicodeDecodeError, RecursionError) as error:
            raise msgspec.DecodeError(str(error)) from None

    def _decode(self, line: bytes) -> Any:
        try:
            return self._decoder.decode(line)
        except msgspec.ValidationError as error:
            fields = self._fields.decode(line)
            tag = fields.get(self._tag_field)
            if isinstance(tag, str) and tag not in self._kinds:
                return None
            if not isinstance(tag, str):
                raise
            return bounded(fields, self._kinds[tag], error)
