"""Quantised models: what of them shrinks, and that a saved copy is the same to the last bit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from llada_tui.models import saving, weights
from llada_tui.models.catalog import quantized_bytes
from llada_tui.models.errors import ModelError
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.loading import load
from llada_tui.settings.sampler_settings import SamplerSettings
from tests.checkpoints import MASK, make_checkpoint
from tests.conftest import first_quick

GOLDEN = Path(__file__).parents[1] / "golden"
SHAPE: dict[str, Any] = {"width": 128, "mlp": 256, "dtype": torch.bfloat16}


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("sharded"), shards=3, **SHAPE)


def logits(model: LoadedModel) -> torch.Tensor:
    ids = torch.arange(30)[None]
    with torch.no_grad():
        return model.logits(ids, None, torch.ones_like(ids, dtype=torch.bool))


def copy(source: Path, folder: Path, quantization: str, **options: Any) -> Path:
    return saving.save_quantized(str(source), quantization, folder, device="cpu", **options)


@pytest.mark.parametrize(
    ("quantization", "shard"),
    [
        ("nf4", "100KB"),
        ("int8", "2GB"),
        pytest.param("nf4", "2GB", marks=pytest.mark.slow),
        pytest.param("int8", "100KB", marks=pytest.mark.slow),
    ],
)
def test_a_copy_is_the_same_to_the_last_bit(
    sharded: Path, tmp_path: Path, quantization: str, shard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "_SHARD", shard)
    fresh = load(sharded, device="cpu", quantization=quantization)
    folder = copy(sharded, tmp_path / "copy", quantization)
    assert len(list(folder.glob("*.safetensors"))) == (1 if shard == "2GB" else {"nf4": 4, "int8": 6}[quantization])
    again = load(folder, device="cpu")
    assert (again.info.quantization, again.info.dtype) == (quantization, "bfloat16")
    assert torch.equal(logits(again), logits(fresh))
    assert not torch.equal(logits(again), logits(load(sharded, device="cpu", dtype="bfloat16")))
    settings = SamplerSettings(steps=4, gen_length=8, block_length=8)
    canvas = torch.tensor([[65, 66, *[MASK] * 8]])
    written, reference = (list(model.denoise(canvas, settings, prompt_length=2))[-1].canvas for model in (again, fresh))
    assert torch.equal(written, reference)


@pytest.mark.parametrize("quantization", first_quick(["nf4", "int8"]))
@pytest.mark.parametrize(
    "golden", sorted(path.parent for path in GOLDEN.glob("*/expected.json")), ids=lambda path: path.name
)
def test_every_family_is_quantised_and_copied(golden: Path, tmp_path: Path, quantization: str) -> None:
    expected = json.loads((golden / "expected.json").read_text())
    fresh = load(golden, device="cpu", quantization=quantization, mask_id=expected["mask_id"])
    folder = copy(golden, tmp_path / "copy", quantization)
    again = load(folder, device="cpu", mask_id=expected["mask_id"])
    assert again.info.quantization == quantization
    assert torch.equal(logits(again), logits(fresh))
    assert weights.inspect(folder).parameters == weights.inspect(golden).parameters


def test_a_copy_has_the_blocks_that_the_originals_name_stands_for(tmp_path: Path) -> None:
    """Its own name says something else."""
    for kind, other, size in (("bd3lm", "mdlm", 32), ("mdlm", "bd3lm", 0)):
        source = Path(shutil.copytree(GOLDEN / "a2d-qwen3-bd3lm-tiny", tmp_path / f"qwen3-{kind}-v0.1"))
        folder = saving.save_quantized(str(source), "nf4", tmp_path / f"{other}-copy", device="cpu")
        assert load(folder, device="cpu", mask_id=630).info.block_size == size


def _bytes(model: LoadedModel, *names: str) -> int:
    """Of the parameters whose names hold one of ``names``, with the scales that bitsandbytes keeps beside them."""
    total = 0
    for name, parameter in model.network.named_parameters():  # type: ignore[attr-defined]
        if any(part in name for part in names):
            total += parameter.numel() * parameter.element_size()
            state = getattr(parameter, "quant_state", None)
            if state is not None:
                total += sum(
                    tensor.numel() * tensor.element_size()
                    for key, tensor in state.as_dict(packed=True).items()
                    if key in ("absmax", "nested_absmax")
                )
    return total


@pytest.mark.parametrize(("quantization", "share"), [("nf4", 0.25), ("int8", 0.5)])
def test_the_matrices_shrink_and_the_rest_stays(tmp_path: Path, quantization: str, share: float) -> None:
    folder = make_checkpoint(tmp_path, width=256, mlp=768, dtype=torch.bfloat16)
    half = load(folder, device="cpu", dtype="bfloat16")
    small = load(folder, device="cpu", quantization=quantization)
    assert _bytes(small, "proj") / _bytes(half, "proj") == pytest.approx(share, rel=0.04)
    rest = ("embed", "lm_head", "norm")
    assert _bytes(small, *rest) == _bytes(half, *rest)
    inspected = weights.inspect(folder)
    reckoned = quantized_bytes(inspected.linear, inspected.parameters - inspected.linear, quantization)
    assert _bytes(small, "") == pytest.approx(reckoned, rel=0.01)


def test_a_copy_is_a_checkpoint_of_its_own(sharded: Path, tmp_path: Path) -> None:
    progress: list[tuple[str, int, int]] = []
    folder = copy(sharded, tmp_path / "deep" / "copy", "nf4", progress=lambda *stage: progress.append(stage))
    assert [entry.name for entry in folder.parent.iterdir()] == ["copy"]
    assert {stage for stage, *_ in progress} == {"load", "save"}
    assert progress[-1] == ("save", 1, 1)
    original_config, copied_config = (json.loads((path / "config.json").read_text()) for path in (sharded, folder))
    assert copied_config.items() >= {**original_config, "torch_dtype": None}.items() - {("torch_dtype", None)}
    assert copied_config["quantization_config"]["bnb_4bit_quant_type"] == "nf4"
    assert (folder / "tokenizer.json").read_bytes() == (sharded / "tokenizer.json").read_bytes()
    assert "quantised to nf4 by llada-tui" in (folder / "README.md").read_text()
    assert load(folder, device="cpu").info.chat
    assert not list(folder.glob("*.bin"))


def test_a_copy_of_a_model_that_does_not_chat_does_not_either(
    sharded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = saving.loading.load

    def base(*args: Any, **options: Any) -> LoadedModel:
        model = plain(*args, **options)
        model.info = type(model.info)(
            **{**{n: getattr(model.info, n) for n in model.info.__struct_fields__}, "chat": False}
        )
        return model

    with monkeypatch.context() as patch:
        patch.setattr(saving.loading, "load", base)
        folder = copy(sharded, tmp_path / "copy", "nf4")
    assert not load(folder, device="cpu").info.chat


def test_shapes_of_a_copy_count_what_they_stand_for(sharded: Path, tmp_path: Path) -> None:
    original = weights.inspect(sharded)
    for quantization in ("nf4", "int8"):
        inspected = weights.inspect(copy(sharded, tmp_path / quantization, quantization))
        assert inspected.quantization == quantization
        assert (inspected.parameters, inspected.linear, inspected.dtype) == (
            original.parameters,
            original.linear,
            "bfloat16",
        )
        assert len(inspected.shapes) == len(original.shapes)


def refused(sentence: str, source: Path, folder: Path, quantization: str = "nf4") -> None:
    with pytest.raises(ModelError, match=sentence) as raised:
        copy(source, folder, quantization)
    assert "\n" not in str(raised.value)


def test_what_cannot_be_copied(sharded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = copy(sharded, tmp_path / "small", "nf4")
    refused("exists already: name another folder with --out", sharded, small)
    refused("is quantised already, to nf4: take the original", small, tmp_path / "again")
    refused("is saved in nf4: leave out --quantization, or take the original for int8", small, tmp_path / "x", "int8")
    refused("no quantization 'int3'", sharded, tmp_path / "x", "int3")
    (tmp_path / "file").touch()
    refused("cannot be written", sharded, tmp_path / "file" / "copy")
    with monkeypatch.context() as patch:
        patch.setattr(saving.shutil, "disk_usage", lambda place: SimpleNamespace(free=10))
        refused(r"The copy takes \d+ kB and 0 kB are free on the disk", sharded, tmp_path / "full")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "small"]


def test_a_copy_that_breaks_off_leaves_nothing(sharded: Path, tmp_path: Path) -> None:
    class Stop(BaseException):
        pass

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "save":
            raise Stop

    with pytest.raises(Stop):
        copy(sharded, tmp_path / "copy", "nf4", progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method", ["gptq", None])
def test_other_quantisations_are_refused(sharded: Path, tmp_path: Path, method: str | None) -> None:
    folder = copy(sharded, tmp_path / "copy", "nf4")
    config = json.loads((folder / "config.json").read_text())
    config["quantization_config"]["quant_method"] = method
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=f"quant_method = {method!r}"):
        load(folder, device="cpu")
