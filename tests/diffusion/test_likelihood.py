"""The Monte Carlo log-likelihood: against what can be computed exactly, and against its own standard error."""

from __future__ import annotations

from itertools import combinations
from math import comb, isnan
from statistics import fmean, pstdev
from typing import Any

import pytest
import torch

from llada_tui.diffusion import likelihood, logit_budget
from llada_tui.diffusion.likelihood import Likelihood, ScoredPair, log_likelihood, log_likelihoods
from tests.diffusion.fakes import TablePredictor

PROMPT, ANSWER = [3, 1, 4], [1, 5, 2, 6, 5, 3, 7]


def score(predictor: TablePredictor, answer: list[int], **options: Any) -> Likelihood:
    return log_likelihood(predictor, torch.tensor(PROMPT), torch.tensor(answer), **options)


def log_probability(
    predictor: TablePredictor,
    answer: list[int],
    masked: tuple[int, ...],
    cfg_scale: float,
    unguided_prompt: list[int] | None = None,
    asked: tuple[int, ...] | None = None,
) -> float:
    """Of the masked tokens of an answer together, or of those that are asked about, from one sequence at a time.
    ``unguided_prompt``: the prompt as the unguided pass sees it, if not all masks."""
    noisy = [predictor.mask_id if place in masked else token for place, token in enumerate(answer)]

    def logits(prompt: list[int]) -> torch.Tensor:
        ids = torch.tensor([[*prompt, *noisy]])
        return predictor.logits(ids, None, torch.ones_like(ids, dtype=torch.bool))[len(prompt) :].double()

    unguided = logits(unguided_prompt or [predictor.mask_id] * len(PROMPT))
    mixed = unguided + (cfg_scale + 1) * (logits(PROMPT) - unguided)
    result = mixed.log_softmax(-1)
    return sum(result[place, answer[place]].item() for place in (masked if asked is None else asked))


def expectation(
    predictor: TablePredictor,
    answer: list[int],
    cfg_scale: float = 0.0,
    unguided_prompt: list[int] | None = None,
) -> float:
    """The published estimate's expectation: over the number of masks, then over their places."""
    length = len(answer)
    return fmean(
        length
        / count
        * sum(log_probability(predictor, answer, places, cfg_scale, unguided_prompt) for places in ways)
        / comb(length, count)
        for count in range(1, length + 1)
        for ways in [list(combinations(range(length), count))]
    )


