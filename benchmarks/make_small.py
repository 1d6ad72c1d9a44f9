"""Makes a checkpoint of a small model's shape with random weights, for measuring without a download.

python -m benchmarks.make_small FOLDER {qwen3-0.6b,qwen3-0.6b-ar,sdar}

The shapes are those of the catalog's models of these names: Qwen3-0.6B as dllm trains it to write in blocks, Qwen3-0.6B
as it is, and SDAR-1.7B. The weights are bfloat16, in one file, written piece by piece. There is no tokenizer: prompts
are lists of ids. Nothing that it writes makes sense; how long it takes to write it does.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import torch

from benchmarks.make_8b import write_shard
from llada_tui.models import families

_QWEN3: dict[str, Any] = {
    "vocab_size": 151_936,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 40_960,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1_000_000.0,
    "eos_token_id": 151_645,
    "torch_dtype": "bfloat16",
}
_06B = {**_QWEN3, "hidden_size": 1024, "intermediate_size": 3072, "tie_word_embeddings": True}
_17B = {**_QWEN3, "hidden_size": 2048, "intermediate_size": 6144, "tie_word_embeddings": False}
SHAPES: dict[str, dict[str, Any]] = {
    "qwen3-0.6b": {"model_type": "a2d-qwen3", **_06B, "mask_token_id": 151_669, "block_size": 32},
    "qwen3-0.6b-ar": {"model_type": "qwen3", **_06B},
    "sdar": {"model_type": "sdar", **_17B, "mask_token_id": 151_669, "block_size": 4},
}
"""The config.json of each shape, by the short name of the catalog's checkpoint."""


def tensors(config_json: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Every tensor's name and shape."""
    architecture = families.find(config_json, "the shape")
    with torch.device("meta"):
        network = architecture.network(architecture.configure(config_json, "the shape"))
    return {name: tuple(parameter.shape) for name, parameter in network.named_parameters()}


def make(folder: Path, config_json: dict[str, Any], seed: int = 0) -> Path:
    """Writes the checkpoint to ``folder``, unless it is there."""
    if not (folder / "config.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_shard(folder / "model.safetensors", tensors(config_json), torch.Generator().manual_seed(seed))
        (folder / "config.json").write_text(json.dumps(config_json, indent=2) + "\n")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("shape", choices=SHAPES)
    options = parser.parse_args()
    began = time.perf_counter()
    make(options.folder, SHAPES[options.shape])
    size = (options.folder / "model.safetensors").stat().st_size
    print(f"{options.folder}: {size / 1e9:.1f} GB in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
