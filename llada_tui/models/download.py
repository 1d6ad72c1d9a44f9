"""From what a person calls a model to a folder that holds it."""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub import errors as hub
from tqdm.auto import tqdm  # type: ignore[import-untyped]

from llada_tui.models import catalog, lit_gpt
from llada_tui.models.checkpoint_files import TOKENIZER_CONFIG, read_json
from llada_tui.models.errors import ModelError
from llada_tui.models.hub_file import TOKENIZER_FILES, TOKENIZER_REPOSITORY, HubFile, hub_file
from llada_tui.models.hub_patience import PATIENCE, HubPatience, HubSilent
from llada_tui.models.weights import Weights, summarise
from llada_tui.paths import typed_path

Progress = Callable[[str, int, int], None]
"""Called with the stage ("download", in bytes, or "load", in tensors), how much is done, and of how much."""

_FILES = [
    *("*.safetensors", "*.safetensors.index.json", "*config.json"),
    *("tokenizer*.json", "*token*.json", "*.jinja", "vocab.json", "merges.txt"),
]
_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG)
"""The system's errors for a folder that cannot be written in, or of a file where a folder should be."""
_NO_ANSWER = ("TooManyRedirects", "FileMetadataError", "DecodingError")
"""Errors of the hub's client about an answer that it cannot take, beside those of a JSON that is none."""
_CHUNK = 2**18
"""Bytes after which the hub's client tells that something came: of its own 10 MB a slow line makes minutes."""
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


Description = tuple[dict[str, Any], Weights]
"""The config.json of a checkpoint, and its weights' shapes."""
Look = Callable[[dict[str, Any], Weights], object]
"""Called with config.json and the weights' shapes before they are downloaded; what it raises ends that."""


def find(source: str | Path, progress: Progress | None = None, look: Look | None = None) -> Path:
    """The folder of ``source``: ``demo``, a known checkpoint's short name, a folder, or an id on the hub, of which one
    file may be named (`llada_tui.models.hub_file`).

    Downloads from the hub what is not in its cache; a download that was cut off is taken up where it stopped.
    Raises `ModelError`.
    """
    name = str(source)
    if name == catalog.DEMO:
        if not (catalog.DEMO_FOLDER / "config.json").is_file():
            raise ModelError("The embedded checkpoint is missing from this installation: install llada-tui again.")
        return catalog.DEMO_FOLDER
    folder = typed_path(name)
    if folder.is_dir():
        return folder
    if folder.is_file():
        raise ModelError(f"{name} is a file: give the folder of the checkpoint.")
    checkpoint = catalog.find(name)
    if checkpoint is not None:
        return download(checkpoint.id, progress, look)
    if not isinstance(source, Path) and hub_file(name) is not None:
        return download(name, progress, look)
    if isinstance(source, Path) or name.startswith((".", "/", "~")) or "\\" in name or name.count("/") > 1:
        raise ModelError(f"There is no folder {name}: check the path.")
    if not _HUB_ID.fullmatch(name):
        raise ModelError(
            f"{name!r} is no model: give demo, {catalog.CHECKPOINTS[0].aliases[0]} or another name that "
            f"`llada-tui models` lists, a folder, or an id of the Hugging Face hub such as {catalog.CHECKPOINTS[0].id}."
        )
    return download(name, progress, look)


def download(hub_id: str, progress: Progress | None = None, look: Look | None = None) -> Path:
    """The folder in the hub's cache that holds ``hub_id``, downloaded if need be and if ``look`` lets it.

    Raises `ModelError`.
    """
    if (alone := hub_file(hub_id)) is not None:
        return _download_file(hub_id, alone, progress, look)
    folder = _fetched(hub_id, hub_id, _FILES, progress, look, describe)
    if not (folder / TOKENIZER_CONFIG).is_file():
        with contextlib.suppress(Exception):  # the cache notes that the hub has none
            HubPatience().ask(lambda: huggingface_hub.hf_hub_download(hub_id, TOKENIZER_CONFIG))
    return folder


