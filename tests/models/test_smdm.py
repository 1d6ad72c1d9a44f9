"""SMDM: the tokens and the rotary angles of its published code, from one file without a config.json."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

from llada_tui import load_model
from llada_tui.diffusion import sequence_decoder
from llada_tui.models import saving
from llada_tui.models.errors import ModelError
from llada_tui.models.families.smdm import SMDMPace
from llada_tui.models.loading import load
from llada_tui.settings.sampler_settings import SamplerSettings
from tests.models.published_runs import GOLDEN, check_run, published

NAME, FILE = "smdm-tiny", "mdm-tiny.safetensors"


def settings_of(index: int) -> SamplerSettings:
    """Its ``length`` is that of the prompt and the canvas together, and the canvas is one block."""
    case = published(NAME).case(index)
    length = case["length"] - published(NAME).prompt(index).shape[1]
    return SamplerSettings(case["steps"], length, length, cfg_scale=case["cfg_scale"])


@pytest.mark.parametrize("index", [0, 1, 2, 4, 7])
def test_it_writes_the_published_tokens_in_as_many_passes(index: int) -> None:
    check_run(published(NAME), index, settings_of(index))


class RecordedDraws:
    """The numbers that the published code drew for a row: in place of the sampler's own, which come from the seed."""

    def __init__(self, uniforms: torch.Tensor) -> None:
        self.uniforms = uniforms

    def __call__(self, seed: int, step: int) -> RecordedDraws:
        return RecordedDraws(self.uniforms[step, seed])

    def uniform(self, purpose: str, count: int) -> torch.Tensor:
        return self.uniforms[-count:].double()


