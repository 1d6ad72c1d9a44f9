"""The user's ``config.toml``: theme, model, worker, pace and keys. It is read, never written."""

from __future__ import annotations

import tomllib
from collections.abc import Container
from pathlib import Path

import msgspec

from llada_tui.drawing.pace import DWELL
from llada_tui.trace.text import clean

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
        text = path.read_text("utf-8")
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


def key_problems(path: Path, config: Config, actions: Container[str]) -> list[str]:
    """A sentence for each key in the configuration of a file that is bound to none of the ``actions``."""
    return [f"{path}: there is no action {clean(id)} to bind a key to." for id in config.keys if id not in actions]