def _download_file(name: str, alone: HubFile, progress: Progress | None, look: Look | None) -> Path:
    """The same for one file of a repository, and its tokenizer."""
    if alone.missing() is None:
        return alone.folder
    weights = _fetched(name, alone.repository, [alone.file], progress, look, lambda _: describe_file(alone))
    if not (weights / alone.file).is_file():
        raise ModelError(f"{alone.repository} on the Hugging Face hub has no file {alone.file}: check the name.")
    silent = progress and (lambda stage, done, total: None)
    tokenizer = _fetched(name, TOKENIZER_REPOSITORY, [*TOKENIZER_FILES], silent, None, describe)
    try:
        return alone.link(weights / alone.file, tokenizer)
    except OSError as error:
        raise ModelError(_why(name, error)) from error


def _fetched(
    name: str,
    hub_id: str,
    patterns: list[str],
    progress: Progress | None,
    look: Look | None,
    description_of: Callable[[str], Description | None],
) -> Path:
    """The folder of a repository with the files of ``patterns``. ``name``: what it is downloaded for."""
    try:
        asking = HubPatience(Path(constants.HF_HUB_CACHE, f"models--{hub_id.replace('/', '--')}", "blobs"))
        constants.DOWNLOAD_CHUNK_SIZE = _CHUNK
        plan = asking.ask(lambda: huggingface_hub.snapshot_download(hub_id, allow_patterns=patterns, dry_run=True))
        total = sum(file.file_size for file in plan)
        present = sum(file.file_size for file in plan if file.is_cached)
        if look is not None and present < total:
            description = asking.ask(lambda: description_of(hub_id))
            if description is not None:
                look(*description)
        bars = _bars(progress or _tell_nobody, present, total, asking)
        whole = partial(huggingface_hub.snapshot_download, hub_id, allow_patterns=patterns, tqdm_class=bars)
        folder = Path(asking.ask(whole))
    except ModelError:
        raise
    except Exception as error:
        if isinstance(error, hub.GatedRepoError | hub.RepositoryNotFoundError) and not _token_is_refused(error):
            raise ModelError(_why(hub_id, error)) from None
        cached = None if isinstance(error, hub.HFValidationError) else catalog.cached(name)
        if cached is not None:
            return cached
        raise ModelError(_why(name, error)) from error
    return folder


def _why(hub_id: str, error: Exception) -> str:
    """The sentence for a person when ``hub_id`` cannot be downloaded and is not whole on this machine."""
    chain = _chain(error)
    if isinstance(error, hub.HFValidationError):
        return f"{hub_id!r} is no id of the Hugging Face hub: check it."
    if any(_token_is_refused(link) for link in chain):
        return (
            "The token is refused by the Hugging Face hub, for a public model too: log in anew with `hf auth login`, "
            "or take it away with `hf auth logout` (and HF_TOKEN out of the environment)."
        )
    if any(isinstance(link, hub.GatedRepoError) for link in chain):
        return f"{hub_id} is gated: ask for access at https://huggingface.co/{hub_id} and log in with `hf auth login`."
    status = next((code for code in map(_status, chain) if code is not None), None)
    if status == HTTPStatus.UNAUTHORIZED or any(isinstance(link, hub.RepositoryNotFoundError) for link in chain):
        return f"There is no model {hub_id} on the Hugging Face hub, or it is private: check the id."
    if status == HTTPStatus.FORBIDDEN:
        return f"The Hugging Face hub forbids {hub_id} (403): the token may not read it; make one that may."
    for link in chain:
        if isinstance(link, OSError) and link.errno in (errno.ENOSPC, errno.EDQUOT):
            return f"The disk is full: free some space, and {hub_id} downloads on from where it is."
        if isinstance(link, OSError) and (link.errno in _UNWRITABLE or _lacks_folder(link)):
            return (
                f"The hub's cache cannot be written ({link.strerror or link}): {constants.HF_HUB_CACHE} must be a "
                "folder that you may write in; HF_HOME names another."
            )
    problem = "cannot be reached"
    if any(isinstance(link, HubSilent) for link in chain):
        problem = f"sent nothing for {PATIENCE:g} seconds"
    elif status is not None:
        problem = f"answers with an error ({status})"
    elif any(isinstance(link, ValueError) or type(link).__name__ in _NO_ANSWER for link in chain):
        problem = "sends what is no answer of a hub (a proxy or a login page may stand between)"
    folder = catalog.snapshot(hub_id)
    if folder is not None:
        lacking = catalog.missing(hub_id, folder) or "a part"
        return (
            f"{hub_id} is not whole on this machine: {lacking} is missing, and the Hugging Face hub {problem}: "
            "connect once, and what is missing is downloaded."
        )
    return (
        f"{hub_id} is not on this machine and the Hugging Face hub {problem}: "
        "check the id and the network, or give a local folder."
    )


