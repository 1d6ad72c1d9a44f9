"""Models whose attention is causal over blocks: where the canvas is cut, and a cache that is exact."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from llada_tui.diffusion.sampler import Step
from llada_tui.diffusion.schedule import blocks
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.loading import load
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError

GOLDEN = Path(__file__).parents[1] / "golden" / "llada2-tiny"
SIZE = 8


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """The golden LLaDA2 with blocks of `SIZE`."""
    folder = Path(shutil.copytree(GOLDEN, tmp_path_factory.mktemp("blocks") / "model"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"block_size": SIZE}))
    return load(folder, device="cpu", mask_id=508, eos_id=500)


def run(model: LoadedModel, prompts: list[list[int]], run_settings: SamplerSettings, **more: Any) -> list[Step]:
    width = max(map(len, prompts))
    canvas = torch.full((len(prompts), width + run_settings.gen_length), model.mask_id)
    mask = torch.ones_like(canvas)
    for row, prompt in enumerate(prompts):
        canvas[row, width - len(prompt) : width] = torch.tensor(prompt, dtype=torch.long)
        canvas[row, : width - len(prompt)], mask[row, : width - len(prompt)] = 0, 0
    padded = None if bool(mask.all()) else mask
    return list(model.denoise(canvas, run_settings, prompt_length=width, attention_mask=padded, **more))


@given(st.integers(1, 100), st.integers(0, 70), st.sampled_from([1, 2, 4, 8, 16, 32]), st.integers(0, 60))
def test_blocks_end_where_the_models_own_end(length: int, prompt: int, block: int, more: int) -> None:
    run_settings = SamplerSettings(steps=1, gen_length=length, block_length=length)
    run_settings = SamplerSettings(steps=2 * length + more, gen_length=length, block_length=block)
    cut = blocks(run_settings, prompt, 32)
    assert [part.begin for part in cut] == [0, *(part.end for part in cut[:-1])]
    assert cut[-1].end == length
    assert all((prompt + part.end) % block == 0 for part in cut[:-1])
    assert all(0 < part.end - part.begin <= block for part in cut)
    assert sum(part.steps for part in cut) == run_settings.steps
    assert all(part.steps >= 1 for part in cut)
    assert [(part.begin, part.end) for part in cut] == list(
        zip(run_settings.edges(prompt, 32)[:-1], run_settings.edges(prompt, 32)[1:], strict=True)
    )


@given(st.integers(2, 200), st.integers(0, 70))
def test_a_step_for_each_token_stays_one(length: int, prompt: int) -> None:
    run_settings = SamplerSettings(steps=length, gen_length=length, block_length=32)
    if prompt % 32:
        assert all(part.steps == part.end - part.begin for part in blocks(run_settings, prompt, 32))


def test_blocks_that_go_beyond_the_models_own_are_refused(model: LoadedModel) -> None:
    with pytest.raises(SettingsError, match="block_length must be 8, or divide it, and not 16") as raised:
        run(model, [[1, 2]], SamplerSettings(steps=16, gen_length=16, block_length=16))
    assert raised.value.field == "block_length"
    with pytest.raises(SettingsError, match="steps must be at least 3, one for each block of 8") as raised:
        run(model, [[1, 2]], SamplerSettings(steps=2, gen_length=16, block_length=8))
    assert raised.value.field == "steps"


def test_blocks_are_written_one_after_the_other(model: LoadedModel) -> None:
    run_settings = SamplerSettings(steps=20, gen_length=20, block_length=8)
    steps = run(model, [[5, 6, 7]], run_settings)
    ends = [5, 13, 20]
    for step in steps:
        assert all(choice.position < ends[step.block] for choice in step.rows[0].commits + step.rows[0].predictions)
    assert [sum(step.block == block for step in steps) for block in range(3)] == [5, 8, 7]
    assert not bool((steps[-1].canvas == model.mask_id).any())


def test_what_comes_later_is_not_seen(model: LoadedModel) -> None:
    ids = torch.randint(0, 500, (1, 32))
    rows = torch.zeros_like(ids, dtype=torch.bool)
    rows[0, :16] = True
    other = ids.clone()
    other[0, 16:] = torch.randint(0, 500, (16,))
    assert (model.logits(ids, None, rows) - model.logits(other, None, rows)).abs().max() < 1e-5


@settings(max_examples=15)
@given(st.data())
def test_the_cache_is_exact(model: LoadedModel, data: st.DataObject) -> None:
    """Whatever changes between two calls, and whatever is asked for."""
    ids = torch.randint(0, 500, (2, 40), generator=torch.Generator().manual_seed(data.draw(st.integers(0, 99))))
    mask = torch.ones_like(ids)
    mask[1, : data.draw(st.integers(0, 9))] = 0
    kept = model.open_cache()
    for _ in range(6):
        for column in data.draw(st.lists(st.integers(0, 39), max_size=3)):
            ids[:, column] = data.draw(st.integers(0, 499))
        rows = torch.zeros_like(ids, dtype=torch.bool)
        for column in data.draw(st.lists(st.integers(9, 39), max_size=4)):
            rows[:, column] = True
        actual, run_settings = kept(ids, mask, rows, slice(9, 40)), model.logits(ids, mask, rows)
        assert actual.shape == run_settings.shape
        assert not len(run_settings) or (actual - run_settings).abs().max() < 1e-4


@pytest.mark.parametrize("cache", ["prefix", "dual"])
def test_runs_with_the_cache_write_the_same(model: LoadedModel, cache: str) -> None:
    for prompts in ([[3, 1, 4, 1, 5]], [[3, 1, 4], [1] * 13]):
        for scale in (0.0, 1.5):
            run_settings = SamplerSettings(steps=16, gen_length=16, block_length=8, cfg_scale=scale)
            plain, kept = (run(model, prompts, run_settings.replace(cache=how)) for how in ("none", cache))
            assert [step.canvas.tolist() for step in kept] == [step.canvas.tolist() for step in plain]


def test_a_step_with_the_cache_runs_the_block_alone(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []
    normed = model.network.model.norm.forward
    monkeypatch.setattr(model.network.model.norm, "forward", lambda x: (lengths.append(x.shape[1]), normed(x))[1])
    run(model, [[1] * 8], SamplerSettings(steps=24, gen_length=24, block_length=8, cache="dual"))
    # The whole at first; then a block at a time, and the last change of the block before with a block's first step.
    assert lengths == [32, *[8] * 7, 16, *[8] * 7, 16, *[8] * 7]


def test_rows_are_as_if_alone(model: LoadedModel) -> None:
    prompts = [[3, 1, 4], [1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3], [2] * 8]
    run_settings = SamplerSettings(steps=16, gen_length=16, block_length=8)
    together = run(model, prompts, run_settings)
    for row, prompt in enumerate(prompts):
        alone = run(model, [prompt], run_settings)
        assert torch.equal(alone[-1].canvas[0, -16:], together[-1].canvas[row, -16:])
