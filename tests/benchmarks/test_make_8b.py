"""The script that makes a checkpoint of LLaDA-8B's shape, in small."""

from __future__ import annotations

from math import prod
from pathlib import Path

import pytest
import torch

from benchmarks import make_8b
from llada_tui.models import catalog, memory, weights
from llada_tui.models.loading import load
from llada_tui.settings.sampler_settings import SamplerSettings
from tests.checkpoints import read_config


def test_the_shape_is_the_8bs(tmp_path: Path) -> None:
    checkpoint = catalog.find("8b")
    assert checkpoint is not None
    tensors = make_8b.Shape().tensors()
    assert (len(tensors), sum(map(prod, tensors.values()))) == (291, checkpoint.parameters)
    parts = make_8b.split(make_8b.Shape())
    assert len(parts) == 6
    assert max(2 * sum(map(prod, part.values())) for part in parts) < 3.5e9


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One layer, narrow, with all of the tokens; its matrices are made in several pieces."""
    path = tmp_path_factory.mktemp("small")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make_8b, "PIECE", 2**20)
        make_8b.make(path, make_8b.Shape(layers=1, width=64, heads=2, inner=128, shards=2))
    return path


def test_it_loads_like_the_real_one(folder: Path) -> None:
    assert len(list(folder.glob("*.safetensors"))) == 2
    files = weights.inspect(folder)
    assert (len(files.shapes), files.dtype, files.quantization) == (12, "bfloat16", None)
    _, config = read_config(folder)
    assert memory.needed(files, config, torch.bfloat16, None, 64) > 2 * files.parameters
    progress: list[tuple[str, int, int]] = []
    model = load(folder, device="cpu", quantization="nf4", progress=lambda *stage: progress.append(stage))
    assert (progress[0], progress[-1]) == (("load", 0, 12), ("load", 12, 12))
    info = model.info
    assert (info.mask_id, info.eos_id, info.eot_id, info.context) == (126_336, 126_081, 126_348, 4096)
    assert info.chat


def test_it_writes_what_can_be_read(folder: Path) -> None:
    model = load(folder, device="cpu", dtype="bfloat16")
    assert model.tokenizer is not None
    prompt = model.encode_prompt([{"role": "user", "content": "Hé!"}])
    assert prompt[:2] == [126_080, 126_346]
    assert model.tokenizer.decode(model.tokenizer.encode("Hé, you!")) == "Hé, you!"
    canvas = torch.tensor([prompt + [model.mask_id] * 8])
    settings = SamplerSettings(steps=4, gen_length=8, block_length=8)
    done = list(model.denoise(canvas, settings, prompt_length=len(prompt)))[-1].canvas[0, len(prompt) :]
    assert model.mask_id not in done.tolist()
    assert all(not piece.startswith(b"<") for piece in model.token_bytes(done.tolist()).values())
    assert len({make_8b.word(token) for token in range(126_464)}) == 126_464
