"""The way from an action's id to what carries it out: a screen is made of parts, and the first with the method does
it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable

Handler = Callable[[], Awaitable[None] | None]


def do(id: str) -> str:
    """The id of an action as Textual's bindings, bars and palette run it on a screen."""
    return f"do({id!r})"


def handler_of(parts: Iterable[object], id: str) -> Handler | None:
    """The method ``action_<id>`` of the first part that has it; None if no part does."""
    handlers = (getattr(part, f"action_{id}", None) for part in parts)
    return next((handler for handler in handlers if handler is not None), None)


async def run_handler(handler: Handler) -> None:
    """Call a handler, and wait for it where it is asynchronous."""
    result = handler()
    if inspect.isawaitable(result):
        await result
