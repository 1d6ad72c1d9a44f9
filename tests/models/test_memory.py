"""What a model takes is told before it is downloaded or loaded, with the nearest choice that fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from llada_tui.diffusion import logit_budget
from llada_tui.models import catalog, machine, memory
from llada_tui.models.errors import DoesNotFit, ModelError
from llada_tui.models.families.llada import LLaDAConfig
from llada_tui.models.loading import load
from llada_tui.models.weights import Weights
from tests.checkpoints import make_checkpoint

CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)
WIDE, INNER, VOCABULARY, LAYERS = 4096, 12288, 126_464, 32


def eight_billion(quantization: str | None = None, dtype: str = "bfloat16") -> tuple[Any, Weights]:
    """LLaDA-8B's configuration and the shapes of its weights."""
    config = LLaDAConfig(
        hidden_size=WIDE,
        intermediate_size=INNER,
        vocab_size=VOCABULARY,
        num_hidden_layers=LAYERS,
        num_attention_heads=32,
        num_key_value_heads=32,
        max_position_embeddings=4096,
    )
    shapes: dict[str, tuple[int, ...]] = {"wte.weight": (VOCABULARY, WIDE), "ff_out.weight": (VOCABULARY, WIDE)}
    shapes["ln_f.weight"] = (WIDE,)
    for layer in range(LAYERS):
        for name in ("q_proj", "k_proj", "v_proj", "attn_out"):
            shapes[f"model.blocks.{layer}.{name}.weight"] = (WIDE, WIDE)
        for name in ("ff_proj", "up_proj", "ff_out"):
            shapes[f"model.blocks.{layer}.{name}.weight"] = (INNER, WIDE)
        for name in ("attn_norm", "ff_norm"):
            shapes[f"model.blocks.{layer}.{name}.weight"] = (WIDE,)
    return config, Weights(shapes, dtype, quantization)


def test_the_shapes_are_those_of_the_catalog() -> None:
    checkpoint = catalog.find("8b")
    assert checkpoint is not None
    _, weights = eight_billion()
    assert (len(weights.shapes), weights.parameters) == (291, checkpoint.parameters)
    assert catalog.quantized_bytes(weights.linear, weights.parameters - weights.linear, "nf4") == checkpoint.nf4_bytes


def test_what_eight_billion_parameters_take() -> None:
    config, weights = eight_billion()

    def gigabytes(dtype: torch.dtype, quantization: str | None, canvas: int = 512) -> float:
        return memory.needed(weights, config, dtype, quantization, canvas) / 1e9

    assert 16.03 < gigabytes(torch.bfloat16, None) < 18
    assert gigabytes(torch.float32, None) > 32
    assert 9 < gigabytes(torch.bfloat16, "int8") < 10.7
    assert 5.6 < gigabytes(torch.bfloat16, "nf4") < 7.2
    # Keys and values are half a megabyte a token, logits in two dtypes three quarters.
    longer = gigabytes(torch.bfloat16, None, 4096) - gigabytes(torch.bfloat16, None, 2048)
    assert 2048 * (2 * 32 * 4096 * 2 + 126_464 * 6) / 1e9 < longer < 2048 * 1.6e6 / 1e9


@pytest.mark.parametrize(("device", "at_once"), [("cpu", 2**19), ("cuda", 512 * VOCABULARY)])
def test_the_check_reckons_with_the_logits_that_the_sampler_holds(device: str, at_once: int) -> None:
    config, _ = eight_billion()
    assert min(logit_budget.at_work(device), 512 * VOCABULARY) == at_once
    held = 512 * VOCABULARY * (2 + 4) + 4 * logit_budget.COPIES * at_once
    config.vocab_size = 1
    others = memory.working(config, 2, 512, device)
    config.vocab_size = VOCABULARY
    assert memory.working(config, 2, 512, device) - others == pytest.approx(held, rel=1e-3)


