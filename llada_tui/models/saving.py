"""Quantised copies on the disk: quantised once, then loaded in seconds, the same numbers to the last bit."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from llada_tui.models import catalog, download, loading, quantize, weights
from llada_tui.models.checkpoint_files import read_json
from llada_tui.models.errors import ModelError
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.paths import typed_path
from llada_tui.units import size_words
from llada_tui.version import __version__

_SHARD = "2GB"
_KEPT = ("tokenizer*.json", "*token*.json", "*.jinja", "LICENSE*", "generation_config.json")


def default_folder(source: str, quantization: str) -> Path:
    """The folder of a quantised copy if none is named: here, by the checkpoint's own name."""
    checkpoint = catalog.find(source)
    return Path(f"{typed_path(checkpoint.id if checkpoint else source).resolve().name}-{quantization}")


def save_quantized(
    source: str,
    quantization: str,
    folder: Path,
    *,
    device: str = "auto",
    force: bool = False,
    progress: download.Progress | None = None,
) -> Path:
    """Loads ``source``, quantised to nf4 or int8, and writes it to ``folder``, which appears once it is whole.

    What loads from there is equal bit for bit to what was written. ``progress`` is that of `loading.load`, with
    "save" (files) after "load". Raises `ModelError`.
    """
    quantize.check(quantization)
    if folder.exists():
        raise ModelError(f"{folder} exists already: name another folder with --out, or delete it.")

    def look(_: dict[str, Any], saved: weights.Weights) -> None:
        if saved.quantization is not None:
            raise ModelError(f"{source} is quantised already, to {saved.quantization}: take the original.")
        _check_disk(folder, catalog.quantized_bytes(saved.linear, saved.parameters - saved.linear, quantization))

    model = loading.load(
        source,
        device=device,
        quantization=quantization,
        mask_id=0,  # any will do: the copy has its own configuration
        force=force,
        progress=progress,
        look=look,
    )
    network: Any = model.network
    origin = download.find(source)
    with _appearing(folder) as part:
        with loading.quietly(progress, "save"):
            # The hub's layout joins matrices in some families, which quantised ones cannot be.
            network.save_pretrained(part, max_shard_size=_SHARD, save_original_format=False)
        _describe(model, source, quantization, origin, part)
    return folder


def _check_disk(folder: Path, need: int) -> None:
    """Raises `ModelError` unless there is room for ``need`` bytes where ``folder`` is to be."""
    place = next(parent for parent in folder.absolute().parents if parent.is_dir())
    free = shutil.disk_usage(place).free
    if need > free:
        raise ModelError(
            f"The copy takes {size_words(need)} and {size_words(free)} are free on the disk of {place}: "
            "free some space, or name a folder on another disk with --out."
        )


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A folder to write to that takes its name when all is well, and is gone when it is not."""
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
        yield part
        part.rename(folder)
    except OSError as error:
        raise ModelError(
            f"{folder} cannot be written ({error.strerror or error}): choose another with --out."
        ) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _describe(model: LoadedModel, source: str, quantization: str, origin: Path, part: Path) -> None:
    """Puts the checkpoint's own configuration and tokenizer beside the weights, with a word on where they are from."""
    written: dict[str, Any] = read_json(part / "config.json")
    config_json, _ = loading.described(origin)
    config_json.pop("torch_dtype", None)
    if model.network.blocks_as_set:  # where the original's name alone says it, the copy's own has to
        config_json["block_size"] = model.network.block_size
    config_json |= {"dtype": model.info.dtype, "quantization_config": written["quantization_config"]}
    (part / "config.json").write_text(json.dumps(config_json, indent=2) + "\n")
    for file in {file for pattern in _KEPT for file in origin.glob(pattern)}:
        shutil.copyfile(file, part / file.name)
    if not model.info.chat:
        _take_template_out(part)
    checkpoint = catalog.find(source)
    name = checkpoint.id if checkpoint else origin.name
    (part / "README.md").write_text(
        f"---\n{f'base_model: {name}' if checkpoint else 'library_name: llada-tui'}\n---\n\n"
        f"{name}, quantised to {quantization} by llada-tui {__version__} with bitsandbytes {version('bitsandbytes')}. "
        "Its license is the original's.\n"
    )


def _take_template_out(folder: Path) -> None:
    """A model that was not trained to chat would be taken for one that was."""
    for file in folder.glob("*.jinja"):
        file.unlink()
    settings = folder / "tokenizer_config.json"
    if settings.is_file():
        config = read_json(settings)
        config.pop("chat_template", None)
        settings.write_text(json.dumps(config, indent=2) + "\n")
