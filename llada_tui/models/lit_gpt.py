"""Checkpoints of lit-gpt as SMDM publishes them: one safetensors file of any name, and no config.json. What they are is
read from the shapes of their tensors, and the number of heads from the table of the published sizes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llada_tui.models.errors import ModelError

_EMBEDDING, _GATE = "transformer.wte.weight", "transformer.h.0.mlp.swiglu.w1.weight"
_HEADS = {
    (6, 256): 4, (8, 384): 6, (8, 512): 8, (9, 576): 9, (10, 640): 10, (16, 640): 8, (13, 640): 10, (12, 768): 12,
    (15, 768): 12, (18, 768): 12, (14, 896): 14, (16, 896): 14, (18, 896): 14, (16, 1024): 16, (18, 1024): 16,
    (20, 1024): 16, (18, 1280): 10, (21, 1280): 10, (24, 1280): 10, (18, 1408): 11, (21, 1408): 11, (24, 1408): 11,
    (19, 1536): 12, (22, 1536): 12, (25, 1536): 12, (20, 1792): 14, (24, 1792): 14, (22, 2048): 16, (25, 2048): 16,
    (28, 2176): 17,
}  # fmt: skip
"""Heads by layers and width (ML-GSAI/SMDM, ``lit_gpt/config.py``)."""


def described_by_tensors(shapes: Mapping[str, tuple[int, ...]], folder: Path) -> dict[str, Any]:
    """The config.json that a checkpoint without one would have. Raises `ModelError` for another kind of checkpoint, and
    for a size that is not in the table."""
    if _EMBEDDING not in shapes or _GATE not in shapes:
        raise ModelError(f"{folder} holds no config.json, so it is no checkpoint: give the folder that has it.")
    for name in (_EMBEDDING, _GATE):
        if len(shapes[name]) != 2:
            raise ModelError(f"{folder} holds no config.json, and its {name} is no matrix: it is no SMDM checkpoint.")
    rows, width = shapes[_EMBEDDING]
    layers = len({match[1] for name in shapes if (match := re.match(r"transformer\.h\.(\d+)\.", name))})
    heads = _HEADS.get((layers, width))
    if heads is None:
        raise ModelError(
            f"{folder} holds no config.json, and its tensors ({layers} layers, {width} wide) are of none of SMDM's "
            "sizes, so that the number of heads is not known: write a config.json with n_layer, n_head, n_embd, "
            "intermediate_size and vocab_size."
        )
    return {
        "n_layer": layers,
        "n_head": heads,
        "n_embd": width,
        "intermediate_size": shapes[_GATE][0],
        "vocab_size": rows - 1,
        "block_size": 2048,
    }
