"""Makes a checkpoint of LLaDA-8B's shape with random weights, for measuring without a download.

python benchmarks/make_8b.py FOLDER [--sees] [--layers 32] [--shards 6]

The layout is the hub's: config.json, 291 tensors in bfloat16 over several safetensors files with their index (16 GB;
with ``--sees`` LLaDA-V's 717, 17 GB), and a tokenizer with the published special tokens, whose other tokens are bytes
and made-up words. One piece of a tensor is in memory at a time. Nothing that it writes makes sense; how long it takes
to write it does.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

ROOT = "model.transformer"
SPECIAL = {
    "<|startoftext|>": 126_080,
    "<|endoftext|>": 126_081,
    "<|mdm_mask|>": 126_336,
    "<|start_header_id|>": 126_346,
    "<|end_header_id|>": 126_347,
    "<|eot_id|>": 126_348,
}
TEMPLATE = (
    "{% for message in messages %}{{ (bos_token if loop.first else '') + '<|start_header_id|>' + message['role'] + "
    "'<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' }}{% endfor %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
)
PIECE = 2**24
"""Numbers made at a time."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a LLaDA; those of the 8B unless given."""

    layers: int = 32
    width: int = 4096
    heads: int = 32
    inner: int = 12_288
    vocabulary: int = 126_464
    shards: int = 6

    def tensors(self) -> dict[str, tuple[int, ...]]:
        """Every tensor's name and shape, in the order of the files."""
        wide, inner = self.width, self.inner
        shapes: dict[str, tuple[int, ...]] = {f"{ROOT}.wte.weight": (self.vocabulary, wide)}
        for layer in range(self.layers):
            block = f"{ROOT}.blocks.{layer}"
            shapes |= {f"{block}.{name}.weight": (wide,) for name in ("attn_norm", "ff_norm")}
            shapes |= {f"{block}.{name}.weight": (wide, wide) for name in ("q_proj", "k_proj", "v_proj", "attn_out")}
            shapes |= {f"{block}.{name}.weight": (inner, wide) for name in ("ff_proj", "up_proj")}
            shapes[f"{block}.ff_out.weight"] = (wide, inner)
        return shapes | {f"{ROOT}.ln_f.weight": (wide,), f"{ROOT}.ff_out.weight": (self.vocabulary, wide)}

    def config(self) -> dict[str, object]:
        """config.json with the published fields."""
        return config(self)


