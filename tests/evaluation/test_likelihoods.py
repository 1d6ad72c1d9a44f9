"""Likelihoods of the harness's model against the published ones: recorded, and computed again."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean, stdev

import pytest
import torch

from llada_tui.api import Model
from llada_tui.diffusion.mask_draws import published_counts
from llada_tui.evaluation import HarnessModel
from llada_tui.evaluation.published_text import encode_pair
from llada_tui.models.errors import ModelError
from tests.evaluation import published
from tests.evaluation.support import demo, golden, golden_model, likelihood, question
from tests.former_demo import former_demo

PAIRS = [
    (question("What is 57 + 38?") + "57 + 38 =", " 95.<|eot_id|>"),
    (question("What is 57 + 38?") + "57 + 38 =", " 94.<|eot_id|>"),
    ("The sky is ", "blue."),
    (question("What is the capital of France?"), "Paris"),
]


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return former_demo(tmp_path_factory.mktemp("former"))


@pytest.mark.parametrize("pair", golden()[0]["encode_pair"], ids=lambda pair: repr(pair["context"]))
def test_a_pair_is_cut_as_published(pair: dict[str, object]) -> None:
    ids = encode_pair(demo().loaded, str(pair["context"]), str(pair["continuation"]))
    assert ids == (pair["context_ids"], pair["continuation_ids"])


def test_mask_counts_are_the_published_ones() -> None:
    expected, tensors = golden()
    for length in (1, 2, 3, 4, 8, 10, 12, 20, 57):
        for batch in (1, 4, 8, 16, 32):
            for first in {1, 2, length // 2 + 1, length} & {*range(1, length + 1)}:
                counts = published_counts(first, length, batch).tolist()
                assert counts == published.mask_counts(first, length, batch)
    for case in expected["likelihood"]:
        length = len(case["continuation_ids"])
        for ratios in tensors[f"likelihood{case['index']}.mask_ratio"]:
            counts = (ratios * length).round().long().tolist()
            assert counts in [published_counts(first, length, len(counts)).tolist() for first in range(1, length + 1)]


def test_the_recorded_losses_are_those_of_the_former_model(former: Model) -> None:
    """What `tests.evaluation.published` computes is what the published code computed."""
    expected, tensors = golden()
    for case in expected["likelihood"]:
        name, answer = f"likelihood{case['index']}", torch.tensor(case["continuation_ids"])
        for rows, ratio, loss in zip(
            tensors[f"{name}.perturbed"].long(),
            tensors[f"{name}.mask_ratio"],
            tensors[f"{name}.loss_per_batch"].tolist(),
            strict=True,
        ):
            with torch.inference_mode():
                value = published.loss(former.loaded, rows, answer, ratio, case["cfg_scale"])
            assert value == pytest.approx(loss, rel=1e-4, abs=1e-5)


def test_greedy_is_as_recorded(former: Model) -> None:
    for cfg in (0.0, 0.5, 1.0):
        cases = [case for case in golden()[0]["likelihood"] if case["cfg_scale"] == cfg]
        model = HarnessModel(former, mc_num=1, cfg_scale=cfg, check_greedy=True)
        results = model.loglikelihood([likelihood(case["context"], case["continuation"]) for case in cases])
        assert [greedy for _, greedy in results] == [case["is_greedy"] for case in cases]


def agree(model: Model, context: str, continuation: str, cfg: float) -> None:
    """Our estimate and the published one differ by less than 4 standard errors of their difference."""
    prompt, answer = encode_pair(model.loaded, context, continuation)
    ours = [
        HarnessModel(model, batch_size=8, mc_num=32, strata=8, cfg_scale=cfg, seed=seed).loglikelihood(
            [likelihood(context, continuation)]
        )[0][0]
        for seed in range(4)
    ]
    theirs = published.samples(model.loaded, prompt, answer, 96, 8, cfg, seed=7)
    error = (stdev(ours) ** 2 / len(ours) + stdev(theirs) ** 2 / len(theirs)) ** 0.5
    assert abs(fmean(ours) - fmean(theirs)) <= 4 * error + 1e-6


@pytest.mark.parametrize(("number", "cfg"), [(0, 0.0), (1, 1.5), (2, 0.0), (3, 1.5)])
def test_the_embedded_model_s_likelihoods_are_the_published_ones(number: int, cfg: float) -> None:
    agree(demo(), *PAIRS[number], cfg)


@pytest.mark.parametrize("name", ["llada-tiny-mha", "llada-tiny-gqa-sharded"])
def test_golden_checkpoints_likelihoods_are_the_published_ones(name: str, tmp_path: Path) -> None:
    model = golden_model(name, tmp_path)
    agree(model, "one two", " three", 0.0)
    agree(model, "one two", " three", 0.5)


@pytest.mark.parametrize("cfg", [0.0, 1.0])
def test_greedy_is_the_published_check(cfg: float) -> None:
    requests = [likelihood(*pair) for pair in PAIRS]
    results = HarnessModel(demo(), mc_num=1, cfg_scale=cfg, check_greedy=True).loglikelihood(requests)
    expected = [
        published.writes(demo().loaded, *encode_pair(demo().loaded, context, continuation), cfg)
        for context, continuation in PAIRS
    ]
    assert [greedy for _, greedy in results] == expected
    assert True in expected
    assert False in expected
    assert not any(greedy for _, greedy in HarnessModel(demo(), mc_num=1).loglikelihood(requests))


def test_a_value_depends_on_its_request_alone() -> None:
    requests = [likelihood(*pair) for pair in PAIRS]
    values = [value for value, _ in HarnessModel(demo(), mc_num=4, strata=2).loglikelihood(requests)]
    for batch_size in (1, 3, 8, 64):
        model = HarnessModel(demo(), mc_num=4, strata=2, batch_size=batch_size, cfg_scale=0.0)
        scores = model.loglikelihood(requests[::-1])[::-1]
        assert [value for value, _ in scores] == pytest.approx(values, rel=1e-4, abs=1e-5)
    other = HarnessModel(demo(), mc_num=4, strata=2, seed=1).loglikelihood(requests)
    assert [value for value, _ in other] != pytest.approx(values, rel=1e-4, abs=1e-5)


def test_samples_come_in_whole_batches() -> None:
    with pytest.raises(ModelError, match="multiple of strata, 12"):
        HarnessModel(demo(), mc_num=128, strata=12).loglikelihood([])
    with pytest.raises(ModelError, match="above 0"):
        HarnessModel(demo(), batch_size="auto")
    with pytest.raises(ModelError, match="perplexity"):
        HarnessModel(demo()).loglikelihood_rolling([])
