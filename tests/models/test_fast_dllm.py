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


@pytest.mark.parametrize("policy", ["none", "prefix", "dual"])
@pytest.mark.parametrize("index", [0, 2, 3, 4, 5, 6, 7])
def test_it_writes_the_golden_tokens_in_as_many_passes(with_blocks: Any, index: int, policy: str) -> None:
    """The published canvas has one token after its last block, or ends with the first end of text."""
    runs = published(NAME)
    case, prompt, output = runs.case(index), runs.prompt(index), runs.output(index)
    begin, block = prompt.shape[1], case["block_length"]
    model = with_blocks(block)
    assert (model.block_size, model.eos_id) == (block, 610)
    length = (begin // block + case["gen_length"] // block) * block + 1 - begin
    settings = SamplerSettings(
        length,
        length,
        case["sub_block_length"],
        remasking="threshold",
        remasking_params={"threshold": case["threshold"]},
        early_stop=True,
        cache=policy,
    )
    canvas = torch.cat([prompt, torch.full((1, length), model.mask_id)], 1)
    steps = list(model.denoise(canvas, settings, prompt_length=begin))
    assert torch.equal(steps[-1].canvas[:, : output.shape[1]], output)
    # Its passes that keep a block are no denoising; here they are steps, which write the next block's first token.
    denoising = [step for step in steps if (begin + step.rows[0].commits[0].position) % block]
    before = runs.tensors[f"case{index}.canvas_before_each_step"].long()
    shared = min(before.shape[2], begin + length)
    assert torch.equal(torch.stack([step.canvas_before for step in denoising])[..., :shared], before[..., :shared])
    assert len(steps) + (begin > block and begin % block > 0) == case["forward_passes"]
