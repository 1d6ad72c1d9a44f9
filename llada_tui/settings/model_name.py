"""The name of a checkpoint, which tells what its config.json may leave out and which settings its authors give."""

from __future__ import annotations

from pathlib import Path


def model_name(source: str) -> str:
    """The last part of a model's id or folder, in small letters: what the folders around it are called says nothing.
    Of a folder in the hub's cache, ``models--owner--name/snapshots/commit``, it is the repository's name."""
    if not source:
        return ""
    folder = Path(source).absolute()
    if folder.parent.name == "snapshots":
        return folder.parents[1].name.rpartition("--")[2].lower()
    return folder.name.lower()
