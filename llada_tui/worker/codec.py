"""Commands, replies and events as lines of JSON, and back. Version 1's lines are read and written as they were. A byte
order mark before a line is passed over."""

from __future__ import annotations

from codecs import BOM_UTF8
from types import GenericAlias
from typing import Any, Union, get_args

import msgspec
from msgspec.structs import replace

from llada_tui.trace import events
from llada_tui.trace.events import AnyEvent, Event
from llada_tui.trace.wire_form import KindDecoder, WireForm
from llada_tui.worker.messages import Command, Reply
from llada_tui.worker.protocol import AnyCommand, AnyReply, Compare, Count, Generate, LaneOrder, Score

_GENERATE_ORDER = (
    "run", "settings", "messages", "text", "ids", "canvas", "initial_canvas", "block_start_canvas", "step", "block",
    "block_step", "parent", "commit_confidence", "committed_last_step", "post_steps_done", "template", "changes",
    "hold", "group", "longest",
)  # fmt: skip
"""In which order version 1 wrote a Generate; what was added since comes behind."""

_GENERATE = WireForm(Generate, parts=("prompt", "resume"), order=_GENERATE_ORDER)
_COMPOSED: dict[type[Command], WireForm[Any]] = {
    Generate: _GENERATE,
    Count: WireForm(Count, parts=("prompt",)),
    Score: WireForm(Score, parts=("prompt",)),
}
"""Commands whose parts lie flat on the wire. The lanes of a Compare are Generates, in the same form."""
_FlatCompare: Any = msgspec.defstruct(
    "Compare",
    [("lanes", GenericAlias(list, (_GENERATE.struct,))), ("order", LaneOrder, "turns")],
    tag_field="command",
    tag="compare",
    omit_defaults=True,
)
_RESTORED = {form.struct: form for form in _COMPOSED.values()}
_encoder = msgspec.json.Encoder()
_commands: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
    Union[(_FlatCompare, *_RESTORED, *(kind for kind in get_args(AnyCommand) if kind not in (Compare, *_COMPOSED)))]
)
_replies = KindDecoder(get_args(AnyReply))


def encode(item: Command | Reply | Event) -> bytes:
    """One line, its end included."""
    if isinstance(item, Event):
        return events.encode(item) + b"\n"
    return _encoder.encode(_flat(item) if isinstance(item, Command) else item) + b"\n"


def _flat(command: Command) -> msgspec.Struct:
    """A command as it is on the wire."""
    if isinstance(command, Compare):
        flat: msgspec.Struct = _FlatCompare([_GENERATE.flatten(lane) for lane in _sent_once(command)], command.order)
        return flat
    form = _COMPOSED.get(type(command))
    return command if form is None else form.flatten(command)


def _sent_once(command: Compare) -> list[Generate]:
    """The lanes, each picture with the first that is about it."""
    lanes: list[Generate] = []
    sent: set[str] = set()
    for lane in command.lanes:
        pictures = {name: content for name, content in lane.prompt.pictures.items() if name not in sent}
        sent |= pictures.keys()
        lanes.append(replace(lane, prompt=replace(lane.prompt, pictures=pictures)))
    return lanes


def _shared(command: Compare) -> Compare:
    """The lanes, each with the pictures of all."""
    pictures = {name: content for lane in command.lanes for name, content in lane.prompt.pictures.items()}
    if not pictures:
        return command
    return replace(
        command, lanes=[replace(lane, prompt=replace(lane.prompt, pictures=pictures)) for lane in command.lanes]
    )


def decode_command(line: bytes) -> AnyCommand:
    """The command in a line. Raises `msgspec.DecodeError` (or its subclass ValidationError) saying what is wrong."""
    flat: Any = _commands.decode(line.removeprefix(BOM_UTF8))
    if isinstance(flat, _FlatCompare):
        return _shared(Compare([_GENERATE.restore(lane) for lane in flat.lanes], flat.order))
    form = _RESTORED.get(type(flat))
    command: AnyCommand = flat if form is None else form.restore(flat)
    return command


def decode_reply(line: bytes) -> AnyReply | AnyEvent | None:
    """The reply or event in a line; None for a kind that this version does not know. Raises `msgspec.DecodeError`."""
    line = line.removeprefix(BOM_UTF8)
    if line.lstrip().startswith(b'{"reply"'):
        reply: AnyReply | None = _replies.decode(line)
        return reply
    return events.decode(line)
