"""The footer: the keys that do something where the focus is now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.cells import cell_len

from llada_tui.tui.shell.action import Action
from llada_tui.tui.shell.app_interface import Keymap, app_of
from llada_tui.tui.shell.bar import Bar, BarText

_NAMES = {
    "escape": "esc", "space": "space", "left": "←", "right": "→", "up": "↑", "down": "↓", "full_stop": ".",
    "question_mark": "?", "left_square_bracket": "[", "right_square_bracket": "]", "comma": ",", "plus": "+",
    "minus": "-", "equals_sign": "=", "less_than_sign": "<", "home": "home", "end": "end", "tab": "tab",
    "backslash": "\\", "circumflex_accent": "^", "underscore": "_",
}  # fmt: skip


def key_name(key: str) -> str:
    """A key as people write it: ``ctrl+q`` is ^q."""
    if key.startswith("ctrl+"):
        return "^" + key_name(key[5:])
    if key.startswith("shift+"):
        rest = key[6:]
        return rest.upper() if len(rest) == 1 else "⇧" + key_name(rest)
    return _NAMES.get(key, key)


def key_names(action: Action) -> str:
    """All keys of an action, as people write them."""
    return " ".join(key_name(key) for key in action.key_names)


def key_of(keymap: Keymap, id: str, *, typing: bool = False) -> str:
    """The key to name for an action, as people write it; while text is ``typing``, one that types nothing. Empty if
    there is no such action."""
    action = keymap.actions.get(id)
    return best_name(action, typing=typing) if action is not None else ""


def key_here(node: Any, id: str) -> str:
    """The key to name in a sentence for an action; while the focus is where text is typed, one that types nothing. An
    action without a key is named as the command that it is."""
    app, focused = app_of(node), node.app.focused
    typing = focused is not None and focused.check_consume_key("a", "a")
    return key_of(app, id, typing=typing) or f"“{app.actions[id].label}” (^p)"


def best_name(action: Action, *, typing: bool = False) -> str:
    """The name of the best of an action's keys; empty if it has none."""
    keys = action.key_names
    if typing and not action.easy:
        keys = [key for key in keys if len(key_name(key)) > 1] or keys
    elif not typing:
        keys = sorted(keys, key=lambda key: len(key_name(key)) > 1)
    return key_name(keys[0]) if keys else ""


class Footer(Bar):
    """Lists actions with their keys; a click on one does it."""

    DEFAULT_CSS = "Footer { dock: bottom; background: $panel; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._items: tuple[tuple[str, str | None], ...] = ()
        self.typing = False

    def show(self, items: Iterable[tuple[str, str | None]], *, typing: bool) -> None:
        """List actions by id, each with its label or None for its own; ``typing`` prefers keys that type nothing."""
        new = tuple(items)
        if new != self._items or typing != self.typing:
            self._items, self.typing = new, typing
            self.refresh()

    def parts(self, width: int) -> list[BarText]:
        room = width - sum(cell_len(part.text) for part in self.right_parts(width)) - 1
        parts = [BarText(" ")]
        if self.app.screen is not self.screen:  # what lies over it has its own keys
            return parts
        for id, label in self._items:
            key, words = self._key(id), f" {label or app_of(self).actions[id].label}   "
            room -= cell_len(key) + cell_len(words)
            if room < -2:
                break
            parts += [BarText(key, "accent", id), BarText(words if room >= 0 else words.rstrip(), "text", id)]
        return parts

    def right_parts(self, width: int) -> list[BarText]:
        return [BarText("^p", "accent", "app.command_palette"), BarText(" commands ", "text", "app.command_palette")]

    def _key(self, id: str) -> str:
        return key_of(app_of(self), id, typing=self.typing)