def refusal(monkeypatch: pytest.MonkeyPatch, free: dict[str, float], device: torch.device, **options: Any) -> str:
    """The refusal of LLaDA-8B when there are so many GB free."""
    monkeypatch.setattr(memory, "free", lambda device: int(free[device.type] * 1e9))
    config, weights = eight_billion(options.pop("saved", None), options.pop("stored", "bfloat16"))
    with pytest.raises(DoesNotFit) as raised:
        memory.plan("the 8B", config, weights, device, **options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_the_nearest_choice_that_fits_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, {"cpu": 11.2}, CPU)
    assert message.startswith("the 8B needs 17.")
    assert "GB in bfloat16, and 11.2 GB are free on this machine: try --quantization int8 (10." in message
    assert "try --quantization nf4 (6." in refusal(monkeypatch, {"cpu": 8}, CPU)
    assert "try --quantization nf4 (6." in refusal(monkeypatch, {"cpu": 8}, CPU, quantization="int8")
    assert "try --dtype bfloat16 (17." in refusal(monkeypatch, {"cpu": 20}, CPU, dtype="float32")
    assert "use a smaller model, such as demo" in refusal(monkeypatch, {"cpu": 4}, CPU)
    assert "needs 6." in refusal(monkeypatch, {"cpu": 4}, CPU, quantization="nf4")


def test_a_copy_that_is_quantised_already_is_not_told_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, {"cpu": 8}, CPU, saved="int8", quantization="int8")
    assert "in int8, and 8.0 GB are free on this machine: use a smaller model" in message


def test_a_gpu_that_is_too_small_has_the_machine_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert "11.2 GB are free on cuda:0: try --quantization int8 (11.0 GB)" in refusal(
        monkeypatch, {"cuda": 11.2, "cpu": 64}, CUDA
    )
    assert "try --device cpu (17." in refusal(monkeypatch, {"cuda": 4, "cpu": 64}, CUDA)
    assert "try --quantization nf4 --device cpu (6." in refusal(monkeypatch, {"cuda": 4, "cpu": 8}, CUDA)
    assert "try --quantization nf4 --device cpu (6." in refusal(
        monkeypatch, {"cuda": 4, "cpu": 8}, CUDA, quantization="nf4"
    )
    assert "use a smaller model" in refusal(monkeypatch, {"cuda": 4, "cpu": 4}, CUDA)


def test_several_gpus_are_used_together_only_when_one_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    config, weights = eight_billion()
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(memory, "free", lambda device: 11 * 10**9)
    assert memory.plan("x", config, weights, CUDA, spread=True).device_map == "auto"
    assert memory.plan("x", config, weights, CUDA, quantization="nf4", spread=True).device_map == {"": CUDA}
    with pytest.raises(DoesNotFit):
        memory.plan("x", config, weights, CUDA)


def test_a_longer_canvas_needs_more(monkeypatch: pytest.MonkeyPatch) -> None:
    config, weights = eight_billion()
    monkeypatch.setattr(memory, "free", lambda device: 18 * 10**9)
    assert memory.plan("x", config, weights, CPU, canvas=512).dtype == torch.bfloat16
    with pytest.raises(DoesNotFit):
        memory.plan("x", config, weights, CPU, canvas=4096)


def test_it_is_said_before_anything_is_loaded_and_can_be_overruled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_checkpoint(tmp_path, vocabulary=4096)
    monkeypatch.setattr(memory, "free", lambda device: 100_000)
    progress: list[tuple[str, int, int]] = []
    with pytest.raises(ModelError, match=r"needs 2\d MB in float32, and 100 kB are free"):
        load(folder, device="cpu", progress=lambda *stage: progress.append(stage))
    assert progress == []
    assert load(folder, device="cpu", force=True).info.dtype == "float32"


def test_what_is_free_is_no_more_than_the_container_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"memory.max": 1000, "memory.current": 400}
    monkeypatch.setattr(machine, "of_container", files.get)
    assert memory.free(CPU) == 600
    assert machine.main_memory().total == 1000
    files["memory.current"] = 2000
    assert memory.free(CPU) == 0
    files.clear()
    assert memory.free(CPU) > 1000


def test_the_list_says_that_a_model_fits_where_it_would_be_loaded_alone() -> None:
    """Nothing is called fitting that the check before loading refuses."""
    checkpoint = catalog.find("8b")
    assert checkpoint is not None
    config, weights = eight_billion()
    for quantization, held in ((None, checkpoint.bf16_bytes), ("nf4", checkpoint.nf4_bytes)):
        for device in ("cpu", "cuda"):
            need = memory.needed(weights, config, torch.bfloat16, quantization, memory.CANVAS, device)
            assert need <= checkpoint.needed(held, device) < 1.1 * need
