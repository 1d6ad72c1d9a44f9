"""The user's ``config.toml``: theme, model, worker, pace and keys. It is read, never written."""

from __future__ import annotations

import shlex
import shutil
import tomllib
import unicodedata
from collections.abc import Container, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from llada_tui.drawing.pace import DWELL
from llada_tui.paths import typed_path
from llada_tui.trace.text import clean

if TYPE_CHECKING:
    from llada_tui.tui.shell.actions import Action

MAX_DWELL = 60


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``config.toml`` may hold; every field has a default."""

    theme: str | None = None
    model: str = "demo"
    worker: str | None = None
    dwell: float = DWELL
    """Least time, in seconds, that a step stays on the screen at speed 1."""
    keys: dict[str, str] = {}
    """Keys by the ids of the actions that they are bound to."""


def load_config(path: Path) -> tuple[Config, list[str]]:
    """The configuration in a file (without one, the defaults), and a sentence for each thing wrong with it."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return Config(), []
    except (OSError, UnicodeDecodeError) as error:
        return Config(), [f"{path} cannot be read, so the defaults hold: {clean(str(error))}"]
    try:
        config = msgspec.convert(tomllib.loads(text), Config)
        if not 0 <= config.dwell <= MAX_DWELL:
            raise ValueError(f"dwell must be from 0 to {MAX_DWELL} seconds, not {config.dwell}.")
    except ValueError as error:  # of TOML and of msgspec too
        return Config(), [f"{path} has a mistake, so the defaults hold: {clean(str(error))}"]
    return config, []


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
    from llada_tui.tui.shell.actions import precedence, with_keys

    by_key: dict[str, list[Action]] = {}
    for action in with_keys(actions, config.keys).values():
        for key in dict.fromkeys(action.key_names):
            by_key.setdefault(key, []).append(action)
    for key, holders in by_key.items():
        for first, second in combinations(sorted(holders, key=precedence), 2):
            shipped = all(key in actions[action.id].key_names for action in (first, second))
            if first.screens & second.screens and not shipped:
                yield f"{clean(key)} is bound to {first.id} and to {second.id}: {first.id} has it."


def value_problems(path: Path, config: Config, themes: Container[str]) -> list[str]:
    """A sentence for each value of a file's configuration that the program cannot use as it stands."""
    problems = []
    if config.theme is not None and config.theme not in themes and f"llada-{config.theme}" not in themes:
        problems.append(f"{path}: there is no theme {clean(config.theme)!r}.")
    if config.worker is not None:
        try:
            words = shlex.split(config.worker)
        except ValueError:
            problems.append(f"{path}: in the worker's command a quotation mark has no second one.")
        else:
            if words and shutil.which(words[0]) is None:
                problems.append(f"{path}: there is no command {clean(words[0])!r} to start the worker with.")
    if config.model.startswith((".", "/", "~")) and not typed_path(config.model).is_dir():
        problems.append(f"{path}: there is no folder {clean(config.model)} to take the model from.")
    return problems


def _is_key(key: str) -> bool:
    """Whether a key of this name can be pressed: a character, or a name with ``ctrl+`` and the like before it."""
    from textual.keys import KEY_NAME_REPLACEMENTS, Keys

    name = key if len(key) == 1 else key.rpartition("+")[2]
    characters = {unicodedata.name(chr(code), "").lower().replace("-", " ") for code in range(0x20, 0x250)}
    named = {key.value for key in Keys} | set(KEY_NAME_REPLACEMENTS.values())
    return len(name) == 1 or name in named or name.replace("_", " ") in characters
