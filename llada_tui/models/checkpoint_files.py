"""The files of a checkpoint, which are anybody's: plain files of a bounded size, and JSON of a bounded depth."""

from __future__ import annotations

import codecs
import errno
import json
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from llada_tui.models.errors import ModelError
from llada_tui.paths import read_plain

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
TOKENIZER = "tokenizer.json"
TOKENIZER_PARTS = ("vocab.json", "merges.txt")
"""The files that stand in for tokenizer.json, as Qwen has them."""
TOKENIZER_CONFIG = "tokenizer_config.json"
TEMPLATE = "chat_template.jinja"
"""The file of a chat template; older checkpoints have it in tokenizer_config.json."""

MAX_DEPTH = 64
"""Lists and objects within one another in a JSON file; published checkpoints have about 10."""
_MEGABYTE = 1 << 20
_MAX_BYTES = {TOKENIZER: 256 * _MEGABYTE, "vocab.json": 64 * _MEGABYTE, "merges.txt": 64 * _MEGABYTE}
_MAX_OTHER = 32 * _MEGABYTE
"""Bytes of any other file that is read whole; the largest published index of shards has 10 MB."""
READ_WHOLE = (
    "config.json", "generation_config.json", "adapter_config.json", INDEX, TOKENIZER, *TOKENIZER_PARTS,
    "tokenizer_config.json", "tokenizer.*.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja",
    "additional_chat_templates/*.jinja", "tekken.json", "tiktoken.model", "tokenizer.model*",
)  # fmt: skip
"""Patterns of the files that transformers may read beside the weights; what else lies there is nobody's business."""
_TEXTS = (".json", ".jinja", ".txt")
_DEEPEST_HEADER = 8
"""Lists and objects within one another in a safetensors header; a whole one has 3."""


def _files_within(folder: Path) -> list[Path]:
    """The files of a folder where libraries look, in order."""
    return sorted([*folder.glob("*"), *folder.glob("additional_chat_templates/*")])


def _is_read_whole(path: Path, folder: Path) -> bool:
    name = path.relative_to(folder).as_posix()
    return any(fnmatchcase(name, pattern) for pattern in READ_WHOLE) and not path.is_dir()


def check_files(folder: Path) -> None:
    """Raises `ModelError` unless the files that libraries may read in ``folder`` are plain files of bounded size.

    A pipe would never end, nor would a link to a device; both are refused before they are opened.
    """
    for path in _files_within(folder):
        if _is_read_whole(path, folder):
            _check_plain(path, _limit(path))
        elif path == folder / SINGLE:  # shards, which the index names, when their headers are read
            _check_plain(path, None)


@contextmanager
def without_marks(folder: Path, weights: Path | None = None) -> Iterator[Path]:
    """``folder``, whose files are checked. Where a text in it begins with a byte order mark, which libraries refuse, or
    its ``weights`` have an unusual name, it is a folder for this while: with copies of such texts without the mark, and
    links to the other files, under the names that libraries know."""
    paths = [path for path in _files_within(folder) if not path.is_dir()]
    marked = {path for path in paths if _is_read_whole(path, folder) and _begins_with_mark(path)}
    if not marked and (weights is None or weights.name == SINGLE):
        yield folder
        return
    with tempfile.TemporaryDirectory() as name:
        for path in paths:
            copy = Path(name, SINGLE if path == weights else path.relative_to(folder))
            copy.parent.mkdir(exist_ok=True)
            if path in marked:
                copy.write_bytes(_read(path, _limit(path)).removeprefix(codecs.BOM_UTF8))
            else:
                copy.symlink_to(path.absolute())
        if not (folder / "config.json").exists():
            Path(name, "config.json").write_text("{}")  # they ask for one, though they are given another
        yield Path(name)


