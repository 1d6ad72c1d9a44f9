"""The golden checkpoint that sees, and what its published code gave on it."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from llada_tui import load_model
from llada_tui.api import Model
from tests.checkpoints import make_checkpoint

FOLDER = Path(__file__).parents[1] / "golden" / "llada-v-tiny"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text())
IDS = {name: EXPECTED[name] for name in ("mask_id", "eos_id", "eot_id")}
OTHER_IDS = {name: EXPECTED[f"{name}_id"] for name in ("bos", "start_header", "end_header")}


@cache
def seeing() -> Model:
    return load_model(FOLDER, device="cpu", special_ids=OTHER_IDS, **IDS)


@cache
def tensors() -> dict[str, Tensor]:
    return load_file(FOLDER / "expected.safetensors")


def ids(name: str) -> list[int]:
    """A prompt's ids, -200 for a picture."""
    row: list[int] = tensors()[name].long()[0].tolist()
    return row


def picture(index: int) -> Image.Image:
    return Image.fromarray(np.asarray(tensors()[f"image{index}.rgb"]))


def pictures(case: dict[str, Any]) -> list[Image.Image]:
    return [picture(index) for index in case.get("images", [])]


def with_tokenizer(folder: Path) -> Path:
    """The checkpoint with a tokenizer of 256 bytes and LLaDA's special tokens, and LLaDA's chat template."""
    words = make_checkpoint(folder / "words")
    copy = Path(shutil.copytree(FOLDER, folder / "llada-v"))
    for path in words.iterdir():
        if "token" in path.name or path.suffix == ".jinja":
            shutil.copyfile(path, copy / path.name)
    return copy