def _chain(error: BaseException) -> list[BaseException]:
    """An error and those that it came from, the newest first."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    return chain


def _status(error: BaseException) -> int | None:
    """The status of the hub's answer that an error tells of."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def _lacks_folder(error: OSError) -> bool:
    """Whether a folder on the way to the cache is missing and cannot be made."""
    path, cache = str(error.filename or ""), str(constants.HF_HUB_CACHE)
    return error.errno == errno.ENOENT and bool(path) and (cache.startswith(path) or path.startswith(cache))


def _token_is_refused(error: BaseException) -> bool:
    """Whether the hub did not take the token that was sent: without one, 401 means a private model, or none."""
    return _status(error) == HTTPStatus.UNAUTHORIZED and huggingface_hub.get_token() is not None


def describe_file(alone: HubFile) -> Description | None:
    """The same of one file of a repository that has no config.json, as its tensors tell it. Raises `ModelError`."""
    try:
        header = huggingface_hub.parse_safetensors_file_metadata(alone.repository, alone.file)
    except Exception:
        return None
    saved = summarise({name: (info.dtype, tuple(info.shape)) for name, info in header.tensors.items()}, alone.stem)
    return lit_gpt.described_by_tensors(saved.shapes, Path(alone.file)), saved


def describe(hub_id: str) -> Description | None:
    """The config.json of ``hub_id`` and its weights' shapes, from the first bytes of each of its files.

    None where the hub does not tell: the checkpoint is looked at again once it is here. Raises `ModelError`.
    """
    try:
        config = Path(huggingface_hub.hf_hub_download(hub_id, "config.json"))
        files = huggingface_hub.get_safetensors_metadata(hub_id).files_metadata.values()
    except hub.NotASafetensorsRepoError:
        raise ModelError(f"{hub_id} holds no safetensors, and pickled weights can run code: choose another.") from None
    except Exception:
        return None
    tensors = {name: (info.dtype, tuple(info.shape)) for file in files for name, info in file.tensors.items()}
    return read_json(config), summarise(tensors, hub_id)


def _tell_nobody(stage: str, done: int, total: int) -> None:
    """Progress that nobody asked for."""


def _bars(progress: Progress, present: int, total: int, asking: HubPatience) -> type[Any]:
    """A class of progress bars for the hub that draw nothing, tell ``progress`` of bytes, and ``asking`` of all that
    comes; nothing of a request that was given up."""

    class DownloadBar(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._bytes = kwargs.get("unit") == "B"
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "disable": False, "gui": False})

        def display(self, *args: Any, **kwargs: Any) -> bool:
            return True

        def update(self, n: float | None = 1) -> Any:
            result = super().update(n)
            asking.came()
            if self._bytes and not asking.gave_up:
                progress("download", min(total, present + int(self.n)), total)
            return result

    return DownloadBar
