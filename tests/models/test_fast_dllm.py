"""Fast-dLLM v2: the tokens that its published code gave (`generate` of the hub's modeling.py); and its loop, stated
again as plainly as it is, against our sampler. The loop shares no line with ours: not the attention's mask, nor the
shift, nor the blocks."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import Qwen2Config, Qwen2ForCausalLM

from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.loading import load
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from tests.models.published_runs import GOLDEN, published

NAME = "fast-dllm-v2-tiny"
MASK, STOP, BLOCK = 95, 3, 8


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, LoadedModel]:
    torch.manual_seed(0)
    sizes = {"vocab_size": 96, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64}
    network = Qwen2ForCausalLM(Qwen2Config(**sizes, **heads, initializer_range=0.4)).eval()
    with torch.no_grad():
        network.lm_head.weight[MASK] = 0
    folder = tmp_path_factory.mktemp("fast")
    save_file(network.state_dict(), folder / "model.safetensors", metadata={"format": "pt"})
    config = {**sizes, **heads, "model_type": "Fast_dLLM_Qwen", "bd_size": BLOCK, "eos_token_id": STOP}
    (folder / "config.json").write_text(json.dumps(config))
    return network, load(folder, device="cpu", mask_id=MASK)


def published_loop(
    network: Any, prompt: list[int], blocks: int, sub_block: int, threshold: float
) -> tuple[list[int], int]:
    """The ids in the end, and the passes that wrote any: of the canvas up to the token after the last block."""
    passes = 0

    def logits(ids: list[int]) -> Tensor:
        block = torch.arange(len(ids)) // BLOCK
        hidden = torch.where(block[None, :] <= block[:, None], 0.0, torch.finfo(torch.float32).min)
        with torch.no_grad():
            result: Tensor = network(torch.tensor([ids]), attention_mask=hidden[None, None]).logits[0]
        return result

    ids = list(prompt)
    if len(ids) % BLOCK == 0:  # the prefill gives the first token
        ids.append(int(logits(ids)[-1].argmax()))
        passes += 1
    for _ in range(blocks):
        begin = len(ids) // BLOCK * BLOCK
        ids += [MASK] * (begin + BLOCK - len(ids))
        for first in range(begin, begin + BLOCK, sub_block):
            places = range(first, first + sub_block)
            while any(ids[place] == MASK for place in places):
                chances = logits(ids)[[place - 1 for place in places if ids[place] == MASK]].softmax(-1).max(-1)
                masked = [place for place in places if ids[place] == MASK]
                best = int(chances.values.argmax())
                for index, place in enumerate(masked):
                    if chances.values[index] > threshold or index == best:
                        ids[place] = int(chances.indices[index])
                passes += 1
        ids.append(int(logits(ids)[-1].argmax()))  # the pass that keeps the block gives the next one's first token
        passes += 1
    return ids, passes


@pytest.mark.parametrize("cache", ["none", "prefix", "dual"])
@pytest.mark.parametrize(
    ("length", "sub_block", "threshold"), [(11, 8, 1.0), (11, 4, 0.3), (16, 4, 0.2), (5, 2, 0.4), (3, 8, 0.3)]
)
def test_it_writes_the_published_tokens_in_as_many_passes(
    models: tuple[Any, LoadedModel], length: int, sub_block: int, threshold: float, cache: str
) -> None:
    network, model = models
    prompt = torch.randint(4, 90, (length,), generator=torch.Generator().manual_seed(length)).tolist()
    expected, passes = published_loop(network, prompt, 3, sub_block, threshold)
    canvas = len(expected) - length
    settings = SamplerSettings(
        canvas, canvas, sub_block, remasking="threshold", remasking_params={"threshold": threshold}, cache=cache
    )
    steps = list(model.denoise(torch.tensor([[*prompt, *[MASK] * canvas]]), settings, prompt_length=length))
    assert steps[-1].canvas[0].tolist() == expected
    assert len(steps) == passes


def test_the_first_token_of_each_block_is_a_block_of_its_own(models: tuple[Any, LoadedModel]) -> None:
    info = models[1].info
    assert (info.block_size, info.first_alone) == (BLOCK, True)
    assert info.edges(SamplerSettings(20, 20, 4), 5) == [0, 3, 4, 7, 11, 12, 15, 19, 20]
    assert info.edges(SamplerSettings(16, 16, 8), 8) == [0, 1, 8, 9, 16]


def test_blocks_beyond_its_own_are_refused(models: tuple[Any, LoadedModel]) -> None:
    canvas = torch.full((1, 20), MASK)
    with pytest.raises(SettingsError, match="block_length must be 8, or divide it"):
        list(models[1].denoise(canvas, SamplerSettings(16, 16, 16), prompt_length=4))


@pytest.fixture(scope="module")
def with_blocks(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The golden checkpoint with blocks of a size."""

    @cache
    def loaded(size: int) -> LoadedModel:
        folder = Path(shutil.copytree(GOLDEN / NAME, tmp_path_factory.mktemp("golden") / NAME))
        config = json.loads((folder / "config.json").read_text()) | {"bd_size": size}
        (folder / "config.json").write_text(json.dumps(config))
        return load(folder, device="cpu", dtype="float32", mask_id=636)

    return loaded


