"""Models for evaluations: the embedded one, and golden checkpoints with a tokenizer of bytes."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

from lm_eval.api.instance import Instance
from safetensors.torch import load_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor

from llada_tui import load_model
from llada_tui.api import Model

TESTS = Path(__file__).parents[1]
GOLDEN = TESTS / "golden" / "methods" / "llada_eval"


@cache
def demo() -> Model:
    """The embedded model."""
    return load_model("demo", device="cpu")


@cache
def golden() -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The recorded requests of the published evaluation, and their tensors."""
    return json.loads((GOLDEN / "expected.json").read_text("utf-8")), load_file(GOLDEN / "expected.safetensors")


def golden_model(name: str, folder: Path) -> Model:
    """A golden checkpoint with a tokenizer, whose tokens are the bytes and its special tokens."""
    source = TESTS / "golden" / name
    expected = json.loads((source / "expected.json").read_text("utf-8"))
    ids = {kind: expected[f"{kind}_id"] for kind in ("mask", "eos", "eot")}
    size = json.loads((source / "config.json").read_text("utf-8"))["vocab_size"]
    names = {number: f"<|{kind}|>" for kind, number in ids.items()}
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = [*alphabet, *(names.get(number, f"unused{number}") for number in range(len(alphabet), size))]
    tokenizer = Tokenizer(models.BPE({token: number for number, token in enumerate(vocabulary)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in names.values()])
    shutil.copytree(source, folder, dirs_exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return load_model(folder, device="cpu", mask_id=ids["mask"], eos_id=ids["eos"], eot_id=ids["eot"])


def generation(context: str, *until: str, document: int = 0) -> Instance:
    """A request for a text."""
    return Instance("generate_until", {}, (context, {"until": [*until]}), 0, ("task", document, 1))


def likelihood(context: str, continuation: str) -> Instance:
    """A request for a log-likelihood."""
    return Instance("loglikelihood", {}, (context, continuation), 0, ("task", 0, 1))


def question(text: str) -> str:
    """A question to the embedded model, as its chat template has it."""
    return (
        f"<|startoftext|><|start_header_id|>user<|end_header_id|>\n\n{text}<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )
