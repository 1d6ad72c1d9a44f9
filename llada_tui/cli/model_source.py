"""Which model a command is about, and a model in this process for the commands that need no worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from llada_tui.cli.output import CommandError, StatusLine, warn
from llada_tui.units import size_words
from llada_tui.worker.protocol import Load

if TYPE_CHECKING:
    from llada_tui.api import Model
    from llada_tui.tui.shell.config import Config


def configured() -> Config:
    """The user's configuration; what is wrong with it is said."""
    from llada_tui.paths import config_folder
    from llada_tui.tui.shell.config import key_problems, load_config

    path = config_folder() / "config.toml"
    config, problems = load_config(path)
    if config.keys:
        from llada_tui.tui.stage.pages import all_actions

        problems += key_problems(path, config, all_actions())
    for problem in problems:
        warn(problem)
    return config


def load_here(load: Load) -> Model:
    """The model, in this process; the configured one where none is named. Raises `CommandError`."""
    if not load.source:
        load = msgspec.structs.replace(load, source=configured().model)
    status = StatusLine()
    status.show(f"loading {load.source}")
    from llada_tui.api import load_model
    from llada_tui.models.errors import ModelError

    try:
        return load_model(
            load.source,
            dtype=load.dtype,
            device=load.device,
            quantization=load.quantization,
            canvas=load.canvas,
            force=load.force,
            compile=load.compile,
            progress=lambda stage, done, total: status.show(progress_words(load.source, stage, done, total)),
        )
    except ModelError as error:
        raise CommandError(str(error)) from None
    finally:
        status.clear()


def progress_words(source: str, stage: str, done: int, total: int) -> str:
    """How far a checkpoint is, in words. ``stage`` is import, download (bytes), load (tensors), save (files) or compile
    (calls)."""
    if stage == "download":
        return f"downloading {source}: {size_words(done)}{f' of {size_words(total)}' if total else ''}"
    if stage == "load" and total:
        return f"loading {source}: {done} of {total} tensors"
    if stage == "compile":
        return f"compiling: {done} of {total} calls"
    if stage == "save":
        return f"saving {source}: {done} of {total} files"
    return f"loading {source}"
