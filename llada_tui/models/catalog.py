"""The known checkpoints: what they are called, what they are, and the memory they need. Loads no torch."""

from __future__ import annotations

from pathlib import Path

from llada_tui.models.checkpoint_entry import QUANTIZATIONS as QUANTIZATIONS
from llada_tui.models.checkpoint_entry import READING as READING
from llada_tui.models.checkpoint_entry import Checkpoint as Checkpoint
from llada_tui.models.checkpoint_entry import quantized_bytes as quantized_bytes
from llada_tui.models.hub_file import hub_file
from llada_tui.models.llada_checkpoints import LLADA_CHECKPOINTS
from llada_tui.models.small_checkpoints import SMALL_CHECKPOINTS

DEMO = "demo"
DEMO_FOLDER = Path(__file__).parent / "demo"
"""The checkpoint that ships with the package."""
CHECKPOINTS = (*LLADA_CHECKPOINTS, *SMALL_CHECKPOINTS)
"""The checkpoints that can be loaded from the hub by a short name. Other checkpoints of the same kinds load by their id
or folder."""


def find(source: str) -> Checkpoint | None:
    """The known checkpoint with this hub id or alias, in any case; None when it is not known."""
    name = source.lower()
    return next(
        (checkpoint for checkpoint in CHECKPOINTS if name in (checkpoint.id.lower(), *checkpoint.aliases)), None
    )


def name_of(source: str) -> str:
    """The hub id of a known checkpoint that ``source`` names; else ``source`` as it is."""
    checkpoint = find(source)
    return source if checkpoint is None else checkpoint.id


def snapshot(hub_id: str) -> Path | None:
    """The folder in the hub's cache with what is there of this checkpoint, whole or not, or None. Uses no network."""
    from huggingface_hub import try_to_load_from_cache

    from llada_tui.models import checkpoint_files

    if (alone := hub_file(hub_id)) is not None:
        return alone.folder if alone.folder.is_dir() else None
    for name in ("config.json", checkpoint_files.INDEX, checkpoint_files.SINGLE, checkpoint_files.TOKENIZER):
        path = try_to_load_from_cache(hub_id, name)
        if isinstance(path, str):
            return Path(path).parent
    return None


def cached(hub_id: str) -> Path | None:
    """The folder in the hub's cache where this checkpoint lies whole, or None. Uses no network."""
    folder = snapshot(hub_id)
    return folder if folder is not None and missing(hub_id, folder) is None else None


def missing(hub_id: str, folder: Path) -> str | None:
    """The name of a file that this checkpoint's folder in the hub's cache lacks, or None where it is whole. A chat
    template that was not downloaded would not be missed: the model would be taken for one that continues text."""
    from huggingface_hub import try_to_load_from_cache

    from llada_tui.models import checkpoint_files as files
    from llada_tui.models.errors import ModelError

    if (alone := hub_file(hub_id)) is not None:
        return alone.missing()
    if (name := files.missing(folder)) is not None:
        return name
    if try_to_load_from_cache(hub_id, files.TOKENIZER_CONFIG) is None:  # else it is there, or known not to be
        return files.TOKENIZER_CONFIG
    checkpoint = find(hub_id)
    try:
        lacks_template = checkpoint is not None and checkpoint.chat and not files.brings_template(folder)
    except ModelError:
        return files.TOKENIZER_CONFIG
    return files.TEMPLATE if lacks_template else None