@pytest.mark.parametrize("index", [8, 11])
def test_it_writes_what_the_other_sampler_writes(index: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """``alg`` origin, with the numbers that it drew: a row's seed is its place in the batch."""
    runs = published(NAME)
    monkeypatch.setattr(sequence_decoder, "Noise", RecordedDraws(runs.tensors[f"case{index}.uniforms"]))
    settings = settings_of(index).replace(remasking="origin")
    rows = [settings.replace(seed=row) for row in range(len(runs.prompt(index)))]
    check_run(runs, index, rows)


@pytest.mark.parametrize("index", [0, 1, 2, 4, 7])
def test_quotas_are_the_published_ones(index: int) -> None:
    runs, settings = published(NAME), settings_of(index)
    record = next(record for record in runs.expected["records"] if record["index"] == index)
    left, quotas = settings.gen_length, []
    for step in range(settings.steps - 1):
        quotas.append(SMDMPace().quota(settings, settings.gen_length, left, step, settings.steps))
        left -= quotas[-1]
    assert [*quotas, left] == record["quota"]


@pytest.mark.parametrize(
    ("answer", "cfg_scale", "value"),
    [
        ([146, 146, 146, 170], 0.0, -5.3057),
        ([146, 146, 553, 500], 0.8, -33.1169),
        ([580, 146, 146, 146, 481], 0.0, -18.4836),
        ([580, 146, 146, 146, 481], 1.1, -55.2096),
        ([580], 0.0, -5.8632),
    ],
)
def test_the_chain_rule_gives_the_published_likelihoods(answer: list[int], cfg_scale: float, value: float) -> None:
    """Those of ``evaluate_diff.py`` on weights that were not rounded to 16 bits, which changes them: with those
    they are equal to 1e-5."""
    prompt = [255, 382, 50, 483, 17, 480, 110, 524, 24, 439, 93]
    result = load_model(GOLDEN / NAME, device="cpu").log_likelihood(
        prompt, answer, cfg_scale=cfg_scale, chain_rule=True
    )
    assert result.total == pytest.approx(value, abs=0.1)
    assert result.samples == len(answer)


def test_rotary_angles_are_rounded_as_published() -> None:
    runs = published(NAME)
    rotary = runs.model.network.model.rotary_emb
    cos, sin = rotary(torch.zeros(1, dtype=torch.float32), torch.arange(64)[None])
    half = runs.tensors["rope.cos"].shape[1]
    for angles, name in ((cos, "rope.cos"), (sin, "rope.sin")):
        assert torch.equal(angles[0, :, :half], runs.tensors[name].float())
        assert torch.equal(angles[0, :, half:], runs.tensors[name].float())


def test_heads_are_taken_apart_as_they_lie_in_the_file() -> None:
    """Against transformers' own Llama, whose matrices are cut out of the file here by hand."""
    runs, tensors = published(NAME), load_file(GOLDEN / NAME / FILE)
    described = json.loads((GOLDEN / NAME / "config.json").read_text())
    heads, width = described["n_head"], described["n_embd"]
    size = width // heads
    config = LlamaConfig(
        vocab_size=641,
        hidden_size=width,
        intermediate_size=described["intermediate_size"],
        num_hidden_layers=described["n_layer"],
        num_attention_heads=heads,
        num_key_value_heads=heads,
        rms_norm_eps=1e-5,
        max_position_embeddings=256,
    )
    llama = LlamaForCausalLM(config).eval()
    llama.model.rotary_emb = runs.model.network.model.rotary_emb
    by_name = llama.state_dict()
    by_name["model.embed_tokens.weight"] = tensors["transformer.wte.weight"]
    by_name["model.norm.weight"] = tensors["transformer.ln_f.weight"]
    for layer in range(described["n_layer"]):
        old, new = f"transformer.h.{layer}", f"model.layers.{layer}"
        fused = tensors[f"{old}.attn.attn.weight"]
        for part, name in enumerate(("q", "k", "v")):
            rows = [
                row for head in range(heads) for row in range((3 * head + part) * size, (3 * head + part + 1) * size)
            ]
            by_name[f"{new}.self_attn.{name}_proj.weight"] = fused[rows]
        by_name[f"{new}.self_attn.o_proj.weight"] = tensors[f"{old}.attn.proj.weight"]
        by_name[f"{new}.input_layernorm.weight"] = tensors[f"{old}.norm_1.weight"]
        by_name[f"{new}.post_attention_layernorm.weight"] = tensors[f"{old}.norm_2.weight"]
        for name, number in (("gate", 1), ("up", 2), ("down", 3)):
            by_name[f"{new}.mlp.{name}_proj.weight"] = tensors[f"{old}.mlp.swiglu.w{number}.weight"]
    llama.load_state_dict(by_name)
    ids = runs.tensors["forward.input_ids"].long()
    with torch.no_grad():
        hidden = llama.model(ids, attention_mask=torch.zeros(2, 1, 24, 24), use_cache=False).last_hidden_state
        expected = hidden @ tensors["lm_head.weight"].float().T
        logits = runs.model.logits(ids, None, torch.ones_like(ids, dtype=torch.bool)).view(*ids.shape, -1)
    assert logits.shape[-1] == 640
    assert (logits - expected).abs().max() < 1e-4


def test_the_mask_is_embedded_and_never_predicted() -> None:
    model = load(GOLDEN / NAME, device="cpu", dtype="float32")
    assert (model.mask_id, model.eos_id, model.info.vocab_size, model.info.context) == (640, 2, 641, 256)
    canvas = torch.cat([torch.tensor([[5, 9]]), torch.full((1, 12), 640)], 1)
    warm = SamplerSettings(12, 12, 12, temperature=1.5)
    written = list(model.denoise(canvas, warm, prompt_length=2))[-1].canvas
    assert int(written.max()) < 640


def tensors_of_6m(vocabulary: int = 64) -> dict[str, torch.Tensor]:
    """Random weights of the smallest published size."""
    torch.manual_seed(0)
    shapes = {"lm_head": (vocabulary, 256), "transformer.wte": (vocabulary + 1, 256), "transformer.ln_f": (256,)}
    for layer in range(6):
        shapes |= {
            f"transformer.h.{layer}.{name}": shape
            for name, shape in {
                "attn.attn": (768, 256),
                "attn.proj": (256, 256),
                "norm_1": (256,),
                "norm_2": (256,),
                "mlp.swiglu.w1": (1024, 256),
                "mlp.swiglu.w2": (1024, 256),
                "mlp.swiglu.w3": (256, 1024),
            }.items()
        }
    return {f"{name}.weight": torch.randn(shape).half() * 0.05 for name, shape in shapes.items()}


def test_without_a_config_its_sizes_are_read_from_the_tensors(tmp_path: Path) -> None:
    save_file(tensors_of_6m(), tmp_path / "mdm-6M-100e18.safetensors", metadata={"format": "pt"})
    model = load(tmp_path, device="cpu", dtype="float32")
    config = model.network.config
    assert (config.num_attention_heads, config.num_hidden_layers, config.intermediate_size) == (4, 6, 1024)
    assert (model.mask_id, model.info.context, model.info.family) == (64, 2048, "smdm")
    shutil.copyfile(tmp_path / "mdm-6M-100e18.safetensors", tmp_path / "other.safetensors")
    assert load(tmp_path, device="cpu", dtype="float32").mask_id == 64
    shutil.copyfile(tmp_path / "mdm-6M-100e18.safetensors", tmp_path / "mdm-6M-300e18.safetensors")
    several = r"holds 2 checkpoints \(mdm-6M-100e18.safetensors and mdm-6M-300e18.safetensors among them\): put one"
    with pytest.raises(ModelError, match=several):
        load(tmp_path, device="cpu")


@pytest.mark.parametrize("name", ["transformer.wte", "transformer.h.0.mlp.swiglu.w1"])
@pytest.mark.parametrize("shape", [(65,), (), (65, 256, 1)])
def test_tensors_that_are_no_matrices_are_refused(tmp_path: Path, name: str, shape: tuple[int, ...]) -> None:
    tensors = tensors_of_6m() | {f"{name}.weight": torch.zeros(shape)}
    save_file(tensors, tmp_path / "mdm-6M-100e18.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=f"its {name}.weight is no matrix: it is no SMDM checkpoint"):
        load(tmp_path, device="cpu")


def test_without_a_config_it_is_copied_and_the_copy_has_one(tmp_path: Path) -> None:
    source = tmp_path / "mdm"
    source.mkdir()
    save_file(tensors_of_6m(), source / "mdm-6M-100e18.safetensors", metadata={"format": "pt"})
    copy = saving.save_quantized(str(source), "nf4", tmp_path / "copy", device="cpu")
    fresh, again = load(source, device="cpu", quantization="nf4"), load(copy, device="cpu")
    assert (again.info.family, again.mask_id, again.info.context) == ("smdm", 64, 2048)
    ids = torch.randint(0, 64, (1, 12))
    everywhere = torch.ones_like(ids, dtype=torch.bool)
    with torch.no_grad():
        assert torch.equal(again.logits(ids, None, everywhere), fresh.logits(ids, None, everywhere))


def test_a_size_that_is_not_in_the_table_is_refused(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(GOLDEN / NAME, tmp_path / "copy"))
    (copy / "config.json").unlink()
    with pytest.raises(ModelError, match=r"3 layers, 64 wide.* are of none of SMDM's sizes"):
        load(copy, device="cpu")
    other = tmp_path / "other"
    other.mkdir()
    save_file({"weight": torch.zeros(2)}, other / "what.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"holds no config.json, so it is no checkpoint"):
        load(other, device="cpu")
