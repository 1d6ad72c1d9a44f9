"""The forward process masks what it should, as often as it should, and the loss weighs it as LLaDA does."""

import pytest
import torch

from training.batches import build_pool, stacked
from training.encoding import Encoded
from training.masking import masked, masked_loss, stratified_times
from training.tokenizer import Vocabulary


def test_times_cover_the_unit_interval_evenly() -> None:
    times = stratified_times(64, torch.Generator().manual_seed(0))
    assert sorted((times * 64).long().clamp(max=63).tolist()) == pytest.approx(list(range(64)), abs=1)


def test_only_learnt_positions_are_masked_and_as_often_as_t_says() -> None:
    ids = torch.full((400, 50), 7)
    learnt = torch.zeros_like(ids, dtype=torch.bool)
    learnt[:, 20:] = True
    noisy, chosen, times = masked(ids, learnt, 2, torch.Generator().manual_seed(0))
    assert not chosen[:, :20].any()
    assert torch.equal(noisy == 2, chosen)
    # the mean over 400 rows of 30 learnt positions; 0.02 is about six standard errors
    assert (chosen[:, 20:].float().mean(1) - times).mean().abs() < 0.02
    assert chosen[:, 20:].float().mean() == pytest.approx(0.5, abs=0.02)


def test_both_weightings_equal_their_definitions() -> None:
    torch.manual_seed(0)
    ids = torch.randint(0, 9, (3, 6))
    learnt = torch.ones_like(ids, dtype=torch.bool)
    chosen = torch.tensor([[1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]], dtype=torch.bool)
    times = torch.tensor([0.2, 0.5, 1.0])
    logits = torch.randn(9, 9)
    each = torch.nn.functional.cross_entropy(logits, ids[chosen], reduction="none")
    expected = (each[0] / 0.2 / 6 + each[1:3].sum() / 0.5 / 6 + each[3:].sum() / 1.0 / 6) / 3
    assert masked_loss(logits, ids, learnt, chosen, times, "inverse_t").item() == pytest.approx(
        expected.item(), rel=1e-5
    )
    assert masked_loss(logits, ids, learnt, chosen, times, "mean").item() == pytest.approx(each.mean().item(), rel=1e-5)


def test_padding_is_learnt_in_answers_and_not_in_drills(vocabulary: Vocabulary) -> None:
    rows = [Encoded([5, 6, 7], [False, True, True], grows=True), Encoded([5, 6], [False, True], grows=False)]
    batch = stacked(vocabulary, rows, 8)
    assert batch.learnt[0].tolist() == [False] + [True] * 7
    assert batch.learnt[1].tolist() == [False, True] + [False] * 6
    assert (batch.ids[0, 3:] == vocabulary.eos).all()


@pytest.mark.parametrize("stage", ["copy", "sums", "mix", "finish"])
def test_pools_are_the_same_every_time_and_hold_answers(vocabulary: Vocabulary, stage: str) -> None:
    pools = [build_pool(vocabulary, 0, 3, stage, 60, 512, 256) for _ in range(2)]
    for first, second in zip(*pools, strict=True):
        assert torch.equal(first.ids, second.ids)
        assert torch.equal(first.learnt, second.learnt)
        assert first.learnt.any(1).all()
        assert not first.learnt[:, 0].any()
        assert first.ids.shape[1] <= 256
