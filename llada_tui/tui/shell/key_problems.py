"""The problems of the keys in the user's ``config.toml``."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path

from llada_tui.trace.text import clean
from llada_tui.tui.shell.action import Action, precedence, with_keys
from llada_tui.user_config import Config


def key_problems(path: Path, config: Config, actions: Mapping[str, Action]) -> list[str]:
    """A sentence for each key in the configuration of a file that is bound to none of the ``actions``, is none, or is
    another action's too. ``actions`` have the keys that they have without a configuration."""
    unknown = [f"{path}: there is no action {clean(id)} to bind a key to." for id in config.keys if id not in actions]
    keys = [(id, key.strip()) for id, keys in config.keys.items() for key in keys.split(",")]
    no_keys = [
        f"{path}: {id} is bound to {clean(key)!r}, which is no key." for id, key in keys if key and not _is_key(key)
    ]
    return unknown + no_keys + [f"{path}: {clash}" for clash in _clashes(config, actions)]


def _clashes(config: Config, actions: Mapping[str, Action]) -> Iterator[str]:
    """A sentence for each key that the configuration gives to two actions of the same screen."""
    by_key: dict[str, list[Action]] = {}
    for action in with_keys(actions, config.keys).values():
        for key in dict.fromkeys(action.key_names):
            by_key.setdefault(key, []).append(action)
    for key, holders in by_key.items():
        for first, second in combinations(sorted(holders, key=precedence), 2):
            shipped = all(key in actions[action.id].key_names for action in (first, second))
            if first.screens & second.screens and not shipped:
                yield f"{clean(key)} is bound to {first.id} and to {second.id}: {first.id} has it."


def _is_key(key: str) -> bool:
    """Whether a key of this name can be pressed: a character, or a name with ``ctrl+`` and the like before it."""
    from textual.keys import KEY_NAME_REPLACEMENTS, Keys

    name = key if len(key) == 1 else key.rpartition("+")[2]
    characters = {unicodedata.name(chr(code), "").lower().replace("-", " ") for code in range(0x20, 0x250)}
    named = {key.value for key in Keys} | set(KEY_NAME_REPLACEMENTS.values())
    return len(name) == 1 or name in named or name.replace("_", " ") in characters
