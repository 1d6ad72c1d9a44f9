"""Many answers scored together have the values that each has alone."""

from __future__ import annotations

import json

import pytest

from llada_tui.api import Model, load_model
from llada_tui.models.errors import ModelError
from llada_tui.models.scoring import score_pairs, scored_pair
from tests.benchmarks.golden import ROOT

PAIRS = [
    scored_pair([3, 1, 4], [1, 5, 9], 1),
    scored_pair([2, 7, 1, 8, 2, 8], [1, 8], 2),
    scored_pair([5], [3, 5, 8, 9, 7], 3),
]


def loaded(name: str) -> Model:
    expected = json.loads((ROOT / name / "expected.json").read_text())
    return load_model(ROOT / name, device="cpu", mask_id=expected["mask_id"])


@pytest.mark.parametrize("name", ["llada-tiny-mha", "sdar-tiny", "a2d-qwen3-bd3lm-tiny", "dream-tiny"])
def test_scores_together_are_those_alone(name: str) -> None:
    model = loaded(name)
    together = score_pairs(model.loaded, PAIRS, mc_num=6, cfg_scale=0.5, batch_size=4, strata=3)
    alone = [score_pairs(model.loaded, [each], mc_num=6, cfg_scale=0.5, batch_size=3, strata=3)[0] for each in PAIRS]
    totals = [likelihood.total for likelihood in alone]
    assert [likelihood.total for likelihood in together] == pytest.approx(totals, rel=1e-4)


def test_what_cannot_be_scored_is_a_sentence() -> None:
    model = loaded("llada-tiny-mha").loaded
    with pytest.raises(ModelError, match="must hold a token"):
        score_pairs(model, [*PAIRS, scored_pair([1], [], 0)], mc_num=2, cfg_scale=0, batch_size=2, strata=1)
    with pytest.raises(ModelError, match="the model reads at most"):
        score_pairs(model, [scored_pair([1] * 10_000, [2], 0)], mc_num=2, cfg_scale=0, batch_size=2, strata=1)
