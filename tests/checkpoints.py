"""Small random LLaDA checkpoints in the hub's layout, for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from llada_tui.models import families
from llada_tui.models.architecture import Architecture
from llada_tui.models.checkpoint_files import read_json

SPECIAL = (
    "<|startoftext|>",
    "<|endoftext|>",
    "<|mdm_mask|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
)
BOS, EOS, MASK, EOT = 256, 257, 258, 261
"""Ids after the 256 bytes, in the order of `SPECIAL`."""
TEMPLATE = (
    "{% for message in messages %}{{ (bos_token if loop.first else '') + '<|start_header_id|>' + message['role'] + "
    "'<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
)


def read_config(folder: Path) -> tuple[Architecture, Any]:
    """The kind of model in ``folder``, and its configuration."""
    config_json = read_json(folder / "config.json")
    architecture = families.find(config_json, folder)
    return architecture, architecture.configure(config_json, folder)


def make_checkpoint(
    path: Path,
    *,
    tokenizer: bool = True,
    template: bool = True,
    vocabulary: int = 272,
    width: int = 64,
    layers: int = 2,
    heads: int = 4,
    kv_heads: int | None = None,
    mlp: int = 128,
    context: int = 256,
    tied: bool = False,
    shards: int = 1,
    dtype: torch.dtype = torch.float32,
    seed: int = 0,
    config: dict[str, object] | None = None,
) -> Path:
    """Writes a checkpoint with random weights to ``path`` and returns it.

    The tokenizer's tokens are the 256 bytes, then `SPECIAL`. The model does not predict the mask (unless tied).
    ``config`` replaces fields of config.json; None as a value takes a field out.
    """
    path.mkdir(parents=True, exist_ok=True)
    fields: dict[str, object] = {
        "model_type": "llada",
        "activation_type": "silu",
        "alibi": False,
        "block_type": "llama",
        "d_model": width,
        "embedding_size": vocabulary,
        "eos_token_id": EOS,
        "include_bias": False,
        "layer_norm_type": "rms",
        "mask_token_id": MASK,
        "max_sequence_length": context,
        "mlp_hidden_size": mlp,
        "n_heads": heads,
        "n_kv_heads": kv_heads or heads,
        "n_layers": layers,
        "rms_norm_eps": 1e-5,
        "rope": True,
        "rope_theta": 500000.0,
        "torch_dtype": str(dtype).removeprefix("torch."),
        "vocab_size": vocabulary,
        "weight_tying": tied,
        **(config or {}),
    }
    kept = {name: value for name, value in fields.items() if value is not None or name not in (config or {})}
    (path / "config.json").write_text(json.dumps(kept))
    tensors = _weights(vocabulary, width, layers, width // heads * (kv_heads or heads), mlp, tied, dtype, seed)
    _save(path, tensors, shards)
    if tokenizer:
        _write_tokenizer(path, template)
    return path


def _weights(
    vocabulary: int, width: int, layers: int, keys: int, mlp: int, tied: bool, dtype: torch.dtype, seed: int
) -> dict[str, torch.Tensor]:
    source = torch.Generator().manual_seed(seed)

    def matrix(rows: int, columns: int, scale: float = 1.0) -> torch.Tensor:
        return (torch.randn(rows, columns, generator=source) * scale / columns**0.5).to(dtype)

    root = "model.transformer"
    tensors = {f"{root}.wte.weight": matrix(vocabulary, width, width**0.5), f"{root}.ln_f.weight": torch.ones(width)}
    for index in range(layers):
        block = f"{root}.blocks.{index}"
        for name in ("attn_norm", "ff_norm"):
            tensors[f"{block}.{name}.weight"] = torch.ones(width)
        for name, rows, columns in (
            ("q_proj", width, width),
            ("k_proj", keys, width),
            ("v_proj", keys, width),
            ("attn_out", width, width),
            ("ff_proj", mlp, width),
            ("up_proj", mlp, width),
            ("ff_out", width, mlp),
        ):
            tensors[f"{block}.{name}.weight"] = matrix(rows, columns)
    if not tied:
        head = matrix(vocabulary, width, 2.0)
        head[MASK] = 0
        tensors[f"{root}.ff_out.weight"] = head
    return {name: tensor.to(dtype).contiguous() for name, tensor in tensors.items()}


def _save(path: Path, tensors: dict[str, torch.Tensor], shards: int) -> None:
    if shards == 1:
        save_file(tensors, path / "model.safetensors", metadata={"format": "pt"})
        return
    mapping = {}
    for number in range(shards):
        file = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        part = dict(list(tensors.items())[number::shards])
        save_file(part, path / file, metadata={"format": "pt"})
        mapping |= dict.fromkeys(part, file)
    (path / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": mapping}))


def _write_tokenizer(path: Path, template: bool) -> None:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in alphabet]
    written = {byte: chr(byte) for byte in alphabet} | {byte: chr(256 + rank) for rank, byte in enumerate(rest)}
    tokenizer = Tokenizer(models.BPE({written[byte]: byte for byte in range(256)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    tokenizer.save(str(path / "tokenizer.json"))
    settings: dict[str, object] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": SPECIAL[0],
        "eos_token": SPECIAL[1],
        "pad_token": SPECIAL[1],
        "clean_up_tokenization_spaces": False,
    }
    if template:
        settings["chat_template"] = TEMPLATE
    (path / "tokenizer_config.json").write_text(json.dumps(settings))
