"""The head of a large vocabulary, computed part by part."""

import pytest
import torch
from torch.testing import assert_close

from llada_tui.models.network import head_logits


@pytest.mark.parametrize("vocabulary", [100, 8192, 9001, 12_288])
@pytest.mark.parametrize("rows", [0, 1, 17])
def test_parts_are_the_whole(vocabulary: int, rows: int) -> None:
    torch.manual_seed(0)
    head = torch.nn.Linear(32, vocabulary, bias=False)
    hidden = torch.randn(rows, 32)
    with torch.inference_mode():
        assert_close(head_logits(head, hidden), head(hidden), rtol=1e-5, atol=1e-5)


def test_a_bias_counts() -> None:
    torch.manual_seed(0)
    head = torch.nn.Linear(32, 9001)
    hidden = torch.randn(3, 32)
    with torch.inference_mode():
        assert_close(head_logits(head, hidden), head(hidden))
