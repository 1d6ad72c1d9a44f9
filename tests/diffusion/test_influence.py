"""Influence: what is left of a prediction without a token, against passes of one sequence at a time."""

from __future__ import annotations

import pytest
import torch

from llada_tui.diffusion import influence as module
from llada_tui.diffusion.influence import influence
from tests.diffusion.fakes import TablePredictor

IDS, PLACE, TOKEN = [3, 1, 4, 1, 5, 2, 6], 3, 7


def log_probability(without: int | None) -> float:
    predictor = TablePredictor()
    ids = torch.tensor([IDS])
    ids[0, PLACE] = predictor.mask_id
    if without is not None:
        ids[0, without] = predictor.mask_id
    return predictor.logits(ids, None, torch.ones_like(ids, dtype=torch.bool)).log_softmax(-1)[PLACE, TOKEN].item()


@pytest.mark.parametrize("most", [1, 15, 2**14])
def test_it_is_what_the_log_probability_loses(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", most)
    predictor, others = TablePredictor(), [0, 2, 4, 6]
    chance, nats = influence(predictor, torch.tensor(IDS), PLACE, TOKEN, [[other] for other in others])
    assert chance == pytest.approx(log_probability(None), abs=1e-5)
    assert nats == pytest.approx([log_probability(None) - log_probability(other) for other in others], abs=1e-5)
    assert min(nats) < 0 < max(nats)
    assert sum(rows for rows, _ in predictor.calls) == 1 + len(others)
    assert len(predictor.calls) == {1: 5, 15: 3, 2**14: 1}[most]


def test_the_sequence_is_left_as_it_is() -> None:
    ids = torch.tensor(IDS)
    influence(TablePredictor(), ids, PLACE, TOKEN, [[0]])
    assert ids.tolist() == IDS


def test_the_model_is_asked_once_where_there_is_nothing_to_leave_out() -> None:
    assert influence(TablePredictor(), torch.tensor(IDS), PLACE, TOKEN, [])[1] == []