def golden_settings(case: dict[str, Any], prompt: int, policy: str) -> SamplerSettings:
    """The settings of a case after so many tokens of a prompt."""
    block = case["block_length"]
    length = (prompt // block + case["gen_length"] // block) * block + 1 - prompt
    values = {"threshold": case["threshold"]}
    return SamplerSettings(
        length,
        length,
        case["sub_block_length"],
        remasking="threshold",
        remasking_params=values,
        early_stop=True,
        cache=policy,
        recomputed=True,
    )


@pytest.mark.parametrize(
    ("index", "policy"),
    [
        *((index, policy) for index in (0, 2, 3, 4, 5, 6, 7) for policy in ("none", "prefix", "dual")),
        *((index, "sub_block") for index in (8, 9, 10)),
    ],
)
def test_it_writes_the_golden_tokens_in_as_many_passes(with_blocks: Any, index: int, policy: str) -> None:
    """The published canvas has one token after its last block, or ends with the first end of text."""
    runs = published(NAME)
    case, prompt, output = runs.case(index), runs.prompt(index), runs.output(index)
    begin, block = prompt.shape[1], case["block_length"]
    model = with_blocks(block)
    assert (model.block_size, model.eos_id) == (block, 610)
    settings = golden_settings(case, begin, policy)
    length = settings.gen_length
    canvas = torch.cat([prompt, torch.full((1, length), model.mask_id)], 1)
    steps = list(model.denoise(canvas, settings, prompt_length=begin))
    assert torch.equal(steps[-1].canvas[:, : output.shape[1]], output)
    # Its passes that keep a block are no denoising; here they are steps, which write the next block's first token.
    denoising = [step for step in steps if (begin + step.rows[0].commits[0].position) % block]
    before = runs.tensors[f"case{index}.canvas_before_each_step"].long()
    shared = min(before.shape[2], begin + length)
    assert torch.equal(torch.stack([step.canvas_before for step in denoising])[..., :shared], before[..., :shared])
    assert len(steps) + (begin > block and begin % block > 0) == case["forward_passes"]


def test_a_sub_block_is_run_alone_once_its_first_token_is_written(with_blocks: Any) -> None:
    """The published passes over a sub-block, and those over the whole block, each where it was published."""
    runs = published(NAME)
    for index in (8, 9, 10):
        case, begin = runs.case(index), runs.prompt(index).shape[1]
        model, settings = with_blocks(case["block_length"]), golden_settings(case, begin, "sub_block")
        canvas = torch.cat([runs.prompt(index), torch.full((1, settings.gen_length), model.mask_id)], 1)
        steps = list(model.denoise(canvas, settings, prompt_length=begin))
        passes = next(record["passes"] for record in runs.expected["records"] if record["index"] == index)
        passes = [(start, end) for kind, start, end in passes if kind in ("denoise", "subblock")]
        denoising = [step.rows[0] for step in steps if (begin + step.rows[0].commits[0].position) % model.block_size]
        for row, (start, end) in list(zip(denoising, passes, strict=True))[1:]:  # the first runs everything
            columns = [begin + at for at, part in enumerate(row.recomputed) if part]
            assert (columns[0], columns[-1] + 1) == (max(start, begin), end)


def test_rows_and_guidance_of_a_sub_block_cache_are_as_alone(with_blocks: Any) -> None:
    model = with_blocks(8)
    prompts = [torch.randint(4, 600, (length,), generator=torch.Generator().manual_seed(length)) for length in (11, 6)]
    settings = SamplerSettings(20, 20, 4, remasking="threshold", cfg_scale=0.5, cache="sub_block")
    masks = torch.full((20,), model.mask_id)
    alone = [
        list(model.denoise(torch.cat([prompt, masks])[None], settings, prompt_length=len(prompt)))[-1].canvas[0, -20:]
        for prompt in prompts
    ]
    rows = torch.stack([torch.cat([prompt.new_zeros(11 - len(prompt)), prompt, masks]) for prompt in prompts])
    attention = torch.ones_like(rows)
    attention[1, :5] = 0
    together = list(model.denoise(rows, settings, prompt_length=11, attention_mask=attention))[-1].canvas[:, -20:]
    assert torch.equal(together, torch.stack(alone))


def test_other_models_have_no_sub_blocks() -> None:
    for name in ("sdar-tiny", "a2d-qwen2-mdlm-tiny", "a2d-qwen3-bd3lm-tiny"):
        model = published(name).model
        canvas, settings = torch.full((1, 12), model.mask_id), SamplerSettings(8, 8, 4, cache="sub_block")
        with pytest.raises(SettingsError, match="This model's blocks have no sub-blocks: set cache to none"):
            list(model.denoise(canvas, settings, prompt_length=4))
