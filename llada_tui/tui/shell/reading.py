"""Reading a session beside the screen, which answers meanwhile."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from textual.app import App

from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.tui.shell.threads import in_thread

_has_read = False
"""Whether a session was read."""
_passes_over = False
"""Whether Python passes over a session in its search for garbage."""
_forgotten: list[weakref.ref[Session] | weakref.ref[Run]] = []
"""Sessions that are shown no more and their runs, until Python has found them to be garbage."""

Read = TypeVar("Read")

_SOON = 0.3
"""Seconds after which it is said that something is read."""
MANY = 50_000
"""Objects that Python looks through for garbage in about 10 ms."""


async def read_beside(app: App[Any], path: Path, read: Callable[[], Read]) -> Read:
    """The result of ``read`` for a session file, in a thread; that it is read is said where it takes long."""
    reading = in_thread(lambda: _without_garbage(read))
    done, _ = await asyncio.wait({reading}, timeout=_SOON)
    if not done:
        app.notify(f"Reading {path.name} …", markup=False)
    return await reading


def _without_garbage(read: Callable[[], Read]) -> Read:
    """Read while Python does not search for garbage, and have it pass over what was read, if that is much: each search
    would hold up the screen."""
    global _has_read, _passes_over
    _has_read = True
    enabled = gc.isenabled()
    gc.disable()
    try:
        before = gc.get_count()[0]
        result = read()
        if gc.get_count()[0] - before > MANY:
            gc.freeze()
            _passes_over = True
    finally:
        if enabled:
            gc.enable()
    return result


def pass_over_all() -> None:
    """Have Python pass over everything that there is now in its search for garbage: the program, and a session that was
    read for its first screen."""
    global _passes_over
    gc.freeze()
    _passes_over = _passes_over or _has_read


def forget(session: Session) -> None:
    """A session is shown no more: have Python search for garbage everywhere again, if it passed over something, until
    it has found the session and its runs. What is left then is what the program keeps, and is passed over as before."""
    global _passes_over
    if _passes_over:
        gc.unfreeze()
        _forgotten.extend([weakref.ref(session), *map(weakref.ref, session.runs.values())])
        if _keep_rest not in gc.callbacks:
            gc.callbacks.append(_keep_rest)
    _passes_over = False


def _keep_rest(phase: str, info: dict[str, int]) -> None:
    """After a search of everything: pass over what is left, once nothing is that was forgotten."""
    global _passes_over
    if phase == "stop" and info["generation"] == 2 and all(forgotten() is None for forgotten in _forgotten):
        _forgotten.clear()
        gc.callbacks.remove(_keep_rest)
        gc.freeze()
        _passes_over = True
