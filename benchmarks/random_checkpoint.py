"""A LLaDA with random weights in the hub's layout, loaded as any other checkpoint is.

    python benchmarks/random_checkpoint.py [--vocabulary 126464] [--layers 8] [--width 512]

It goes to the cache folder, once, and its path is printed. It has no tokenizer: prompts are lists of ids.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from platformdirs import user_cache_path
from safetensors.torch import save_file


def make(folder: Path, *, vocabulary: int = 126_464, layers: int = 8, width: int = 512, heads: int = 8) -> Path:
    """Writes the checkpoint to ``folder`` and returns it: float32, the mask last but one, the end of text before it.

    The LM head is large enough that the model is sure of some tokens and not of others, and it never predicts the mask.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mask, eos, inner = vocabulary - 2, vocabulary - 3, 3 * width
    config = {
        "model_type": "llada",
        "activation_type": "silu",
        "block_type": "llama",
        "d_model": width,
        "embedding_size": vocabulary,
        "eos_token_id": eos,
        "layer_norm_type": "rms",
        "mask_token_id": mask,
        "max_sequence_length": 4096,
        "mlp_hidden_size": inner,
        "n_heads": heads,
        "n_kv_heads": heads,
        "n_layers": layers,
        "rms_norm_eps": 1e-5,
        "rope": True,
        "rope_theta": 500000.0,
        "torch_dtype": "float32",
        "vocab_size": vocabulary,
        "weight_tying": False,
    }
    source = torch.Generator().manual_seed(0)

    def matrix(rows: int, columns: int, scale: float = 1.0) -> torch.Tensor:
        return torch.randn(rows, columns, generator=source) * scale / columns**0.5

    root = "model.transformer"
    head = matrix(vocabulary, width, 4.0)
    head[mask] = 0
    tensors = {
        f"{root}.wte.weight": matrix(vocabulary, width, width**0.5),
        f"{root}.ln_f.weight": torch.ones(width),
        f"{root}.ff_out.weight": head,
    }
    for index in range(layers):
        block = f"{root}.blocks.{index}"
        tensors |= {f"{block}.{name}.weight": torch.ones(width) for name in ("attn_norm", "ff_norm")}
        tensors |= {
            f"{block}.{name}.weight": matrix(width, width) for name in ("q_proj", "k_proj", "v_proj", "attn_out")
        }
        tensors |= {f"{block}.{name}.weight": matrix(inner, width) for name in ("ff_proj", "up_proj")}
        tensors[f"{block}.ff_out.weight"] = matrix(width, inner)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def cached(vocabulary: int = 126_464, layers: int = 8, width: int = 512) -> Path:
    """The checkpoint's folder among the caches; it is made where it is not there yet."""
    folder = user_cache_path("llada-tui") / "benchmarks" / f"random-{layers}x{width}-{vocabulary}"
    return (
        folder
        if (folder / "config.json").is_file()
        else make(folder, vocabulary=vocabulary, layers=layers, width=width)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for name, default in (("vocabulary", 126_464), ("layers", 8), ("width", 512)):
        parser.add_argument(f"--{name}", type=int, default=default)
    print(cached(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
