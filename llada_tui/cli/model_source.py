"""The model of a command, the place of its worker, and the progress of loading, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from llada_tui.cli.output import warn
from llada_tui.units import size_words

if TYPE_CHECKING:
    from llada_tui.user_config import Config
    from llada_tui.worker.protocol import Load


def configured() -> Config:
    """The user's configuration; what is wrong with it is said, but for its keys: the screen does that."""
    from llada_tui.paths import config_folder
    from llada_tui.user_config import load_config

    config, problems = load_config(config_folder() / "config.toml")
    for problem in problems:
        warn(problem)
    return config


def with_configured(load: Load, worker: str | None) -> tuple[Load, str | None]:
    """The checkpoint and the worker's command, from the configuration where they are not named."""
    config = configured()
    return msgspec.structs.replace(load, source=load.source or config.model), worker or config.worker


def progress_words(source: str, stage: str, done: int, total: int) -> str:
    """The progress of a checkpoint, in words. ``stage`` is import, download (bytes), load (tensors), save (files),
    compile (calls) or queue (the place in it)."""
    if stage == "download":
        return f"downloading {source}: {size_words(done)}{f' of {size_words(total)}' if total else ''}"
    if stage == "load" and total:
        return f"loading {source}: {done} of {total} tensors"
    if stage == "compile":
        return f"compiling: {done} of {total} calls"
    if stage == "queue":
        return f"waiting: {done} of {total} in the queue"
    if stage == "save":
        return f"saving {source}: {done} of {total} files"
    return f"loading {source}"