@pytest.mark.parametrize("cfg_scale", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_short_answer_is_exact(length: int, cfg_scale: float) -> None:
    predictor = TablePredictor()
    result = score(predictor, ANSWER[:length], cfg_scale=cfg_scale)
    assert result.total == pytest.approx(expectation(TablePredictor(), ANSWER[:length], cfg_scale), rel=1e-5)
    assert (result.standard_error, result.samples) == (0, 2**length - 1)
    assert sum(rows for rows, _ in predictor.calls) == result.samples * (2 if cfg_scale else 1)


class KeepingPredictor(TablePredictor):
    """Guidance hides only the token in the middle of the prompt."""

    kept_in_guidance = (PROMPT[0], PROMPT[2])


def test_guidance_hides_no_token_that_is_kept() -> None:
    unguided = [PROMPT[0], KeepingPredictor().mask_id, PROMPT[2]]
    expected = expectation(TablePredictor(), ANSWER[:3], 1.5, unguided)
    assert score(KeepingPredictor(), ANSWER[:3], cfg_scale=1.5).total == pytest.approx(expected, rel=1e-5)
    assert expected != pytest.approx(expectation(TablePredictor(), ANSWER[:3], 1.5), rel=0.01)


def test_one_token_is_its_log_probability() -> None:
    result = score(TablePredictor(), [5], mc_num=1)
    assert result.total == pytest.approx(log_probability(TablePredictor(), [5], (0,), 0.0), rel=1e-5)
    assert result.tokens == [result.total]
    assert result.per_token == result.total


@pytest.mark.parametrize("cfg_scale", [0.0, 1.0])
def test_samples_agree_with_the_exact_value_and_their_error_tells_how_well(cfg_scale: float) -> None:
    exact = expectation(TablePredictor(), ANSWER, cfg_scale)
    result = [score(TablePredictor(), ANSWER, mc_num=48, cfg_scale=cfg_scale, seed=seed) for seed in range(200)]
    totals = [single.total for single in result]
    spread = pstdev(totals)
    assert abs(fmean(totals) - exact) < 4 * spread / len(totals) ** 0.5
    assert fmean(single.standard_error**2 for single in result) ** 0.5 == pytest.approx(spread, rel=0.2)
    assert all(single.samples == 48 for single in result)


def test_tokens_add_up() -> None:
    for mc_num in (20, 128):
        result = score(TablePredictor(), ANSWER[:6], mc_num=mc_num)
        assert sum(result.tokens) == pytest.approx(result.total)
        assert len(result.tokens) == 6
        assert result.per_token == pytest.approx(result.total / 6)


def test_the_seed_decides_and_the_batch_does_not() -> None:
    single = score(TablePredictor(), ANSWER, mc_num=20, seed=3)
    assert score(TablePredictor(), ANSWER, mc_num=20, seed=3) == single
    assert score(TablePredictor(), ANSWER, mc_num=20, seed=4) != single
    for batch_size in (1, 7, 100):
        predictor = TablePredictor()
        assert score(predictor, ANSWER, mc_num=20, seed=3, batch_size=batch_size) == single
        assert max(rows for rows, _ in predictor.calls) == min(batch_size, 20)


def test_a_huge_vocabulary_is_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = score(TablePredictor(), ANSWER, mc_num=20, cfg_scale=1.0)
    monkeypatch.setattr(likelihood, "at_work", lambda device: 30)
    monkeypatch.setattr(likelihood, "POSITIONS", 3 * len(ANSWER))
    predictor = TablePredictor()
    assert score(predictor, ANSWER, mc_num=20, cfg_scale=1.0) == plain
    assert {rows for rows, _ in predictor.calls} == {6, 4}


def test_no_more_logits_are_asked_for_at_once_than_the_memory_check_reckons_with() -> None:
    predictor = TablePredictor()
    score(predictor, ANSWER * 20, mc_num=20, batch_size=100)
    rows = logit_budget.POSITIONS // len(ANSWER * 20)
    assert 1 < rows < 20
    assert max(rows for rows, _ in predictor.calls) == rows


def test_progress_and_an_empty_prompt() -> None:
    progress: list[tuple[int, int]] = []
    result = log_likelihood(
        TablePredictor(),
        torch.tensor([], dtype=torch.long),
        torch.tensor(ANSWER),
        mc_num=20,
        batch_size=8,
        progress=lambda *stage: progress.append(stage),
    )
    assert progress == [(8, 20), (16, 20), (20, 20)]
    assert result.total < 0


@pytest.mark.parametrize("cfg_scale", [0.0, 1.5])
def test_pairs_of_different_lengths_share_calls_and_have_their_own_values(cfg_scale: float) -> None:
    pairs = [(PROMPT, ANSWER), ([1], ANSWER[:3]), ([], ANSWER[2:]), ([4, 4, 4, 4, 4], [5])]
    scored = [
        ScoredPair(torch.tensor(prompt, dtype=torch.long), torch.tensor(answer), seed)
        for seed, (prompt, answer) in enumerate(pairs)
    ]
    for mc_num, strata in ((3, 0), (4, 2), (1, 1)):
        options = {"mc_num": mc_num, "cfg_scale": cfg_scale, "strata": strata}
        predictor = TablePredictor()
        together = log_likelihoods(predictor, scored, batch_size=5, **options)
        alone = [
            log_likelihood(TablePredictor(), pair.prompt, pair.answer, seed=pair.seed, **options) for pair in scored
        ]
        assert [repr(likelihood) for likelihood in together] == [repr(likelihood) for likelihood in alone]
        assert {rows for rows, _ in predictor.calls[:-1]} <= {10 if cfg_scale else 5}


@pytest.mark.parametrize("cfg_scale", [0.0, 1.5])
@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_by_the_chain_rule_each_token_is_predicted_with_all_behind_it_masked(cfg_scale: float, batch_size: int) -> None:
    predictor = TablePredictor()
    result = score(predictor, ANSWER, chain_rule=True, cfg_scale=cfg_scale, batch_size=batch_size)
    places = range(len(ANSWER))
    expected = [log_probability(predictor, ANSWER, (*places[place:],), cfg_scale, asked=(place,)) for place in places]
    assert result.tokens == pytest.approx(expected, abs=1e-5)
    assert result.total == pytest.approx(sum(expected), abs=1e-5)
    assert (result.samples, result.standard_error) == (len(ANSWER), 0.0)


def test_strata_are_drawn_at_a_time() -> None:
    assert score(TablePredictor(), ANSWER[:2], mc_num=8, strata=4).samples == 8
    with pytest.raises(ValueError, match="multiple of strata"):
        score(TablePredictor(), ANSWER, mc_num=8, strata=3)


def test_one_sample_has_no_error() -> None:
    assert isnan(score(TablePredictor(), ANSWER, mc_num=1).standard_error)


@pytest.mark.parametrize(
    ("answer", "options", "sentence"),
    [
        ([], {}, "must hold a token"),
        ([1, 11], {}, "holds the mask"),
        ([1], {"mc_num": 0}, "at least 1"),
        ([1], {"batch_size": 0}, "at least 1"),
        ([1], {"cfg_scale": -1.0}, "at least 0"),
    ],
)
def test_what_cannot_be_scored(answer: list[int], options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        score(TablePredictor(), answer, **options)
