"""A checkpoint that is one file of a repository on the hub, as SMDM's are: ``owner/name/folder/file.safetensors``. Its
tokenizer lies in another repository. Loads no torch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from llada_tui.models.checkpoint_files import SINGLE, TOKENIZER, TOKENIZER_CONFIG

TOKENIZER_REPOSITORY = "TinyLlama/TinyLlama-1.1B-intermediate-step-1431k-3T"
"""SMDM's tokenizer on the hub: that of TinyLlama, which is Llama 2's."""
TOKENIZER_FILES = (TOKENIZER, TOKENIZER_CONFIG, "special_tokens_map.json")
_SOURCE = re.compile(r"([\w.-]+/[\w.-]+)/((?:[\w-][\w.-]*/)*(?P<stem>[\w-][\w.-]*)\.safetensors)")


@dataclass(frozen=True, slots=True)
class HubFile:
    """``repository`` is the hub's id, ``file`` the path in it."""

    repository: str
    file: str
    stem: str

    @property
    def folder(self) -> Path:
        """The folder in the hub's cache with links to the weights and the tokenizer's files, as other checkpoints have
        them. Its path has the whole of the file's: a repository may have files of one name in several folders."""
        from huggingface_hub import constants

        place = Path(self.file).with_name(self.stem)
        return Path(constants.HF_HUB_CACHE, f"models--{self.repository.replace('/', '--')}", "checkpoints", place)

    @property
    def weights(self) -> Path:
        """The link to the weights. Its name is the file's, which tells the size."""
        return self.folder / f"{self.stem}.safetensors"

    def missing(self) -> str | None:
        """The name of a file that is not here yet; None where the checkpoint is whole."""
        names = (self.weights.name, TOKENIZER)
        return next((name for name in names if not (self.folder / name).is_file()), None)

    def link(self, weights: Path, tokenizer: Path) -> Path:
        """Makes `folder`, of the files that were downloaded. Raises `OSError`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        sources = {self.weights.name: weights, **{name: tokenizer / name for name in TOKENIZER_FILES}}
        for name, source in sources.items():
            place = self.folder / name
            place.unlink(missing_ok=True)
            if source.is_file():
                place.symlink_to(source.absolute())
        return self.folder


def hub_file(source: str) -> HubFile | None:
    """The parts of a source that names one file of a repository; None for another."""
    match = _SOURCE.fullmatch(source)
    return None if match is None or match["stem"] == Path(SINGLE).stem else HubFile(match[1], match[2], match["stem"])
