"""Every architecture: equal to its published code, told apart by its config, and refused where it is another."""

from __future__ import annotations

import json
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

from llada_tui.api import Model
from llada_tui.models import families, loading
from llada_tui.models.errors import ModelError
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.loading import load
from llada_tui.settings.sampler_settings import SamplerSettings
from tests.checkpoints import read_config

GOLDEN = Path(__file__).parents[1] / "golden"
MOE, BLOCKS, DREAM, DENSE = "llada-moe-tiny", "llada2-tiny", "dream-tiny", "llada-tiny-mha"
FAMILIES = (DENSE, MOE, BLOCKS, DREAM)


def ids_of(name: str) -> dict[str, int]:
    expected = json.loads((GOLDEN / name / "expected.json").read_text())
    return {key: value for key, value in expected.items() if key in ("mask_id", "eos_id", "eot_id")}


@cache
def golden(name: str) -> tuple[LoadedModel, dict[str, torch.Tensor]]:
    return load(GOLDEN / name, device="cpu", **ids_of(name)), load_file(GOLDEN / name / "expected.safetensors")


def copied(name: str, folder: Path, **fields: object) -> Path:
    """A copy of a golden checkpoint whose config.json has other ``fields``; None takes one out."""
    copy = Path(shutil.copytree(GOLDEN / name, folder / name))
    config = json.loads((copy / "config.json").read_text()) | fields
    (copy / "config.json").write_text(json.dumps({key: value for key, value in config.items() if value is not None}))
    return copy


