"""Checkpoints of every shape load, and each that cannot is refused in one sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from llada_tui.models import devices, quantize
from llada_tui.models.errors import ModelError
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.loading import load
from llada_tui.settings.sampler_settings import SamplerSettings
from tests.checkpoints import EOS, EOT, MASK, make_checkpoint


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("plain"))


@pytest.fixture
def copy(plain: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plain, tmp_path / "copy"))


def logits(model: LoadedModel) -> torch.Tensor:
    ids = torch.arange(20)[None]
    with torch.no_grad():
        return model.logits(ids, None, torch.ones_like(ids, dtype=torch.bool)).float()


def test_what_is_loaded_is_told(plain: Path) -> None:
    progress: list[tuple[str, int, int]] = []
    info = load(str(plain), device="cpu", progress=lambda *stage: progress.append(stage)).info
    assert (info.family, info.dtype, info.device, info.vocab_size, info.context) == (
        "llada",
        "float32",
        "cpu",
        272,
        256,
    )
    assert (info.mask_id, info.eos_id, info.eot_id, info.chat, info.demo) == (MASK, EOS, EOT, True, False)
    assert progress[0] == ("load", 0, 21)
    assert progress[-1] == ("load", 21, 21)


def test_shards_and_a_single_file_are_the_same(plain: Path, tmp_path: Path) -> None:
    sharded = make_checkpoint(tmp_path, shards=3)
    assert torch.equal(logits(load(sharded, device="cpu")), logits(load(plain, device="cpu")))


@pytest.mark.parametrize(
    "shape",
    [
        {"kv_heads": 2},
        {"kv_heads": 1, "layers": 3},
        {"tied": True},
        {"width": 96, "heads": 3, "mlp": 160, "vocabulary": 300},
        {"dtype": torch.bfloat16},
        {"dtype": torch.float16},
    ],
    ids=str,
)
def test_other_shapes_load_and_write(shape: dict[str, Any], tmp_path: Path) -> None:
    model = load(make_checkpoint(tmp_path, **shape), device="cpu")
    canvas = torch.tensor([[65, 66, *[MASK] * 8]])
    steps = list(model.denoise(canvas, SamplerSettings(steps=4, gen_length=8, block_length=8), prompt_length=2))
    assert len(steps) == 4
    assert bool(torch.isfinite(logits(model)).all())


def test_missing_widths_have_the_hubs_defaults(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path, mlp=256, config={"mlp_hidden_size": None, "mlp_ratio": 4, "n_kv_heads": None})
    assert load(folder, device="cpu").network.config.intermediate_size == 256


def test_dtypes(plain: Path, tmp_path: Path) -> None:
    assert load(plain, device="cpu", dtype="bfloat16").info.dtype == "bfloat16"
    small = make_checkpoint(tmp_path, dtype=torch.bfloat16)
    model = load(small, device="cpu")
    assert model.info.dtype == "float32"
    half = load(small, device="cpu", dtype="bfloat16")
    assert half.network.model.rotary_emb.inv_freq.dtype == torch.float32
    assert (logits(half) - logits(model)).abs().max() < 0.5


@pytest.mark.parametrize(("quantization", "tolerance"), [("nf4", 4.0), ("int8", 0.5)])
def test_quantized_models_are_close(plain: Path, quantization: str, tolerance: float) -> None:
    model = load(plain, device="cpu", quantization=quantization)
    assert model.info.quantization == quantization
    kind = type(model.network.model.layers[0].mlp.down_proj).__name__
    assert kind == {"nf4": "Linear4bit", "int8": "Linear8bitLt"}[quantization]
    assert type(model.network.lm_head) is torch.nn.Linear
    assert (logits(model) - logits(load(plain, device="cpu"))).abs().max() < tolerance


def test_special_ids_can_be_given_and_are_checked(plain: Path, tmp_path: Path) -> None:
    info = load(plain, device="cpu", mask_id=1, eos_id=2, eot_id=3).info
    assert (info.mask_id, info.eos_id, info.eot_id) == (1, 2, 3)
    with pytest.raises(ModelError, match="mask_id is 999, and the model's ids are below 272"):
        load(plain, device="cpu", mask_id=999)
    unnamed = make_checkpoint(tmp_path / "unnamed", config={"mask_token_id": None, "eos_token_id": None})
    info = load(unnamed, device="cpu").info
    assert (info.mask_id, info.eos_id, info.eot_id) == (MASK, EOS, EOT)
    bare = make_checkpoint(tmp_path / "bare", tokenizer=False, config={"mask_token_id": None, "eos_token_id": [4, 5]})
    with pytest.raises(ModelError, match=r"does not name its mask token: write its id into config\.json"):
        load(bare, device="cpu")
    info = load(bare, device="cpu", mask_id=7).info
    assert (info.mask_id, info.eos_id, info.eot_id) == (7, 4, None)


def refused(source: object, sentence: str, **options: Any) -> None:
    with pytest.raises(ModelError, match=sentence) as raised:
        load(source, **{"device": "cpu", **options})  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)
    assert str(raised.value).endswith((".", ")"))


def change(folder: Path, **fields: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | fields))


def test_what_is_not_there(copy: Path, tmp_path: Path) -> None:
    refused("./nowhere", "There is no folder ./nowhere")
    refused(tmp_path / "nowhere", "There is no folder")
    refused(copy / "config.json", "is a file: give the folder")
    refused("nonsense", "'nonsense' is no model: give demo, 8b or another")
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    refused(copy, "pickled weights only")
    (copy / "pytorch_model.bin").unlink()
    refused(copy, "holds no model.safetensors")
    (copy / "config.json").unlink()
    refused(copy, "holds no config.json")


def test_weights_that_are_cut_or_broken(copy: Path, tmp_path: Path) -> None:
    weights = copy / "model.safetensors"
    whole = weights.read_bytes()
    for content in (whole[:-100], whole[:2000], whole[:5], b"", b"\xff" * 5000):
        weights.write_bytes(content)
        refused(copy, "cut short or damaged: delete it and download it again")
    sharded = make_checkpoint(tmp_path / "sharded", shards=3)
    (sharded / "model-00002-of-00003.safetensors").unlink()
    refused(sharded, "lacks model-00002-of-00003.safetensors, one of its 3 shards")
    index = sharded / "model.safetensors.index.json"
    index.write_text('{"weight_map": {"a": "../../x.safetensors"}}')
    refused(sharded, "points outside the folder")
    index.write_text("{")
    refused(sharded, "cannot be read")
    index.write_text("{}")
    refused(sharded, "names no weights")


def test_what_is_no_llada_that_we_know(copy: Path) -> None:
    change(copy, block_type="sequential")
    refused(copy, "not supported: its config.json has block_type = 'sequential'")
    change(copy, block_type="llama", num_experts=64)
    refused(copy, "mixture of experts .*num_experts = 64.* without expert_intermediate_size")
    change(copy, model_type="gpt2")
    refused(copy, "is no checkpoint of LLaDA or its relatives: its config.json has model_type = 'gpt2'")
    (copy / "config.json").write_text("[]")
    refused(copy, "holds no settings")
    (copy / "config.json").write_text("{")
    refused(copy, "cannot be read")


def test_weights_that_do_not_fit_the_config(copy: Path) -> None:
    change(copy, n_layers=3)
    refused(copy, r"lack 9 tensors \(model.layers.2")
    change(copy, n_layers=1)
    refused(copy, "have too much by 9 tensors")
    change(copy, n_layers=2, d_model=32, n_heads=2, n_kv_heads=2)
    refused(copy, "do not fit its config.json: they have in another shape 21 tensors")
    change(copy, init_std="wide")
    refused(copy, "describes no model that can be built")


def test_a_size_that_is_missing_or_none(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    for name in ("d_model", "n_layers", "n_heads"):
        (copy / "config.json").write_text(json.dumps({key: value for key, value in config.items() if key != name}))
        refused(copy, f"lacks {name}, so the model cannot be built")
    for name, value in (("d_model", "wide"), ("n_layers", 0), ("n_heads", True), ("mlp_hidden_size", 2.5)):
        (copy / "config.json").write_text(json.dumps({**config, name: value}))
        refused(copy, f"has {name} = {value!r}, which is no size")
    for name, value in (("rms_norm_eps", None), ("max_sequence_length", 0), ("rope_theta", -1)):
        (copy / "config.json").write_text(json.dumps({**config, name: value}))
        refused(copy, f"has {name} = {value!r}, which is no number above 0")


def test_a_config_of_a_model_much_larger_than_its_weights_takes_no_room(copy: Path) -> None:
    change(copy, d_model=8192, mlp_hidden_size=32768)
    began = psutil.Process().memory_info().rss
    refused(copy, r"hold [\d,]+ parameters, and its config.json describes a model of 2,[\d,]+")
    assert psutil.Process().memory_info().rss - began < 2**28


def test_sizes_that_make_no_model_are_a_sentence(copy: Path) -> None:
    change(copy, n_layers=60_000)
    refused(copy, r"are 21 tensors, and its config.json describes a model of 60,000 layers")
    change(copy, n_layers=2, n_heads=3, n_kv_heads=2)
    refused(copy, r"has d_model = 64 and n_heads = 3: the one must be a multiple of the other\.$")
    change(copy, n_heads=4, n_kv_heads=4, activation_type="silu", d_model=1)
    refused(copy, r"has d_model = 1 and n_heads = 4: the one must be a multiple of the other\.$")


def test_a_broken_tokenizer(copy: Path) -> None:
    (copy / "tokenizer.json").write_text("{}")
    refused(copy, "The tokenizer in .* cannot be read")


def test_options_that_do_not_exist(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(plain, "no quantization 'int3'", quantization="int3")
    refused(plain, "no dtype 'float8'", dtype="float8")
    refused(plain, "no device 'tpu'", device="tpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    refused(plain, "No CUDA GPU can be used here", device="cuda")
    monkeypatch.setattr(quantize, "find_spec", lambda name: None)
    refused(plain, "Quantization needs bitsandbytes", quantization="nf4")


def test_devices_are_chosen_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices.pick_device("auto") == torch.device("cuda", 0)
    assert devices.pick_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(ModelError, match="There is no cuda:2: this machine has 2 CUDA"):
        devices.pick_device("cuda:2")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert devices.pick_device("auto") == torch.device("mps")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert devices.pick_device("auto") == torch.device("cpu")
    with pytest.raises(ModelError, match="no Apple GPU"):
        devices.pick_device("mps")


def test_auto_dtype_on_the_cpu_depends_on_the_memory() -> None:
    cpu = torch.device("cpu")
    assert devices.pick_dtype("auto", "bfloat16", cpu, 1_000, 8_000) == torch.float32
    assert devices.pick_dtype("auto", "bfloat16", cpu, 1_000, 7_999) == torch.bfloat16
    assert devices.pick_dtype("auto", "float32", cpu, 1_000, 10) == torch.float32
    assert devices.pick_dtype("auto", "bfloat16", cpu, None, 10**12) == torch.bfloat16
    assert devices.pick_dtype("auto", "float32", cpu, None, 10**12) == torch.bfloat16
    assert devices.pick_dtype("auto", "float16", cpu, None, 10**12) == torch.float16


@pytest.mark.parametrize("native", [True, False])
def test_a_large_model_is_bfloat16_where_the_processor_is(native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "multiplies_bfloat16", lambda: native)
    cpu, large, room = torch.device("cpu"), 600_000_000, 10**12
    assert (devices.pick_dtype("auto", "bfloat16", cpu, large, room) == torch.bfloat16) == native
    assert devices.pick_dtype("auto", "bfloat16", cpu, 4_000_000, room) == torch.float32
    assert devices.pick_dtype("auto", "float16", cpu, large, room) == torch.float32
    assert devices.pick_dtype("auto", "float32", cpu, large, room) == torch.float32
    assert devices.pick_dtype("float32", "bfloat16", cpu, large, room) == torch.float32


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="no other system tells its processor's flags in a file")
def test_whether_a_processor_multiplies_bfloat16_is_what_its_flags_say() -> None:
    flags = set(Path("/proc/cpuinfo").read_text().split())
    assert devices.multiplies_bfloat16() == bool(flags & {"avx512_bf16", "amx_tile", "bf16"})
