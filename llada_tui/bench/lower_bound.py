"""The least time that a forward pass can take on this machine: what a device can read and multiply, measured here."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

_BUFFER = 256 * 2**20
"""Bytes read to measure the bandwidth: more than any cache holds."""
_SIDE = {"cpu": 1024, "cuda": 8192}
"""Rows and columns of the matrices multiplied to measure the arithmetic."""


@dataclass(frozen=True, slots=True)
class Device:
    """The limits of a device: bytes read a second, and floating-point operations a second in the model's dtype."""

    bandwidth: float
    flops: float


@dataclass(frozen=True, slots=True)
class Work:
    """The work of a network's passes. ``bytes``: the weights that every pass reads, the LM head's included.

    ``flops`` are of one position through all layers, ``attention`` of one position for each position it attends to,
    ``head`` of one row of logits.
    """

    bytes: int
    flops: int
    attention: int
    head: int

    def seconds(self, device: Device, positions: int, keys: int, rows: int) -> float:
        """The floor of one pass: ``positions`` run, each attends to ``keys``, ``rows`` of logits. The weights have to
        be read and the numbers multiplied; a device that does both at once needs the longer of the two."""
        flops = positions * (self.flops + keys * self.attention) + rows * self.head
        return max(self.bytes / device.bandwidth, flops / device.flops)


def work(network: Any) -> Work:
    """The work of a pass of a transformers causal LM. Of a mixture of experts all weights are read, as a canvas of many
    tokens asks for all of them, and those of the experts asked are multiplied."""
    config = network.config
    head = network.lm_head.weight
    embedded = network.get_input_embeddings().weight
    read = flops = 0
    for name, weight in network.named_parameters():
        if weight is embedded or weight is head or weight.dim() < 2:
            continue
        read += weight.numel() * weight.element_size()
        count = weight.numel() * (2 if weight.dtype == torch.uint8 else 1)  # nf4 keeps two numbers in a byte
        if ".experts." in name and getattr(config, "num_experts_per_tok", None):
            experts = getattr(config, "num_experts", None) or getattr(config, "n_routed_experts", None) or 1
            count = count * config.num_experts_per_tok // experts
        flops += 2 * count
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return Work(
        bytes=read + head.numel() * head.element_size(),
        flops=flops,
        attention=4 * config.num_attention_heads * size * config.num_hidden_layers,
        head=2 * head.numel(),
    )


def measure(device: torch.device, dtype: torch.dtype) -> Device:
    """Measures a device in about a second, on the threads that torch has."""
    buffer = torch.ones(_BUFFER // 4, device=device)
    side = _SIDE.get(device.type, 2048)
    left, right = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    return Device(_BUFFER / timed(buffer.sum, device), 2 * side**3 / timed(lambda: left @ right, device))


def timed(call: Callable[[], object], device: torch.device, rounds: int = 7) -> float:
    """Seconds that a call takes on a device, the device's own work included: the median after one round to warm up."""
    seconds = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        call()
        wait(device)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:])


def wait(device: torch.device) -> None:
    """Returns when a device has done all it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
