"""nf4 and int8 through bitsandbytes: what of a model is quantised, and how.

The matrices of the layers are: a byte a weight in int8, about half of one in nf4 (QLoRA, arXiv 2305.14314, with the
scales quantised too). Embeddings, LM head, norms and the routers of a mixture keep the model's dtype, 16 bits.
bitsandbytes does not know experts as transformers holds them: they are kept apart instead (see `models.experts`).
"""

from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers.utils.quantization_config import BitsAndBytesConfig

from llada_tui.models.architecture import Architecture
from llada_tui.models.catalog import QUANTIZATIONS
from llada_tui.models.errors import ModelError
from llada_tui.settings.sampler_settings import either


def check(quantization: str | None) -> None:
    """Raises `ModelError` for a quantisation that there is not, or that cannot be used here."""
    if quantization is not None and quantization not in QUANTIZATIONS:
        raise ModelError(f"There is no quantization {quantization!r}: give {either(QUANTIZATIONS)}, or leave it out.")
    if quantization is not None and find_spec("bitsandbytes") is None:
        raise ModelError("Quantization needs bitsandbytes: install it with `pip install bitsandbytes`.")


def settle(quantization: str | None, saved: str | None, config_json: dict[str, Any], folder: Path) -> str | None:
    """The quantisation of a checkpoint whose weights are ``saved`` in one, or in none, when another may be wanted.

    ``config_json`` is its config.json. Raises `ModelError` where they do not go together.
    """
    declared = config_json.get("quantization_config") or {}
    method = declared.get("quant_method")
    if saved is None and method == "bitsandbytes" and declared.get("bnb_4bit_quant_type") == "nf4":
        saved = "nf4"  # of a model none of whose layers is of a size that is packed
    if method not in (None, "bitsandbytes") or (method is None) != (saved is None):
        raise ModelError(
            f"{folder} is quantised in a way that is not supported (its config.json has quant_method = {method!r}): "
            "only nf4 and int8 of bitsandbytes are."
        )
    if saved is not None and quantization not in (None, saved):
        raise ModelError(
            f"{folder} is saved in {saved}: leave out --quantization, or take the original for {quantization}."
        )
    check(saved)
    return saved or quantization


def options(name: str | None, architecture: Architecture, config: Any, dtype: torch.dtype) -> dict[str, Any]:
    """The options for transformers' from_pretrained. A quantised copy's own configuration is kept."""
    if name is None:
        return {}
    # It says at every call of every layer that it casts to float16.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    if getattr(config, "quantization_config", None):
        config.quantization_config["bnb_4bit_compute_dtype"] = str(dtype).removeprefix("torch.")
        return {}
    if name == "int8":
        skipped = ["lm_head", *architecture.whole] if architecture.whole else None
        return {"quantization_config": BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=skipped)}
    # bitsandbytes packs nf4 for the CPU in tiles of 32 x 64; layers of other sizes stay as they are.
    odd = [layer for layer, (rows, columns) in architecture.covered(config).items() if rows % 32 or columns % 64]
    chosen = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
        llm_int8_skip_modules=["lm_head", *architecture.whole, *odd],
    )
    return {"quantization_config": chosen}
