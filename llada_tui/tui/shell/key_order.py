"""Keys that act in the order in which they came, where letters and other keys change the same thing.

Textual (8.2.8) acts on a key of a widget's bindings only after the key has gone up to the application. Meanwhile the
widget has taken the letters that were typed after it: on a slow line, or while the screen is busy, a letter stood
before the backspace that preceded it.
"""

from __future__ import annotations

from functools import lru_cache

from textual import events
from textual.binding import Binding, BindingsMap
from textual.widget import Widget


@lru_cache(maxsize=16)
def _bindings(kind: type[Widget]) -> dict[str, list[Binding]]:
    """By key, the bindings of a class that nobody can bind to other keys."""
    keys = BindingsMap(kind.BINDINGS).key_to_bindings
    return {key: fixed for key, bindings in keys.items() if (fixed := [each for each in bindings if not each.id])}


async def act_at_once(widget: Widget, kind: type[Widget], event: events.Key) -> bool:
    """Do what a key is bound to in ``kind``, the widget's class or a base of it. Returns whether it was something."""
    for binding in _bindings(kind).get(event.key, ()):
        if await widget.app.run_action(binding.action, widget):
            event.stop()
            event.prevent_default()
            return True
    return False
