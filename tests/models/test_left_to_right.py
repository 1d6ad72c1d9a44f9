"""Autoregressive checkpoints: the tokens of transformers' own ``generate``, recorded as the steps of any other run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM

from llada_tui.models.errors import ModelError
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.loading import load
from llada_tui.models.scoring import score_pairs, scored_pair
from llada_tui.settings.sampler_settings import SamplerSettings

VOCABULARY = 96
KINDS = {"qwen2": (Qwen2Config, Qwen2ForCausalLM), "qwen3": (Qwen3Config, Qwen3ForCausalLM)}


def checkpoint(kind: str, folder: Path, **fields: object) -> tuple[Any, LoadedModel]:
    """transformers' own model of random weights, and ours of the same."""
    torch.manual_seed(0)
    config_class, network_class = KINDS[kind]
    sizes = {"vocab_size": VOCABULARY, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64}
    if kind == "qwen3":
        heads["head_dim"] = 8
    network = network_class(config_class(**sizes, **heads, initializer_range=0.4)).eval()
    save_file(network.state_dict(), folder / "model.safetensors", metadata={"format": "pt"})
    config = {**sizes, **heads, "model_type": kind, "eos_token_id": 3, **fields}
    (folder / "config.json").write_text(json.dumps(config))
    return network, load(folder, device="cpu")


@pytest.mark.parametrize("cache", ["none", "prefix", "dual"])
@pytest.mark.parametrize("kind", KINDS)
def test_it_writes_what_transformers_generates(kind: str, cache: str, tmp_path: Path) -> None:
    network, model = checkpoint(kind, tmp_path)
    prompt = torch.randint(4, VOCABULARY, (1, 7), generator=torch.Generator().manual_seed(1))
    expected = network.generate(prompt, max_new_tokens=12, do_sample=False, eos_token_id=None, pad_token_id=0)
    canvas = torch.cat([prompt, torch.full((1, 12), model.mask_id)], 1)
    for settings in (SamplerSettings(12, 12, 1), SamplerSettings(3, 12, 4), SamplerSettings(12, 12, 12)):
        steps = list(model.denoise(canvas, settings.replace(cache=cache), prompt_length=7))
        assert torch.equal(steps[-1].canvas, expected)
        assert [[choice.position for choice in step.rows[0].commits] for step in steps] == [[at] for at in range(12)]


def test_a_schedule_changes_nothing(tmp_path: Path) -> None:
    _, model = checkpoint("qwen3", tmp_path)
    canvas = torch.cat([torch.tensor([[5, 9]]), torch.full((1, 8), model.mask_id)], 1)
    settings = SamplerSettings(4, 8, 2)
    written = [
        [step.canvas for step in model.denoise(canvas, settings.replace(schedule=schedule), prompt_length=2)]
        for schedule in ("linear", "cosine")
    ]
    assert len(written[0]) == 8
    assert all(map(torch.equal, *written))


def test_a_padded_row_is_as_if_alone(tmp_path: Path) -> None:
    _, model = checkpoint("qwen3", tmp_path)
    settings = SamplerSettings(6, 6, 1, cache="prefix")
    prompts = [torch.tensor([[5, 9, 20, 31, 44]]), torch.tensor([[8, 17]])]
    masks = torch.full((1, 6), model.mask_id)
    alone = [
        list(model.denoise(torch.cat([prompt, masks], 1), settings, prompt_length=prompt.shape[1]))[-1].canvas[0, -6:]
        for prompt in prompts
    ]
    rows = torch.cat([torch.cat([torch.zeros(1, 5 - p.shape[1]).long(), p, masks], 1) for p in prompts])
    mask = torch.ones_like(rows)
    mask[1, :3] = 0
    together = list(model.denoise(rows, settings, prompt_length=5, attention_mask=mask))[-1].canvas[:, -6:]
    assert torch.equal(together, torch.stack(alone))


