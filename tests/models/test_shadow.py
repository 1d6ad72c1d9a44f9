"""Verifying tokens by a shadow of their block, on real attention."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from llada_tui import SamplerSettings, load_model
from llada_tui.api import Model
from llada_tui.settings.sampler_settings import SettingsError

GOLDEN = Path(__file__).parents[1] / "golden"
SEEING = ("llada-tiny-mha", "llada-moe-tiny")


def load(name: str) -> Model:
    mask_id = json.loads((GOLDEN / name / "expected.json").read_text())["mask_id"]
    return load_model(GOLDEN / name, device="cpu", dtype="float32", mask_id=mask_id)


@pytest.fixture(scope="module", params=SEEING)
def model(request: pytest.FixtureRequest) -> Model:
    return load(request.param)


def shadowed(model: Model, ids: list[list[int]], rows: torch.Tensor, begin: int, end: int) -> torch.Tensor:
    with torch.inference_mode():
        return model.loaded.shadow_logits(torch.tensor(ids), None, rows, begin, end)


def test_the_sequence_does_not_see_its_shadow(model: Model) -> None:
    mask = model.loaded.mask_id
    ids = [5, 6, 7, mask, 9, mask]
    rows = torch.tensor([[True] * 6 + [False] * 3])
    actual = shadowed(model, [[*ids, mask, mask, mask]], rows, 3, 6)
    assert torch.allclose(actual, model.logits(ids)[0], atol=1e-5)


def test_the_shadow_of_one_position_predicts_as_if_it_were_masked(model: Model) -> None:
    # With nothing else in the sequence: other positions see the token, and the shadow sees them.
    mask = model.loaded.mask_id
    rows = torch.tensor([[False, True]])
    alone = shadowed(model, [[9, mask]], rows, 0, 1)
    assert torch.allclose(alone, model.logits([mask])[0], atol=1e-5)
    other = shadowed(model, [[8, mask]], rows, 0, 1)
    assert torch.allclose(alone, other, atol=1e-5)


def test_padding_changes_nothing(model: Model) -> None:
    mask = model.loaded.mask_id
    rows = torch.tensor([[False] * 3 + [True] * 5])
    plain = shadowed(model, [[5, 6, 7, 9, mask, 3, mask, mask]], rows, 3, 5)
    ids = torch.tensor([[1, 1, 5, 6, 7, 9, mask, 3, mask, mask]])
    attention_mask = torch.tensor([[0, 0, 1, 1, 1, 1, 1, 1]])
    with torch.inference_mode():
        padded = model.loaded.shadow_logits(ids, attention_mask, torch.cat([rows[:, :2], rows], 1), 5, 7)
    assert torch.allclose(plain, padded, atol=1e-5)


def test_a_run_that_takes_back_ends_with_no_mask_left(model: Model) -> None:
    run_settings = SamplerSettings(
        steps=24, gen_length=24, block_length=24, remasking="wino", remasking_params={"draft": 0.0}
    )
    steps = list(model.denoise([5, 6, 7], run_settings))
    assert any(step.rows[0].remasked for step in steps)
    assert not (steps[-1].canvas[0, 3:] == model.loaded.mask_id).any()


@pytest.mark.parametrize("name", ["dream-tiny", "llada2-tiny"])
def test_models_that_cannot_say_so(name: str) -> None:
    model = load(name)
    run_settings = SamplerSettings(steps=32, gen_length=32, block_length=32, remasking="wino")
    with pytest.raises(SettingsError, match="wino verifies tokens in a way that this model cannot"):
        model.denoise([5, 6, 7], run_settings)
