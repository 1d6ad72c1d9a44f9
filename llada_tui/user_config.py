"""The user's ``config.toml``: theme, model, worker, pace and keys. It is read, never written."""

from __future__ import annotations

import shlex
import shutil
import tomllib
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import msgspec

from llada_tui.drawing.pace import DWELL
from llada_tui.drawing.word_shape import WordShape
from llada_tui.paths import read_plain, reason, typed_path
from llada_tui.server_address import is_server_address
from llada_tui.settings.sampler_settings import SettingsError, brief, check_number, either
from llada_tui.trace.text import clean

MAX_DWELL = 60
PICTURES = ("auto", "cells")
MAX_BYTES = 1_000_000
"""Largest file that is read."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contents of ``config.toml``; every field has a default."""

    theme: str | None = None
    model: str = "demo"
    worker: str | None = None
    dwell: float = DWELL
    """Least time, in seconds, that a step stays on the screen at speed 1."""
    words: str = WordShape.TEXT.value
    """The shape of words on the canvas: text, tiles, or pills."""
    pictures: str = "auto"
    """The way in which pictures are drawn: auto, by the terminal where it can, or cells, in half blocks always."""
    keys: dict[str, str] = {}
    """Keys by the ids of the actions that they are bound to."""


def load_config(path: Path) -> tuple[Config, list[str]]:
    """The configuration in a file (without one, the defaults), and a sentence for each thing wrong with it."""
    try:
        text = read_plain(path, MAX_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        return Config(), []
    except (OSError, UnicodeDecodeError) as error:
        return Config(), [f"{path} cannot be read, so the defaults hold: {reason(error)}."]
    try:
        table = tomllib.loads(text)
    except RecursionError:
        mistakes = ["it is no TOML: its lists are nested too deep."]
    except ValueError as error:  # a number of thousands of digits, too
        mistakes = [f"it is no TOML: {error}."]
    else:
        mistakes = list(_mistakes(table))
    if mistakes:
        return Config(), [f"{path} has a mistake, so the defaults hold: {clean(mistake)}" for mistake in mistakes]
    return msgspec.convert(table, Config), []


def _mistakes(table: dict[str, Any]) -> Iterator[str]:
    """A sentence for each value that a configuration cannot have."""
    for name, value in table.items():
        if name not in Config.__struct_fields__:
            yield f"{name[:60]} cannot be set: there are {', '.join(Config.__struct_fields__)}."
        elif name == "dwell":
            try:
                check_number(name, value, 0, MAX_DWELL, whole=False)
            except SettingsError as error:
                yield str(error)
        elif name == "words" and value not in (shapes := [shape.value for shape in WordShape]):
            yield f"words must be {either(shapes)}, not {brief(value)}."
        elif name == "pictures" and value not in PICTURES:
            yield f"pictures must be {either(PICTURES)}, not {brief(value)}."
        elif name != "keys":
            yield from _no_text(name, value)
        elif not isinstance(value, dict):
            yield f"keys must be a table of actions with their keys, not {brief(value)}."
        else:
            for action, keys in value.items():
                yield from _no_text(f"keys.{action[:60]}", keys)


def _no_text(name: str, value: object) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{name} must be a text in quotation marks, not {brief(value)}."


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
            if words and not is_server_address(words) and shutil.which(words[0]) is None:
                problems.append(f"{path}: there is no command {clean(words[0])!r} to start the worker with.")
    if config.model.startswith((".", "/", "~")) and not typed_path(config.model).is_dir():
        problems.append(f"{path}: there is no folder {clean(config.model)} to take the model from.")
    return problems