@dataclass(frozen=True, slots=True)
class SeeingShape(Shape):
    """The sizes of a LLaDA-V. ``tower_layers`` counts the last, which no checkpoint has."""

    tower_layers: int = 27
    tower_width: int = 1152
    tower_heads: int = 16
    tower_inner: int = 4304
    side: int = 384
    patch: int = 14

    def tensors(self) -> dict[str, tuple[int, ...]]:
        wide, inner = self.width, self.inner
        shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (self.vocabulary, wide)}
        for layer in range(self.layers):
            begin = f"model.layers.{layer}"
            shapes |= {f"{begin}.{name}.weight": (wide,) for name in ("input_layernorm", "post_attention_layernorm")}
            shapes |= {f"{begin}.self_attn.{name}_proj.weight": (wide, wide) for name in "qkvo"}
            shapes |= {f"{begin}.mlp.{name}_proj.weight": (inner, wide) for name in ("gate", "up")}
            shapes[f"{begin}.mlp.down_proj.weight"] = (wide, inner)
        shapes |= {"model.norm.weight": (wide,), "lm_head.weight": (self.vocabulary, wide)}
        shapes |= {"model.image_newline": (wide,)}
        shapes |= _with_bias("model.mm_projector.0", wide, self.tower_width)
        return shapes | _with_bias("model.mm_projector.2", wide, wide) | self._tower()

    def _tower(self) -> dict[str, tuple[int, ...]]:
        begin, wide, inner = "model.vision_tower.vision_tower.vision_model", self.tower_width, self.tower_inner
        shapes = _with_bias(f"{begin}.embeddings.patch_embedding", wide, 3, self.patch, self.patch)
        shapes[f"{begin}.embeddings.position_embedding.weight"] = ((self.side // self.patch) ** 2, wide)
        for layer in range(self.tower_layers - 1):
            block = f"{begin}.encoder.layers.{layer}"
            for name in ("layer_norm1", "layer_norm2"):
                shapes |= _with_bias(f"{block}.{name}", wide)
            for name in ("k_proj", "v_proj", "q_proj", "out_proj"):
                shapes |= _with_bias(f"{block}.self_attn.{name}", wide, wide)
            shapes |= _with_bias(f"{block}.mlp.fc1", inner, wide) | _with_bias(f"{block}.mlp.fc2", wide, inner)
        return shapes | _with_bias(f"{begin}.post_layernorm", wide)

    def config(self) -> dict[str, object]:
        """As published, and with the sizes of the tower, which the published one leaves to the code."""
        grids = [[self.side * i, self.side * j] for i in range(1, 7) for j in range(1, 7)]
        return {
            "architectures": ["LlavaLLaDAModelLM"],
            "model_type": "llava_llada",
            "bos_token_id": 128_000,
            "eos_token_id": SPECIAL["<|endoftext|>"],
            "hidden_act": "silu",
            "hidden_size": self.width,
            "intermediate_size": self.inner,
            "max_position_embeddings": 16_384,
            "num_attention_heads": self.heads,
            "num_hidden_layers": self.layers,
            "num_key_value_heads": self.heads,
            "rms_norm_eps": 1e-5,
            "rope_theta": 500000.0,
            "tie_word_embeddings": False,
            "torch_dtype": "bfloat16",
            "vocab_size": self.vocabulary,
            "image_aspect_ratio": "anyres_max_4",
            "image_grid_pinpoints": grids,
            "mm_hidden_size": self.tower_width,
            "mm_patch_merge_type": "spatial_unpad",
            "mm_projector_type": "mlp2x_gelu",
            "mm_vision_tower": "google/siglip2-so400m-patch14-384",
            "vision_config": {
                "hidden_size": self.tower_width,
                "intermediate_size": self.tower_inner,
                "num_hidden_layers": self.tower_layers,
                "num_attention_heads": self.tower_heads,
                "image_size": self.side,
                "patch_size": self.patch,
            },
        }


def _with_bias(name: str, *shape: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}


def make(folder: Path, shape: Shape, seed: int = 0) -> None:
    """Writes the checkpoint to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(shape.config(), indent=2) + "\n")
    write_tokenizer(folder, shape.vocabulary)
    source = torch.Generator().manual_seed(seed)
    index = {}
    parts = split(shape)
    for number, part in enumerate(parts, 1):
        file = f"model-{number:05}-of-{len(parts):05}.safetensors"
        write_shard(folder / file, part, source)
        index |= dict.fromkeys(part, file)
        print(f"{file}: {(folder / file).stat().st_size / 1e9:.1f} GB", file=sys.stderr)
    total = sum(2 * math.prod(size) for size in shape.tensors().values())
    written = {"metadata": {"total_size": total}, "weight_map": index}
    (folder / "model.safetensors.index.json").write_text(json.dumps(written, indent=2) + "\n")


def config(shape: Shape) -> dict[str, object]:
    """config.json with the published fields."""
    return {
        "architectures": ["LLaDAModelLM"],
        "model_type": "llada",
        "activation_type": "silu",
        "alibi": False,
        "attention_dropout": 0.0,
        "block_type": "llama",
        "d_model": shape.width,
        "embedding_size": shape.vocabulary,
        "eos_token_id": SPECIAL["<|endoftext|>"],
        "include_bias": False,
        "include_qkv_bias": False,
        "layer_norm_type": "rms",
        "mask_token_id": SPECIAL["<|mdm_mask|>"],
        "max_sequence_length": 4096,
        "mlp_hidden_size": shape.inner,
        "n_heads": shape.heads,
        "n_kv_heads": shape.heads,
        "n_layers": shape.layers,
        "pad_token_id": SPECIAL["<|endoftext|>"],
        "rms_norm_eps": 1e-5,
        "rope": True,
        "rope_theta": 500000.0,
        "torch_dtype": "bfloat16",
        "vocab_size": shape.vocabulary,
        "weight_tying": False,
    }


def split(shape: Shape) -> list[dict[str, tuple[int, ...]]]:
    """The tensors over the files, about equally many bytes in each."""
    tensors = shape.tensors()
    total = sum(map(math.prod, tensors.values()))
    parts: list[dict[str, tuple[int, ...]]] = [{}]
    done = 0
    for name, size in tensors.items():
        if done >= total * len(parts) / shape.shards:
            parts.append({})
        parts[-1][name] = size
        done += math.prod(size)
    return parts


def write_shard(path: Path, tensors: dict[str, tuple[int, ...]], source: torch.Generator) -> None:
    """A safetensors file, written as its numbers are made: its header's length, its header, its numbers."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, size in tensors.items():
        begin, end = end, end + 2 * math.prod(size)
        header[name] = {"dtype": "BF16", "shape": size, "data_offsets": [begin, end]}
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    with path.open("wb") as file:
        file.write(len(head).to_bytes(8, "little") + head)
        for name, size in tensors.items():
            for piece in numbers(name, size, source):
                file.write(piece.view(torch.uint8).numpy().data)


def numbers(name: str, size: tuple[int, ...], source: torch.Generator) -> Iterator[torch.Tensor]:
    """A tensor in pieces of whole rows: ones for a norm, zeros for a bias, else noise that keeps the length of what it
    multiplies. The LM head's row of the mask is 0, so that it is never predicted."""
    if len(size) == 1:
        yield torch.full(size, 0.0 if name.endswith(".bias") else 1.0, dtype=torch.bfloat16)
        return
    rows, columns = size[0], math.prod(size[1:])
    scale = 1.0 if name.endswith(("wte.weight", "embed_tokens.weight")) else columns**-0.5
    step = max(1, PIECE // columns)
    mask = SPECIAL["<|mdm_mask|>"] if name in (f"{ROOT}.ff_out.weight", "lm_head.weight") else -1
    for first in range(0, rows, step):
        piece = torch.randn(min(step, rows - first), columns, generator=source).mul_(scale).bfloat16()
        if first <= mask < first + len(piece):
            piece[mask - first] = 0
        yield piece


def write_tokenizer(folder: Path, vocabulary: int) -> None:
    """tokenizer.json: the 256 bytes, then words of syllables; the special tokens at their published ids."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokens = {character: token for token, character in enumerate(sorted(alphabet))}
    taken = set(SPECIAL.values())
    tokens |= {word(token): token for token in range(len(tokens), vocabulary) if token not in taken}
    tokenizer = Tokenizer(models.BPE(tokens | SPECIAL, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    tokenizer.save(str(folder / "tokenizer.json"))
    names = list(SPECIAL)
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": names[0],
        "eos_token": names[1],
        "pad_token": names[1],
        "chat_template": TEMPLATE,
        "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")


def word(number: int) -> str:
    """A word of its own for a number: a space, as byte-level BPE writes it, and syllables."""
    syllables = ""
    while number or not syllables:
        number, digit = divmod(number, 100)
        syllables += "bcdfghjklmnprstvwxyz"[digit // 5] + "aeiou"[digit % 5]
    return f"Ġ{syllables}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sees", action="store_true", help="LLaDA-V's shape: with a tower and a projector")
    parser.add_argument("--layers", type=int, default=32)
    parser.add_argument("--shards", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    shape = (SeeingShape if options.sees else Shape)(layers=options.layers, shards=options.shards)
    need = 2 * sum(map(math.prod, shape.tensors().values()))
    options.folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(options.folder).free < need:
        parser.exit(1, f"{options.folder} needs {need / 1e9:.1f} GB, which the disk does not have.\n")
    began = time.perf_counter()
    make(options.folder, shape, options.seed)
    print(f"{options.folder}: {need / 1e9:.1f} GB in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
