"""The memory that a model takes and the memory there is, compared before anything is downloaded or loaded."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from llada_tui.diffusion.logit_budget import COPIES, POSITIONS, at_work
from llada_tui.models import devices, machine
from llada_tui.models.catalog import READING, quantized_bytes
from llada_tui.models.errors import DoesNotFit
from llada_tui.models.weights import Weights
from llada_tui.units import size_words

CANVAS = POSITIONS
"""Tokens, prompt and canvas together, that a model is to have room for where nobody says how many."""
_SIZES = {torch.float32: 4, torch.bfloat16: 2, torch.float16: 2}


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """The devices and the dtype for loading a checkpoint. ``device_map`` is transformers'; ``need`` is in bytes."""

    device: torch.device
    device_map: str | dict[str, torch.device]
    dtype: torch.dtype
    need: int


def plan(
    name: str,
    config: Any,
    weights: Weights,
    device: torch.device,
    *,
    dtype: str = "auto",
    quantization: str | None = None,
    spread: bool = False,
    canvas: int = CANVAS,
    force: bool = False,
) -> LoadPlan:
    """The plan of loading the checkpoint ``name`` onto ``device``, or onto all CUDA devices if it may be ``spread`` and
    needs it.

    ``canvas``: tokens of a prompt and its canvas together. Raises `DoesNotFit`, unless ``force``, with the nearest
    choice that does fit; `ModelError` for a dtype that there is not.
    """
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    room = free(device)
    kind = devices.pick_dtype(dtype, weights.dtype, device, None if quantization else weights.parameters, room)

    def takes(dtype: torch.dtype, quantization: str | None, place: str) -> int:
        return needed(weights, config, dtype, quantization, canvas, place)

    need = takes(kind, quantization, device.type)
    device_map: str | dict[str, torch.device] = {"": device}
    if spread and device.type == "cuda" and torch.cuda.device_count() > 1 and need > room:
        room = sum(free(torch.device("cuda", number)) for number in range(torch.cuda.device_count()))
        device_map = "auto"
    if need > room and not force:
        smaller = () if weights.quantization else ("int8", "nf4")
        raise DoesNotFit(_refusal(name, device, room, takes, kind, quantization, smaller))
    return LoadPlan(device, device_map, kind, need)


def needed(
    weights: Weights, config: Any, dtype: torch.dtype, quantization: str | None, canvas: int, device_type: str = "cpu"
) -> int:
    """Bytes that a model of these weights takes, with a canvas of so many tokens at work."""
    size = _SIZES[dtype]
    if quantization is None:
        held = weights.parameters * size
    else:
        held = quantized_bytes(weights.linear, weights.parameters - weights.linear, quantization, size)
    return int(held * READING) + working(config, size, canvas, device_type)


def working(config: Any, size: int, canvas: int, device_type: str = "cpu") -> int:
    """Bytes beyond the weights in a step: keys and values, one layer's activations, and the logits of every token. A
    model that sees has room for a picture as well.

    ``config``: transformers'. ``size``: bytes of a number.
    """
    heads: int = config.num_attention_heads
    head: int = getattr(config, "head_dim", None) or config.hidden_size // heads
    keys = 2 * config.num_hidden_layers * (getattr(config, "num_key_value_heads", None) or heads) * head
    layer: int = 8 * config.hidden_size + 3 * config.intermediate_size
    logits: int = canvas * config.vocab_size
    pictures: int = getattr(config, "picture_tokens", 0)  # of these no logits are asked
    beyond: int = (
        (canvas + pictures) * (keys + layer) * size
        + logits * (size + 4)
        + 4 * COPIES * min(logits, at_work(device_type))
    )
    return beyond


def free(device: torch.device) -> int:
    """Bytes free on ``device``; on the CPU no more than the container that we run in may still take."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return machine.main_memory().free


def _refusal(
    name: str,
    device: torch.device,
    room: int,
    takes: Callable[[torch.dtype, str | None, str], int],
    dtype: torch.dtype,
    quantization: str | None,
    smaller: tuple[str, ...],
) -> str:
    """That a model does not fit, and the nearest choice that does. ``takes`` gives the bytes that a dtype and a
    quantization need on a type of device."""
    half, kind = torch.bfloat16, device.type
    need = takes(dtype, quantization, kind)
    here, words = f"--quantization {quantization} " if quantization else "", str(dtype).removeprefix("torch.")
    choices: list[tuple[str, torch.dtype, str | None, str, int]] = []
    if quantization is None and _SIZES[dtype] > 2:
        choices += [("--dtype bfloat16", half, None, kind, room)]
    choices += [(f"--quantization {less}", dtype, less, kind, room) for less in smaller]
    if device.type != "cpu":
        beside = free(torch.device("cpu"))
        choices += [(f"{here}--device cpu", half, quantization, "cpu", beside)]
        choices += [("--quantization nf4 --device cpu", half, less, "cpu", beside) for less in smaller[-1:]]
    where = "on this machine" if device.type == "cpu" else f"on {device}"
    begin = f"{name} needs {size_words(need)} in {quantization or words}, and {size_words(room)} are free {where}"
    for option, smaller_dtype, less, place, there in choices:
        least = takes(smaller_dtype, less, place)
        if least <= there and (least < need or there != room):
            return f"{begin}: try {option} ({size_words(least)}), or --force."
    return f"{begin}: use a smaller model, such as demo, or close what else uses the memory (--force tries anyway)."
