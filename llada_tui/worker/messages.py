"""The base of every line between a client and a worker: a command one way, a reply the other."""

from __future__ import annotations

import msgspec


class Command(msgspec.Struct, frozen=True, tag_field="command", omit_defaults=True):
    """Anything the worker can be told."""


class Reply(msgspec.Struct, frozen=True, tag_field="reply", omit_defaults=True):
    """Anything the worker says that is not an event of a run."""