def logits(model: LoadedModel, ids: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    with torch.no_grad():
        logits_found = model.logits(ids, mask, torch.ones_like(ids, dtype=torch.bool))
    return logits_found.view(*ids.shape, -1).float()


def refused(folder: Path, sentence: str, name: str) -> None:
    with pytest.raises(ModelError, match=sentence) as raised:
        load(folder, device="cpu", **ids_of(name))
    assert "\n" not in str(raised.value)


def test_experts_have_the_published_logits() -> None:
    model, tensors = golden(MOE)
    ids, mask = tensors["forward.input_ids"], tensors["forward.padding_mask"]
    assert (logits(model, ids) - tensors["forward.logits"]).abs().max() < 1e-4
    logits_found = logits(model, ids, mask) - tensors["forward.padded_logits"]
    assert logits_found[mask.bool()].abs().max() < 1e-4


@pytest.mark.parametrize("index", [0, 1])
def test_experts_write_the_published_tokens(index: int) -> None:
    model, tensors = golden(MOE)
    case = json.loads((GOLDEN / MOE / "expected.json").read_text())["cases"][index]
    expected_layer = SamplerSettings(**{name: case[name] for name in ("steps", "gen_length", "block_length")})
    steps = list(Model(model).denoise(tensors["prompt.single"], expected_layer))
    before = torch.stack([step.canvas_before for step in steps])
    assert torch.equal(before, tensors[f"case{index}.canvas_before_each_step"])
    assert torch.equal(steps[-1].canvas, tensors[f"case{index}.output_ids"])


def test_blocks_have_the_published_logits(tmp_path: Path) -> None:
    _, tensors = golden(BLOCKS)
    ids = tensors["forward.input_ids"]
    for size, expected in ((8, "block_causal"), (32, "bidirectional")):
        model = load(copied(BLOCKS, tmp_path / str(size), block_size=size), device="cpu", **ids_of(BLOCKS))
        assert (logits(model, ids) - tensors[f"forward.{expected}_logits"]).abs().max() < 1e-4


def test_shifted_logits_are_the_published_ones_one_position_on() -> None:
    model, tensors = golden(DREAM)
    logits_found, published = logits(model, tensors["forward.input_ids"]), tensors["forward.logits"]
    assert (logits_found[:, 1:] - published[:, :-1]).abs().max() < 1e-4
    assert (logits_found[:, :1] - published[:, :1]).abs().max() < 1e-4


@pytest.mark.parametrize("name", FAMILIES)
def test_a_padded_row_is_as_if_alone(name: str, tmp_path: Path) -> None:
    size = {"block_size": 8} if name == BLOCKS else {}
    model = load(copied(name, tmp_path, **size), device="cpu", **ids_of(name))
    ids = golden(name)[1]["forward.input_ids"].clone()
    padded, mask = ids.clone(), torch.ones_like(ids)
    padded[1, 5:] = ids[1, :-5]
    padded[1, :5], mask[1, :5] = 0, 0
    together = logits(model, padded, mask)
    assert (together[0] - logits(model, ids[:1])[0]).abs().max() < 1e-4
    assert (together[1, 5:] - logits(model, ids[1:, :-5])[0]).abs().max() < 1e-4


@pytest.mark.parametrize("name", FAMILIES)
def test_only_the_rows_asked_for(name: str) -> None:
    model, tensors = golden(name)
    ids = tensors["forward.input_ids"]
    rows = torch.zeros_like(ids, dtype=torch.bool)
    rows[0, [0, 3, 4]] = rows[1, -1] = True
    assert (model.logits(ids, None, rows) - logits(model, ids)[rows]).abs().max() < 1e-5


def test_what_is_loaded_is_told() -> None:
    for name, family in ((DENSE, "llada"), (MOE, "lladamoe"), (BLOCKS, "llada2_moe"), (DREAM, "Dream")):
        info = golden(name)[0].info
        assert (info.family, info.context, info.chat) == (family, 256, False)
        assert info.parameters == sum(t.numel() for t in load_file(GOLDEN / name / "model.safetensors").values())


def test_experts_that_call_themselves_llada(tmp_path: Path) -> None:
    folder = copied(MOE, tmp_path, model_type="llada")
    model = load(folder, device="cpu", **ids_of(MOE))
    assert model.info.family == "lladamoe"
    tensors = golden(MOE)[1]
    assert (logits(model, tensors["forward.input_ids"]) - tensors["forward.logits"]).abs().max() < 1e-4


def test_illada_is_a_llama_that_sees_both_ways(tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=128,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        rope_parameters={"rope_type": "default", "rope_theta": 500000.0},
        tie_word_embeddings=True,
        attn_implementation="eager",
    )
    llama = LlamaForCausalLM(config).eval()
    tensors = {name: tensor.clone() for name, tensor in llama.state_dict().items() if name != "lm_head.weight"}
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    fields = {
        **{name: getattr(config, name) for name in ("vocab_size", "hidden_size", "intermediate_size", "rms_norm_eps")},
        **{name: getattr(config, name) for name in ("num_hidden_layers", "num_attention_heads", "num_key_value_heads")},
        "model_type": "illada",
        "max_position_embeddings": 64,
        "rope_theta": 500000.0,
        "tie_word_embeddings": True,
        "layer_norm_eps": None,
        "resid_pdrop": 0.0,
        "eos_token_id": 1,
    }
    (tmp_path / "config.json").write_text(json.dumps(fields))
    model = load(tmp_path, device="cpu", mask_id=5)
    assert (model.info.family, model.mask_id, model.eos_id, model.context) == ("illada", 5, 1, 64)
    ids = torch.randint(0, 128, (2, 12))
    with torch.no_grad():
        expected = llama(ids, attention_mask=torch.zeros(2, 1, 12, 12), use_cache=False).logits
    assert (logits(model, ids) - expected).abs().max() < 1e-5

    (tmp_path / "config.json").write_text(json.dumps(fields | {"layer_norm_eps": 1e-5}))
    with pytest.raises(
        ModelError, match=r"variant of iLLaDA is not supported: its config.json has layer_norm_eps = 1e"
    ):
        load(tmp_path, device="cpu", mask_id=5)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        (DENSE, "alibi", True),
        (DENSE, "clip_qkv", 0.01),
        (DENSE, "qk_norm", True),
        (DENSE, "layer_norm_with_affine", False),
        (DENSE, "rope_full_precision", False),
        (DENSE, "rope_scaling", {"type": "linear", "factor": 2.0}),
        (DENSE, "is_causal", True),
        (DENSE, "sliding_window", 4),
        (MOE, "moe_router_score_function", "sigmoid"),
        (MOE, "shared_expert_intermediate_size", 64),
        (BLOCKS, "score_function", "softmax"),
        (BLOCKS, "use_qkv_bias", True),
        (BLOCKS, "use_qk_norm", False),
        (BLOCKS, "num_shared_experts", 0),
        (MOE, "use_sliding_window", True),
        (DREAM, "block_size", 32),
        (DREAM, "use_sliding_window", True),
        (DREAM, "layer_types", ["sliding_attention"]),
    ],
)
def test_variants_that_are_not_known(
    name: str, field: str, value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading.weights, "inspect", lambda folder: pytest.fail("weights were read"))
    sentence = re.escape(f"not supported: its config.json has {field} = {value!r}")
    refused(copied(name, tmp_path, **{field: value}), sentence, name)
    refused(
        copied(name, tmp_path / "2", model_type="foo"), "config.json has model_type = 'foo', and only 'llada'", name
    )
    refused(copied(name, tmp_path / "3", model_type=None), "config.json has model_type = None", name)


