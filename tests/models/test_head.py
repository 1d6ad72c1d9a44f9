"""The head of a large vocabulary, with weights that are arranged once or part by part."""

import pytest
import torch
from torch.testing import assert_close

from llada_tui.models import packed
from llada_tui.models.network import head_logits

arranges = pytest.mark.skipif(not torch.backends.mkl.is_available(), reason="only MKL's products are replaced")


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


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> torch.nn.Linear:
    """A head that is worth arranging."""
    monkeypatch.setattr(packed, "_LEAST", 2**14)
    torch.manual_seed(0)
    return torch.nn.Linear(48, 9001, bias=False)


@arranges
@pytest.mark.parametrize("rows", [0, 1, 17, 200])
def test_arranged_weights_are_the_same(large: torch.nn.Linear, rows: int) -> None:
    hidden = torch.randn(rows, 48)
    with torch.inference_mode():
        found = packed.product(large, hidden)
        assert found is not None
        assert_close(found, large(hidden), rtol=1e-5, atol=1e-5)
        assert torch.equal(head_logits(large, hidden), found)


@arranges
def test_weights_that_change_are_arranged_again(large: torch.nn.Linear) -> None:
    hidden = torch.randn(3, 48)
    with torch.inference_mode():
        before = head_logits(large, hidden)
    with torch.no_grad():
        large.weight.mul_(2)
    with torch.inference_mode():
        assert_close(head_logits(large, hidden), 2 * before)


@pytest.mark.parametrize("missing", [True, False])
def test_without_the_operators_it_goes_on_part_by_part(
    large: torch.nn.Linear, monkeypatch: pytest.MonkeyPatch, missing: bool
) -> None:
    def other(*given: object) -> torch.Tensor:
        if missing:
            raise AttributeError("no such operator")
        return torch.zeros(2, 9001)

    monkeypatch.setattr(packed, "_multiply", other)
    hidden = torch.randn(3, 48)
    with torch.inference_mode():
        assert packed.product(large, hidden) is None
        assert_close(head_logits(large, hidden), large(hidden), rtol=1e-5, atol=1e-5)


def test_what_is_learned_from_goes_through_the_layer(large: torch.nn.Linear) -> None:
    hidden = torch.randn(3, 48)
    assert packed.product(large, hidden) is None
    head_logits(large, hidden).sum().backward()
    assert large.weight.grad is not None


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float64])
def test_of_other_types_no_copy_is_made(large: torch.nn.Linear, kind: torch.dtype) -> None:
    with torch.inference_mode():
        assert packed.product(large.to(kind), torch.randn(3, 48, dtype=kind)) is None
    assert not hasattr(large, "packed")
