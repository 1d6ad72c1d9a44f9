"""The known checkpoints: what they are called, what they are, and the memory they need. Loads no torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

DEMO = "demo"
DEMO_FOLDER = Path(__file__).parent / "demo"
"""The checkpoint that ships with the package."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that this program loads. Sizes are in bytes, of the weights alone."""

    id: str
    """Its id on the Hugging Face hub, or ``demo``."""
    name: str
    aliases: tuple[str, ...]
    family: str
    parameters: int
    embedding: int
    """Parameters of the embedding and the LM head, which quantisation leaves in 16 bits."""
    layers: int
    context: int
    """Longest prompt plus canvas, in tokens."""
    chat: bool
    summary: str

    @property
    def bf16_bytes(self) -> int:
        """Weights in bfloat16."""
        return 2 * self.parameters

    @property
    def nf4_bytes(self) -> int:
        """Weights in 4-bit nf4, with their scales."""
        return quantized_bytes(self.parameters - self.embedding, self.embedding, "nf4")


_8B = {"family": "llada", "parameters": 8_015_581_184, "embedding": 1_035_993_088, "layers": 32, "context": 4096}

CHECKPOINTS: tuple[Checkpoint, ...] = (
    Checkpoint(
        id="GSAI-ML/LLaDA-8B-Instruct",
        name="LLaDA 8B Instruct",
        aliases=("8b", "8b-instruct", "instruct"),
        chat=True,
        summary="Answers in a conversation; the model of the LLaDA paper.",
        **_8B,  # type: ignore[arg-type]
    ),
    Checkpoint(
        id="GSAI-ML/LLaDA-8B-Base",
        name="LLaDA 8B Base",
        aliases=("8b-base", "base"),
        chat=False,
        summary="Continues raw text; not trained to chat.",
        **_8B,  # type: ignore[arg-type]
    ),
    Checkpoint(
        id="GSAI-ML/LLaDA-1.5",
        name="LLaDA 1.5",
        aliases=("1.5", "8b-1.5"),
        chat=True,
        summary="The 8B Instruct model, aligned further by preference optimisation (VRPO).",
        **_8B,  # type: ignore[arg-type]
    ),
)
"""What can be loaded from the hub by a short name. Other checkpoints of the same kind load by their id or folder."""


def find(source: str) -> Checkpoint | None:
    """The known checkpoint with this hub id or alias, in any case; None when it is not known."""
    wanted = source.lower()
    return next((known for known in CHECKPOINTS if wanted in (known.id.lower(), *known.aliases)), None)


def quantized_bytes(linear: int, other: int, quantization: str, other_size: int = 2) -> int:
    """Bytes of a model with ``linear`` parameters in quantised layers and ``other`` ones of ``other_size`` bytes.

    nf4 keeps a scale for every 64 weights, itself in 8 bits; int8 keeps one for every row.
    """
    bits = 4.127 if quantization == "nf4" else 8.01
    return int(linear * bits / 8) + other_size * other


def cached(hub_id: str) -> Path | None:
    """The folder in the hub's cache where this checkpoint lies complete, or None. Uses no network."""
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(hub_id, "config.json")
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    index = folder / "model.safetensors.index.json"
    try:
        shards = set(json.loads(index.read_text())["weight_map"].values()) if index.exists() else {"model.safetensors"}
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    return folder if all((folder / shard).exists() for shard in shards) else None
