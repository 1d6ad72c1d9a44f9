"""The catalog's entry of a checkpoint, and the memory that it needs. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

QUANTIZATIONS = ("nf4", "int8")
"""The ways to quantise weights: to 4 bits, or to 8."""
READING = 1.05
"""Peak memory while weights are read, as a multiple of their size."""
_WORKING = {"cpu": 1_000_000_000, "cuda": 1_600_000_000}
"""Bytes that a step of 512 tokens takes at most beyond the weights, of the checkpoints here, by type of device: a GPU
works on more logits at once. Before one is loaded, what it takes is reckoned from its config.json (see
`llada_tui.models.memory`)."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that this program loads. Sizes are in bytes, of the weights alone."""

    id: str
    """Its id on the Hugging Face hub."""
    name: str
    aliases: tuple[str, ...]
    family: str
    """The model_type of its config.json, or the right one where that is wrong."""
    parameters: int
    kept: int
    """Parameters that quantisation leaves in 16 bits: embedding, LM head, norms, and the routers of a mixture."""
    layers: int
    context: int
    """Longest prompt plus canvas, in tokens."""
    chat: bool
    """Whether it was trained to answer; else it continues raw text."""
    licence: str
    summary: str
    good_for: str = "questions"
    """The kind of thing that it is asked."""
    active: int = 0
    """Parameters at work for a token of a mixture of experts; 0 for all of them."""
    positions: int = 192
    """Positions that a pass runs with the settings to start from: a short prompt and its canvas, or a block alone."""
    tokens_a_pass: float = 1.0
    """Tokens that its authors write in a pass; 1 where they do not say."""

    @property
    def bf16_bytes(self) -> int:
        """Weights in bfloat16."""
        return 2 * self.parameters

    @property
    def nf4_bytes(self) -> int:
        """Weights in 4-bit nf4, with their scales."""
        return quantized_bytes(self.parameters - self.kept, self.kept, "nf4")

    @staticmethod
    def needed(weights: int, device_type: str) -> int:
        """Bytes that are needed to work with weights of so many, on ``cpu`` or on ``cuda``."""
        return int(weights * READING) + _WORKING[device_type]


class CheckpointSize(TypedDict):
    """The common numbers of checkpoints of one architecture and size."""

    family: str
    parameters: int
    kept: int
    layers: int
    context: int
    licence: str


def quantized_bytes(linear: int, other: int, quantization: str, other_size: int = 2) -> int:
    """Bytes of a model with ``linear`` parameters in quantised layers and ``other`` ones of ``other_size`` bytes.

    nf4 keeps a scale for every 64 weights, itself in 8 bits; int8 keeps one for every row.
    """
    bits = 4.127 if quantization == "nf4" else 8.01
    return int(linear * bits / 8) + other_size * other