def _begins_with_mark(path: Path) -> bool:
    if path.suffix not in _TEXTS or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file of a checkpoint. Raises `ModelError`."""
    try:
        data = _read(path, _limit(path))
        content = json.loads(data)
    except FileNotFoundError:
        raise ModelError(
            f"{path.parent} holds no {path.name}, so it is no checkpoint: give the folder that has it."
        ) from None
    except RecursionError:
        raise ModelError(_too_deep(path, _deep_field(data, MAX_DEPTH))) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}): download the checkpoint again.") from None
    if not isinstance(content, dict):
        raise ModelError(f"{path} holds no settings: download the checkpoint again.")
    for field, value in content.items():
        if _depth(value) >= MAX_DEPTH:
            raise ModelError(_too_deep(path, field))
    return content


def check_header(path: Path) -> None:
    """Raises `ModelError` for a safetensors file whose header is nested: libraries would read it by recursion."""
    _check_plain(path, None)
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size:
            raise ModelError(f"{path} is cut short or damaged: delete it and download it again.")
        header = file.read(min(length, 100 * _MEGABYTE))
    try:
        content = json.loads(header)
    except RecursionError:
        raise ModelError(_too_deep(path, _deep_field(header, _DEEPEST_HEADER), "header")) from None
    except ValueError:
        raise ModelError(f"{path} is cut short or damaged: delete it and download it again.") from None
    for field, value in content.items() if isinstance(content, dict) else ():
        if _depth(value, _DEEPEST_HEADER) >= _DEEPEST_HEADER:
            raise ModelError(_too_deep(path, field, "header"))


def missing(folder: Path) -> str | None:
    """The name of a file without which the checkpoint in ``folder`` is not whole, or None."""
    if not (folder / "config.json").is_file():
        return "config.json"
    try:
        index = read_json(folder / INDEX).get("weight_map") if (folder / INDEX).is_file() else {"": SINGLE}
        shards = sorted({str(shard) for shard in index.values()}) if isinstance(index, dict) else [INDEX]
    except ModelError:
        return INDEX
    for shard in shards:
        if not (folder / shard).is_file():
            return shard
    if (folder / TOKENIZER).is_file():
        return None
    parts = [(folder / name).is_file() for name in TOKENIZER_PARTS]
    return None if all(parts) else TOKENIZER_PARTS[parts.index(False)] if any(parts) else TOKENIZER


def brings_template(folder: Path) -> bool:
    """Whether there is a chat template in ``folder``. Raises `ModelError`."""
    settings = folder / TOKENIZER_CONFIG
    return (folder / TEMPLATE).is_file() or (settings.is_file() and bool(read_json(settings).get("chat_template")))


def _limit(path: Path) -> int:
    return _MAX_BYTES.get(path.name, _MAX_OTHER)


def _check_plain(path: Path, limit: int | None) -> None:
    """Raises `ModelError` for what is no plain file, or has more than ``limit`` bytes."""
    try:
        status = path.stat()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP) and path.is_symlink():
            raise ModelError(f"{path} is a link that leads nowhere: download the checkpoint again.") from None
        raise ModelError(f"{path} cannot be read ({error.strerror}): check who may read it.") from None
    if not stat.S_ISREG(status.st_mode):
        raise ModelError(f"{path} is no plain file, so it is not read: download the checkpoint again.")
    if limit is not None and status.st_size > limit:
        raise ModelError(
            f"{path} has {status.st_size:,} bytes, and no checkpoint's has more than {limit:,}: download it again."
        )


def _read(path: Path, limit: int) -> bytes:
    """All of a plain file. Raises `OSError`, and `ModelError` for another kind of file or a longer one."""
    try:
        return read_plain(path, limit)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.EFBIG):
            _check_plain(path, limit)
        raise


def _depth(value: object, limit: int = MAX_DEPTH) -> int:
    """Lists and objects within one another, counted up to ``limit``, without recursion."""
    level: list[object] = [value]
    for depth in range(limit):
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict | list):
                inner.extend(item.values() if isinstance(item, dict) else item)
        if not any(isinstance(item, dict | list) for item in level):
            return depth
        level = inner
    return limit


def _deep_field(data: bytes, limit: int) -> str:
    """The field of a JSON object in which lists and objects are deeper than ``limit``."""
    depth, field, begin, in_text, escaped = 0, "", 0, False, False
    for at, byte in enumerate(data):
        if in_text:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_text = False
                if depth == 1 and data[at + 1 : at + 20].lstrip().startswith(b":"):
                    field = data[begin:at].decode("utf-8", "replace")
        elif byte == 0x22:
            in_text, begin = True, at + 1
        elif byte in b"[{":
            depth += 1
            if depth > limit:
                return field
        elif byte in b"]}":
            depth -= 1
    return field


def _too_deep(path: Path, field: str, part: str = "") -> str:
    where = f"the field {field[:60]!r}" if field else "it"
    return f"{path} is nested too deep in {where}{f' of its {part}' if part else ''}: download the checkpoint again."
