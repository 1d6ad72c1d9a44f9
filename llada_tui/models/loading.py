"""Loads a checkpoint: where it lies, what it is, whether it fits, then its weights. Never code, never pickle."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from transformers.utils import logging as transformers_logging

from llada_tui.models import catalog, checkpoint_files, devices, download, families, lit_gpt, memory, quantize, weights
from llada_tui.models import compiled_steps as compiled
from llada_tui.models import packed_linear as packed
from llada_tui.models.architecture import Architecture
from llada_tui.models.config_checks import noises_of
from llada_tui.models.config_words import unbuildable
from llada_tui.models.errors import ModelError, one_line
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.memory_guard import memory_guard
from llada_tui.models.seeing import SeeingNetwork
from llada_tui.models.special_ids import id_count
from llada_tui.models.special_ids import special_ids as special_ids_of
from llada_tui.models.text_process import PROCESS
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
    special_ids: Mapping[str, int] | None = None,
    canvas: int = 0,
    force: bool = False,
    compile: bool = False,
    progress: Progress | None = None,
    look: download.Look | None = None,
) -> LoadedModel:
    """The checkpoint ``source``: ``demo``, a known checkpoint's short name, a folder, or an id of the hub.

    ``dtype``: auto, float32, bfloat16 or float16. ``device``: auto (cuda, then mps, then cpu; a model too large for one
    GPU is spread over all), cpu, cuda, cuda:1 or mps. ``quantization``: None, nf4 or int8. The ids are the checkpoint's
    own unless given; ``special_ids`` gives them by name (see `llada_tui.models.special_ids`). ``progress`` is called
    while downloading and loading; ``look`` before either, with config.json and the weights' shapes. Raises
    `ModelError`, among them, before anything is downloaded or loaded, `DoesNotFit` where there is too little memory for
    the model with ``canvas`` tokens at work (at least `memory.CANVAS`); ``force`` goes on all the same. ``compile`` has
    steps with a dual cache compiled when they are first wanted, which ``progress`` is told as well, with the stage
    compile; see `llada_tui.models.compiled_steps`.
    """
    quantize.check(quantization)
    place = devices.pick_device(device)
    checkpoint = catalog.find(str(source))
    name = checkpoint.id if checkpoint else str(source)

    def fit(config_json: dict[str, Any], saved: weights.Weights) -> memory.LoadPlan:
        if look is not None:
            look(config_json, saved)
        architecture, config = _configuration(config_json, name)
        with quietly(None):
            architecture.check_weights(config_json, config, saved, name)
        return memory.plan(
            name,
            config,
            saved,
            place,
            dtype=dtype,
            quantization=saved.quantization or quantization,
            spread=device in ("auto", "cuda"),
            canvas=max(canvas, memory.CANVAS),
            force=force,
        )

    folder = download.find(source, progress, fit)
    checkpoint_files.check_files(folder)
    PROCESS.start()
    config_json, saved = described(folder)
    architecture, config = _configuration(config_json, folder)
    if saved is None:
        saved = weights.inspect(folder)
    quantization = quantize.settle(quantization, saved.quantization, config_json, folder)
    if architecture.experts:
        weights.check_experts(saved, config.num_local_experts, folder)
    tokenizer = load_tokenizer(folder)
    ids_by_name = {"mask": mask_id, "eos": eos_id, "eot": eot_id, **(special_ids or {})}
    generation = folder / "generation_config.json"
    stops = checkpoint_files.read_json(generation).get("eos_token_id") if generation.is_file() else None
    ids = special_ids_of(config, tokenizer, ids_by_name, architecture.bans, stops, folder)

    if compile:
        size = getattr(config, "block_size", None) or 0
        compiled.check(architecture.experts, quantization, size, architecture.network.keeps_keys_and_values)
    plan = fit(config_json, saved)
    devices.set_threads(saved.parameters, place)

    network = _read_weights(folder, architecture, config, plan, quantization, progress)
    if not compile:
        packed.arrange(network, network.lm_head)
    info = ModelInfo(
        id=name,
        family=config.model_type,
        dtype=str(plan.dtype).removeprefix("torch."),
        device=str(place) if isinstance(plan.device_map, dict) else "cuda",
        mask_id=ids.mask,
        eos_id=ids.eos,
        eot_id=ids.eot,
        quantization=quantization,
        parameters=saved.parameters,
        context=min(config.max_position_embeddings, checkpoint.context)
        if checkpoint
        else config.max_position_embeddings,
        chat=tokenizer is not None and tokenizer.has_template and (checkpoint is None or checkpoint.chat),
        vocab_size=id_count(config),
        demo=str(source) == catalog.DEMO,
        block_size=network.block_size,
        blocks_from_canvas=network.blocks_from_canvas and bool(network.block_size),
        blocks_as_set=network.blocks_as_set and bool(network.block_size),
        first_alone=network.first_alone,
        end_text=network.end_text,
        earlier_rounds=int(config_json.get("earlier_rounds", 0)),
        banned_ids=list(ids.banned),
        sees=isinstance(network, SeeingNetwork),
        noises=noises_of(config_json, folder),
    )
    return LoadedModel(network, tokenizer, info, compiled.Compiled(network, progress) if compile else None)


def described(folder: Path) -> tuple[dict[str, Any], weights.Weights | None]:
    """The configuration of config.json, or of the tensors where there is none; and the weights, where they had to be
    looked at."""
    if (folder / "config.json").is_file() or weights.only_file(folder) is None:
        return checkpoint_files.read_json(folder / "config.json"), None
    saved = weights.inspect(folder)
    return lit_gpt.described_by_tensors(saved.shapes, folder), saved


def _configuration(config_json: dict[str, Any], source: object) -> tuple[Architecture, Any]:
    architecture = families.find(config_json, source)
    configure = partial(architecture.configure, source=source)
    with quietly(None):
        try:
            return architecture, configure(config_json)
        except ModelError:
            raise
        except Exception as error:
            raise unbuildable(error, config_json, architecture.names, source, configure) from error


def _read_weights(
    folder: Path,
    architecture: Architecture,
    config: Any,
    plan: memory.LoadPlan,
    quantization: str | None,
    progress: Progress | None,
) -> Any:
    options = quantize.options(quantization, architecture, config, plan.dtype)
    blank = ModelInfo(id="", family="", dtype="", device=str(plan.device), mask_id=0, quantization=quantization)
    try:
        with (
            quietly(progress),
            memory_guard(blank),
            checkpoint_files.without_marks(folder, weights.only_file(folder)) as plain,
        ):
            kind = architecture.network if quantization is None else architecture.quantizable
            network, report = kind.from_pretrained(
                plain,
                config=config,
                dtype=plan.dtype,
                device_map=plan.device_map,
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
        raise ModelError(f"The weights in {folder} cannot be loaded: {one_line(error)}.") from error
    _check_report(folder, report)
    if config.tie_word_embeddings:
        # Files may hold another LM head all the same: the published code reads the embedding.
        network.get_output_embeddings().weight = network.get_input_embeddings().weight
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


@contextmanager
def quietly(progress: Progress | None, stage: str = "load") -> Iterator[None]:
    """Tells ``progress`` how far transformers is with a stage, and keeps its bars and tables off the terminal."""

    def hook(factory: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        if progress is not None and args and hasattr(args[0], "__len__"):
            return _reported(args[0], progress, stage)
        return factory(*args, **{**options, "disable": True})

    before = transformers_logging.set_tqdm_hook(hook)
    verbosity = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        transformers_logging.set_tqdm_hook(before)


def _reported(items: Any, progress: Progress, stage: str) -> Iterator[Any]:
    total = len(items)
    progress(stage, 0, total)
    for done, item in enumerate(items, 1):
        yield item
        progress(stage, done, total)
