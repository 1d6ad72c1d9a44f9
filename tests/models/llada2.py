"""The golden LLaDA2 with blocks of a size, and surer of itself than random weights are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import torch

from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.loading import load

GOLDEN = Path(__file__).parents[1] / "golden" / "llada2-tiny"


def sure(folder: Path, size: int) -> LoadedModel:
    """The model, copied into a folder that there is not yet."""
    shutil.copytree(GOLDEN, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"block_size": size}))
    model = load(folder, device="cpu", mask_id=508, eos_id=500)
    with torch.no_grad():
        model.network.lm_head.weight.mul_(4)
        model.network.lm_head.weight[508] = 0
    return model
