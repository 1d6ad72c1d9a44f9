"""Loads a checkpoint: where it lies, what it is, whether it fits, then its weights. Never code, never pickle."""

from __future__ import annotations

import gc
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers.utils import logging as transformers_logging
from transformers.utils.quantization_config import BitsAndBytesConfig

from llada_tui.models import architectures, catalog, devices, download, memory, weights
from llada_tui.models.architectures import Architecture
from llada_tui.models.errors import ModelError
from llada_tui.models.model import LoadedModel, memory_guard
from llada_tui.models.special import special_ids
from llada_tui.models.tokenizer import load_tokenizer
from llada_tui.trace.events import ModelInfo

Progress = download.Progress


def load(
    source: str | Path,
    *,
    dtype: str = "auto",
    device: str = "auto",
    quantization: str | None = None,
    mask_id: int | None = None,
    eos_id: int | None = None,
    eot_id: int | None = None,
    progress: Progress | None = None,
) -> LoadedModel:
    """The checkpoint ``source``: ``demo``, a known checkpoint's short name, a folder, or an id of the hub.

    ``dtype``: auto, float32, bfloat16 or float16. ``device``: auto (cuda, then mps, then cpu; a model too large for
    one GPU is spread over all), cpu, cuda, cuda:1 or mps. ``quantization``: None, nf4 or int8. The ids are the
    checkpoint's own unless given. ``progress`` is called while downloading and loading. Raises `ModelError`.
    """
    if quantization not in (None, "nf4", "int8"):
        raise ModelError(f"There is no quantization {quantization!r}: give nf4 or int8, or none.")
    if quantization is not None and find_spec("bitsandbytes") is None:
        raise ModelError("Quantization needs bitsandbytes: install it with `pip install bitsandbytes`.")
    place = devices.pick_device(device)
    folder = download.find(source, progress)
    architecture, config = read_config(folder)
    found = weights.inspect(folder)
    if architecture.experts:
        weights.check_experts(found, config.num_local_experts, folder)
    tokenizer = load_tokenizer(folder)
    ids = special_ids(config, tokenizer, mask_id=mask_id, eos_id=eos_id, eot_id=eot_id)

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    room = memory.free(place)
    kind = devices.pick_dtype(dtype, found.dtype, place, found.parameters, room)
    need = memory.needed(found, kind, quantization)
    device_map: str | dict[str, torch.device] = {"": place}
    if (
        device in ("auto", "cuda")
        and place.type == "cuda"
        and torch.cuda.device_count() > 1
        and not memory.fits(need, room)
    ):
        room = sum(memory.free(torch.device("cuda", number)) for number in range(torch.cuda.device_count()))
        device_map = "auto"
    memory.check(need, room, place, quantization)
    devices.set_threads(found.parameters, place)

    network = _read_weights(folder, architecture, config, kind, device_map, quantization, progress)
    known = catalog.find(str(source))
    info = ModelInfo(
        id=known.id if known else str(source),
        family=config.model_type,
        dtype=str(kind).removeprefix("torch."),
        device=str(place) if isinstance(device_map, dict) else "cuda",
        mask_id=ids.mask,
        eos_id=ids.eos,
        eot_id=ids.eot,
        quantization=quantization,
        parameters=found.parameters,
        context=min(config.max_position_embeddings, known.context) if known else config.max_position_embeddings,
        chat=tokenizer is not None and tokenizer.has_template and (known is None or known.chat),
        vocab_size=config.vocab_size,
        demo=str(source) == catalog.DEMO,
    )
    return LoadedModel(network, tokenizer, info)


def read_config(folder: Path) -> tuple[Architecture, Any]:
    """What kind of model lies in ``folder``, and its configuration. Raises `ModelError` for one that nobody knows."""
    given = weights.read_json(folder / "config.json")
    architecture = architectures.find(given, folder)
    try:
        return architecture, architecture.config.from_dict({**given, "model_type": architecture.config.model_type})
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"{folder / 'config.json'} describes no model that can be built: {_one_line(error)}."
        ) from error


def _read_weights(
    folder: Path,
    architecture: Architecture,
    config: Any,
    dtype: torch.dtype,
    device_map: str | dict[str, torch.device],
    quantization: str | None,
    progress: Progress | None,
) -> Any:
    if quantization is not None:
        # It says at every call of every layer that it casts to float16.
        logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    options = (
        {}
        if quantization is None
        else {"quantization_config": _quantization(quantization, architecture, config, dtype)}
    )
    blank = ModelInfo(id="", family="", dtype="", device=str(device_map), mask_id=0, quantization=quantization)
    try:
        with _quietly(progress), memory_guard(blank):
            network, report = architecture.network.from_pretrained(
                folder,
                config=config,
                dtype=dtype,
                device_map=device_map,
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,
                **options,
            )
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"The weights in {folder} cannot be loaded: {_one_line(error)}.") from error
    _check_report(folder, report)
    network.requires_grad_(False)
    return network.eval()


def _check_report(folder: Path, report: dict[str, Any]) -> None:
    """Raises `ModelError` unless the weights are exactly what config.json describes."""
    faults = {
        "lack": report["missing_keys"],
        "have in another shape": [key for key, *_ in report["mismatched_keys"]],
        "have too much by": [key for key in report["unexpected_keys"] if re.search(r"\.(blocks|layers)\.\d+\.", key)],
    }
    for fault, keys in faults.items():
        if keys:
            raise ModelError(
                f"The weights in {folder} do not fit its config.json: they {fault} {len(keys)} tensors "
                f"({min(keys)} among them); download the checkpoint again."
            )


def _quantization(name: str, architecture: Architecture, config: Any, dtype: torch.dtype) -> BitsAndBytesConfig:
    if name == "int8":
        return BitsAndBytesConfig(load_in_8bit=True)
    # bitsandbytes packs nf4 for the CPU in tiles of 32 x 64; layers of other sizes stay as they are.
    odd = [layer for layer, (rows, columns) in architecture.covered(config).items() if rows % 32 or columns % 64]
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
        llm_int8_skip_modules=["lm_head", *odd],
    )


@contextmanager
def _quietly(progress: Progress | None) -> Iterator[None]:
    """Tells ``progress`` of the tensors that transformers loads, and keeps its bars and tables off the terminal."""

    def hook(factory: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if progress is not None and args and hasattr(args[0], "__len__"):
            return _told(args[0], progress)
        return factory(*args, **{**options, "disable": True})

    before = transformers_logging.set_tqdm_hook(hook)
    verbosity = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        transformers_logging.set_tqdm_hook(before)


def _told(items: Any, progress: Progress) -> Iterator[Any]:
    total = len(items)
    progress("load", 0, total)
    for done, item in enumerate(items, 1):
        yield item
        progress("load", done, total)


def _one_line(error: Exception) -> str:
    """What an error says, as the end of a sentence."""
    return " ".join(str(error).split())[:300].rstrip(". ") or type(error).__name__
