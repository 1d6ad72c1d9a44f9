"""The known checkpoints: what they are called, what they are, and the memory they need. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

DEMO = "demo"
DEMO_FOLDER = Path(__file__).parent / "demo"
"""The checkpoint that ships with the package."""
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
    summary: str

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


class _Size(TypedDict):
    family: str
    parameters: int
    kept: int
    layers: int
    context: int


_8B: _Size = {
    "family": "llada",
    "parameters": 8_015_581_184,
    "kept": 1_036_259_328,
    "layers": 32,
    "context": 4096,
}
_ILLADA: _Size = {
    "family": "illada",
    "parameters": 7_615_025_152,
    "kept": 635_703_296,
    "layers": 32,
    "context": 8192,
}
_MOE: _Size = {
    "family": "lladamoe",
    "parameters": 7_356_880_896,
    "kept": 645_994_496,
    "layers": 16,
    "context": 8192,
}
_MINI: _Size = {
    "family": "llada2_moe",
    "parameters": 16_255_638_528,
    "kept": 653_876_224,
    "layers": 20,
    "context": 32_768,
}
_FLASH: _Size = {
    "family": "llada2_moe",
    "parameters": 102_889_697_280,
    "kept": 1_320_431_616,
    "layers": 32,
    "context": 32_768,
}
_8B_V: _Size = {
    "family": "llava_llada",
    "parameters": 8_434_837_024,
    "kept": 1_455_515_168,
    "layers": 32,
    "context": 8192,
}
_DREAM: _Size = {
    "family": "Dream",
    "parameters": 7_615_616_512,
    "kept": 1_090_328_064,
    "layers": 28,
    "context": 2048,
}

CHECKPOINTS: tuple[Checkpoint, ...] = (
    Checkpoint(
        "GSAI-ML/LLaDA-8B-Instruct",
        "LLaDA 8B Instruct",
        ("8b", "8b-instruct", "instruct"),
        chat=True,
        summary="Answers in a conversation; the model of the LLaDA paper.",
        **_8B,
    ),
    Checkpoint(
        "GSAI-ML/LLaDA-8B-Base",
        "LLaDA 8B Base",
        ("8b-base", "base"),
        chat=False,
        summary="Continues raw text; not trained to chat.",
        **_8B,
    ),
    Checkpoint(
        "GSAI-ML/LLaDA-1.5",
        "LLaDA 1.5",
        ("1.5", "8b-1.5"),
        chat=True,
        summary="The 8B Instruct model, aligned further by preference optimisation (VRPO).",
        **_8B,
    ),
    Checkpoint(
        "GSAI-ML/iLLaDA-8B-Instruct",
        "iLLaDA 8B Instruct",
        ("illada", "illada-instruct"),
        chat=True,
        summary="LLaDA trained anew on five times the text; grouped heads, twice the context.",
        **_ILLADA,
    ),
    Checkpoint(
        "GSAI-ML/iLLaDA-8B-Base",
        "iLLaDA 8B Base",
        ("illada-base",),
        chat=False,
        summary="Continues raw text; not trained to chat.",
        **_ILLADA,
    ),
    Checkpoint(
        "inclusionAI/LLaDA-MoE-7B-A1B-Instruct",
        "LLaDA-MoE 7B A1B Instruct",
        ("moe", "moe-instruct"),
        chat=True,
        summary="64 experts, 8 at work for a token: about as fast as a model of 1.4B.",
        **_MOE,
    ),
    Checkpoint(
        "inclusionAI/LLaDA-MoE-7B-A1B-Base",
        "LLaDA-MoE 7B A1B Base",
        ("moe-base",),
        chat=False,
        summary="Continues raw text; not trained to chat.",
        **_MOE,
    ),
    Checkpoint(
        "inclusionAI/LLaDA2.0-mini",
        "LLaDA2.0 mini",
        ("2.0", "2.0-mini"),
        chat=True,
        summary="256 experts; blocks of 32 see only what is before them, so its cache is exact.",
        **_MINI,
    ),
    Checkpoint(
        "inclusionAI/LLaDA2.1-mini",
        "LLaDA2.1 mini",
        ("2.1", "2.1-mini"),
        chat=True,
        summary="LLaDA2.0 mini, trained to edit tokens that it has written.",
        **_MINI,
    ),
    Checkpoint(
        "inclusionAI/LLaDA2.0-flash",
        "LLaDA2.0 flash",
        ("2.0-flash",),
        chat=True,
        summary="The largest: 103B parameters, 6B at work for a token.",
        **_FLASH,
    ),
    Checkpoint(
        "inclusionAI/LLaDA2.1-flash",
        "LLaDA2.1 flash",
        ("2.1-flash",),
        chat=True,
        summary="LLaDA2.0 flash, trained to edit tokens that it has written.",
        **_FLASH,
    ),
    Checkpoint(
        "GSAI-ML/LLaDA-V",
        "LLaDA-V",
        ("llada-v", "v"),
        chat=True,
        summary="Sees: asked about pictures, which take 1,500 to 4,400 tokens each.",
        **_8B_V,
    ),
    Checkpoint(
        "Dream-org/Dream-v0-Instruct-7B",
        "Dream 7B Instruct",
        ("dream", "dream-instruct"),
        chat=True,
        summary="A guest: Qwen2.5 trained on as a masked-diffusion model.",
        **_DREAM,
    ),
    Checkpoint(
        "Dream-org/Dream-v0-Base-7B",
        "Dream 7B Base",
        ("dream-base",),
        chat=False,
        summary="A guest: continues raw text; not trained to chat.",
        **_DREAM,
    ),
)
"""The checkpoints that can be loaded from the hub by a short name. Other checkpoints of the same kinds load by their id
or folder."""


def find(source: str) -> Checkpoint | None:
    """The known checkpoint with this hub id or alias, in any case; None when it is not known."""
    name = source.lower()
    return next(
        (checkpoint for checkpoint in CHECKPOINTS if name in (checkpoint.id.lower(), *checkpoint.aliases)), None
    )


def name_of(source: str) -> str:
    """The hub id of a known checkpoint that ``source`` names; else ``source`` as it is."""
    checkpoint = find(source)
    return source if checkpoint is None else checkpoint.id


def quantized_bytes(linear: int, other: int, quantization: str, other_size: int = 2) -> int:
    """Bytes of a model with ``linear`` parameters in quantised layers and ``other`` ones of ``other_size`` bytes.

    nf4 keeps a scale for every 64 weights, itself in 8 bits; int8 keeps one for every row.
    """
    bits = 4.127 if quantization == "nf4" else 8.01
    return int(linear * bits / 8) + other_size * other


def snapshot(hub_id: str) -> Path | None:
    """The folder in the hub's cache with what is there of this checkpoint, whole or not, or None. Uses no network."""
    from huggingface_hub import try_to_load_from_cache

    from llada_tui.models import checkpoint_files

    for name in ("config.json", checkpoint_files.INDEX, checkpoint_files.SINGLE, checkpoint_files.TOKENIZER):
        path = try_to_load_from_cache(hub_id, name)
        if isinstance(path, str):
            return Path(path).parent
    return None


def cached(hub_id: str) -> Path | None:
    """The folder in the hub's cache where this checkpoint lies whole, or None. Uses no network."""
    folder = snapshot(hub_id)
    return folder if folder is not None and missing(hub_id, folder) is None else None


def missing(hub_id: str, folder: Path) -> str | None:
    """The name of a file that this checkpoint's folder in the hub's cache lacks, or None where it is whole. A chat
    template that was not downloaded would not be missed: the model would be taken for one that continues text."""
    from huggingface_hub import try_to_load_from_cache

    from llada_tui.models import checkpoint_files as files
    from llada_tui.models.errors import ModelError

    if (name := files.missing(folder)) is not None:
        return name
    if try_to_load_from_cache(hub_id, files.TOKENIZER_CONFIG) is None:  # else it is there, or known not to be
        return files.TOKENIZER_CONFIG
    checkpoint = find(hub_id)
    try:
        lacks_template = checkpoint is not None and checkpoint.chat and not files.brings_template(folder)
    except ModelError:
        return files.TOKENIZER_CONFIG
    return files.TEMPLATE if lacks_template else None