def test_its_mask_is_no_token_of_the_vocabulary(tmp_path: Path) -> None:
    _, model = checkpoint("qwen2", tmp_path)
    assert (model.mask_id, model.info.vocab_size, model.info.block_size) == (VOCABULARY, VOCABULARY + 1, 1)
    canvas = torch.cat([torch.tensor([[5, 9]]), torch.full((1, 16), model.mask_id)], 1)
    warm = SamplerSettings(16, 16, 1, temperature=2.0, top_p=0.9)
    written = list(model.denoise(canvas, warm, prompt_length=2))[-1].canvas
    assert int(written.max()) < VOCABULARY


def test_the_likelihood_is_exact(tmp_path: Path) -> None:
    network, model = checkpoint("qwen3", tmp_path)
    prompt, answer = [5, 9, 20], [31, 44, 7]
    (likelihood,) = score_pairs(model, [scored_pair(prompt, answer, 0)], mc_num=8, cfg_scale=0.0, batch_size=4)
    with torch.no_grad():
        logits = network(torch.tensor([[*prompt, *answer]])).logits[0, 2:5].log_softmax(-1)
    expected = logits[range(3), answer]
    assert torch.allclose(torch.tensor(likelihood.tokens).float(), expected, atol=1e-5)
    assert (likelihood.standard_error, likelihood.samples) == (0.0, 1)


def test_what_it_cannot_do_it_says(tmp_path: Path) -> None:
    _, model = checkpoint("qwen3", tmp_path)
    canvas = torch.full((1, 8), model.mask_id)
    with pytest.raises(ModelError, match="from a prompt on"):
        model.denoise(canvas, SamplerSettings(8, 8, 1), prompt_length=0)
    with pytest.raises(ModelError, match="writes towards no suffix"):
        model.denoise(
            torch.cat([canvas, canvas, canvas], 1), SamplerSettings(8, 8, 1), prompt_length=8, suffix_length=8
        )
    with pytest.raises(ModelError, match="knows no mask, which guidance needs"):
        model.denoise(torch.cat([canvas, canvas], 1), SamplerSettings(8, 8, 1, cfg_scale=1.0), prompt_length=8)
    for before, guidance, words in (([], 0.0, "from a prompt on"), ([5], 1.0, "which guidance needs")):
        with pytest.raises(ModelError, match=words):
            score_pairs(model, [scored_pair(before, [7], 0)], mc_num=8, cfg_scale=guidance, batch_size=4)
    with pytest.raises(ModelError, match=r"variant of Qwen3 is not supported: its config.json has mask_token_id = 90"):
        checkpoint("qwen3", tmp_path, mask_token_id=90)


def test_a_step_with_a_cache_runs_one_column(tmp_path: Path) -> None:
    _, model = checkpoint("qwen3", tmp_path)
    widths: list[int] = []
    network: Any = model.network
    network.model.register_forward_pre_hook(
        lambda module, args, options: widths.append(options["input_ids"].shape[1]), with_kwargs=True
    )
    canvas = torch.cat([torch.tensor([[5, 9, 20]]), torch.full((1, 8), model.mask_id)], 1)
    list(model.denoise(canvas, SamplerSettings(8, 8, 1, cache="prefix"), prompt_length=3))
    assert widths == [11, *[1] * 7]


@pytest.mark.parametrize("cache", ["prefix", "dual"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_token_that_is_read_over_is_kept_as_without_a_cache(kind: str, cache: str, tmp_path: Path) -> None:
    """A full block of `editing` asks for the token that stands there; after a given token nothing asks for it again."""
    _, model = checkpoint(kind, tmp_path)
    canvas = torch.cat([torch.tensor([[5, 9, 20]]), torch.full((1, 10), model.mask_id)], 1)
    canvas[0, [5, 9]] = torch.tensor([31, 44])
    settings = SamplerSettings(10, 10, 1, remasking="editing", remasking_params={"post_steps": 1})
    plain = list(model.denoise(canvas, settings, prompt_length=3))
    cached = list(model.denoise(canvas, settings.replace(cache=cache), prompt_length=3))
    assert any(not step.rows[0].commits for step in plain)
    assert torch.equal(cached[-1].canvas, plain[-1].canvas)
    for step, other in zip(cached, plain, strict=True):
        expected = [choice.confidence for choice in other.rows[0].commits]
        assert [choice.confidence for choice in step.rows[0].commits] == pytest.approx(expected, abs=1e-5)
