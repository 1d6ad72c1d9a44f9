"""The script that makes a checkpoint of LLaDA-8B's shape, in small."""

from __future__ import annotations

from math import prod
from pathlib import Path

import pytest
import torch
from PIL import Image

from benchmarks import make_8b
from llada_tui import load_model
from llada_tui.models import catalog, families, memory, weights
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


@pytest.mark.slow
def test_the_shape_that_sees_is_llada_vs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = catalog.find("llada-v")
    assert checkpoint is not None
    tensors = make_8b.SeeingShape().tensors()
    assert sum(map(prod, tensors.values())) == checkpoint.parameters
    assert len(tensors) == 717
    monkeypatch.setattr(make_8b, "PIECE", 2**20)
    small = make_8b.SeeingShape(
        layers=1, width=64, heads=2, inner=128, shards=2, tower_layers=2, tower_width=32, tower_heads=2, tower_inner=64,
        side=56,
    )  # fmt: skip
    make_8b.make(tmp_path, small)
    model = load_model(tmp_path, device="cpu", quantization="nf4")
    info = model.loaded.info
    assert (info.mask_id, info.eos_id, info.eot_id, info.sees) == (126_336, 126_081, 126_348, True)
    assert info.banned_ids == [126_080, 126_081, 126_346, 126_347]
    settings = SamplerSettings(steps=2, gen_length=4, block_length=4)
    answer = model.generate("What is it?", settings, images=[Image.new("RGB", (90, 60), "red")])
    assert len(answer.token_ids) == 4
    assert not {*info.banned_ids, info.mask_id} & {*answer.token_ids}


def test_four_bits_of_llada_v_fit_a_gpu_of_24_gib() -> None:
    shape = make_8b.SeeingShape()
    saved = weights.Weights(shape.tensors(), "bfloat16")
    architecture = families.find(shape.config(), "LLaDA-V")
    config = architecture.configure(shape.config(), "LLaDA-V")
    with_picture = memory.needed(saved, config, torch.bfloat16, "nf4", 1024, "cuda")
    assert 8 * 2**30 < with_picture < 24 * 2**30
    # A picture has room: keys and values of all its positions.
    config.image_grid_pinpoints = [[384, 384]]
    assert with_picture - memory.needed(saved, config, torch.bfloat16, "nf4", 1024, "cuda") > 10**9


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