def rewrite(folder: Path, change: Any) -> None:
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize("name", FAMILIES)
def test_tensors_that_are_missing_too_many_or_of_another_shape(name: str, tmp_path: Path) -> None:
    matrix = next(key for key in sorted(load_file(GOLDEN / name / "model.safetensors")) if "norm" in key)
    lacking = copied(name, tmp_path / "lacking")
    rewrite(lacking, lambda tensors: tensors.pop(matrix))
    refused(lacking, r"do not fit its config.json: they lack 1 tensors", name)
    surplus = copied(name, tmp_path / "surplus")
    rewrite(surplus, lambda tensors: tensors.update({"model.layers.0.strange.weight": torch.ones(2)}))
    refused(surplus, r"have too much by 1 tensors \(model.layers.0.strange.weight", name)
    shaped = copied(name, tmp_path / "shaped")
    rewrite(shaped, lambda tensors: tensors.update({matrix: torch.ones(3)}))
    refused(shaped, "have in another shape 1 tensors", name)


@pytest.mark.parametrize("name", [MOE, BLOCKS])
def test_experts_that_are_missing_too_many_or_of_another_shape(name: str, tmp_path: Path) -> None:
    expert = "model.layers.1.mlp.experts.{}.up_proj.weight"
    lacking = copied(name, tmp_path / "lacking")
    rewrite(lacking, lambda tensors: tensors.pop(expert.format(3)))
    refused(lacking, r"they lack 1 tensors \(model.layers.1.mlp.experts.3.up_proj.weight among them", name)
    surplus = copied(name, tmp_path / "surplus")
    rewrite(surplus, lambda tensors: tensors.update({expert.format(16): torch.ones(32, 64)}))
    refused(surplus, r"have too much by 1 tensors \(model.layers.1.mlp.experts.16.up_proj", name)
    shaped = copied(name, tmp_path / "shaped")
    rewrite(shaped, lambda tensors: tensors.update({expert.format(3): torch.ones(32, 32)}))
    refused(shaped, r"have in another shape 1 tensors \(model.layers.1.mlp.experts.3.up_proj", name)


@pytest.mark.parametrize("quantization", ["nf4", "int8"])
@pytest.mark.parametrize("name", FAMILIES)
def test_what_bitsandbytes_covers(name: str, quantization: str) -> None:
    model = load(GOLDEN / name, device="cpu", quantization=quantization, **ids_of(name))
    layers = dict(model.network.named_modules())  # type: ignore[attr-defined]
    architecture, config = read_config(GOLDEN / name)
    expected_layer = {"nf4": "Linear4bit", "int8": "Linear8bitLt"}[quantization]
    quantized = {layer for layer, module in layers.items() if type(module).__name__ == expected_layer}
    odd = {layer for layer, (rows, columns) in architecture.covered(config).items() if rows % 32 or columns % 64}
    assert quantized == architecture.covered(config).keys() - (odd if quantization == "nf4" else set())
    assert len(quantized) >= 12
    ids = golden(name)[1]["forward.input_ids"]
    assert bool(torch.isfinite(logits(model, ids)).all())


@pytest.mark.parametrize("architecture", families.by_model_type().values(), ids=lambda family: family.name)
def test_the_architectures_are_what_they_say(architecture: Any) -> None:
    config = architecture.config(num_hidden_layers=2, hidden_size=64, num_attention_heads=4, num_key_value_heads=2)
    covered = architecture.covered(config)
    assert architecture.experts == any(".experts.0." in name for name in covered)
    assert "lm_head" not in covered
    assert any(name.endswith(("o_proj", "attn.Wo")) for name in covered)


@pytest.mark.parametrize("name", [DENSE, BLOCKS, DREAM])
def test_padding_on_the_right_is_refused(name: str) -> None:
    model, _ = golden(name)
    ids = torch.tensor([[5, 6, 7, 9, 9]])
    with pytest.raises(ValueError, match="rows must be padded on the left"):
        logits(model, ids, torch.tensor([[1, 1, 1, 0, 0]]))
