"""The head of a large vocabulary, part by part or, like other large layers, with weights that are arranged once."""

import pytest
import torch
from torch.testing import assert_close

from llada_tui.models import packed_linear as packed
from llada_tui.models.masked_diffusion import head_logits

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


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make small what is worth arranging."""
    monkeypatch.setattr(packed, "_LEAST", 2**11)
    monkeypatch.setattr(packed, "_WORTH", 2**12)


def arranged(width: int = 48, vocabulary: int = 9001) -> packed.PackedLinear:
    """A head with a copy of its weights."""
    torch.manual_seed(0)
    head = torch.nn.Linear(width, vocabulary, bias=False)
    packed.arrange(head, head)
    assert isinstance(head, packed.PackedLinear)
    return head


def times(layer: torch.nn.Linear, hidden: torch.Tensor) -> torch.Tensor:
    """The product as it is without a copy."""
    return torch.nn.functional.linear(hidden, layer.weight)


@arranges
@pytest.mark.parametrize("shape", [(0, 48), (1, 48), (17, 48), (200, 48), (2, 33, 48), (3, 1, 32, 48)])
def test_arranged_weights_are_the_same(shape: tuple[int, ...]) -> None:
    head, hidden = arranged(), torch.randn(shape)
    with torch.inference_mode():
        product = head.product(hidden)
        assert product is not None
        assert_close(product, times(head, hidden), rtol=1e-5, atol=1e-5)
        assert torch.equal(head(hidden), product)
        assert torch.equal(head_logits(head, hidden), product)


@arranges
def test_weights_that_change_are_arranged_again() -> None:
    head, hidden = arranged(), torch.randn(3, 48)
    with torch.inference_mode():
        before = head(hidden)
    with torch.no_grad():
        head.weight.mul_(2)
    with torch.inference_mode():
        assert_close(head(hidden), 2 * before)


@arranges
@pytest.mark.parametrize("missing", [True, False])
def test_without_the_operators_it_goes_on_part_by_part(monkeypatch: pytest.MonkeyPatch, missing: bool) -> None:
    def other(*arguments: object) -> torch.Tensor:
        if missing:
            raise AttributeError("no such operator")
        return torch.zeros(2, 9001)

    monkeypatch.setattr(packed, "_multiply", other)
    head, hidden = arranged(), torch.randn(3, 48)
    with torch.inference_mode():
        assert head.product(hidden) is None
        assert torch.equal(head(hidden), times(head, hidden))
        assert_close(head_logits(head, hidden), times(head, hidden), rtol=1e-5, atol=1e-5)


@arranges
def test_what_is_learned_from_goes_through_the_layer() -> None:
    head, hidden = arranged(), torch.randn(3, 48)
    assert head.product(hidden) is None
    head_logits(head, hidden).sum().backward()
    assert head.weight.grad is not None


@arranges
@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float64])
def test_of_other_types_no_copy_is_made(kind: torch.dtype) -> None:
    head = torch.nn.Linear(48, 9001, bias=False, dtype=kind)
    packed.arrange(head, head)
    assert type(head) is torch.nn.Linear


class Stack(torch.nn.Module):
    """Some layers and a head."""

    def __init__(self, layers: int = 3) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList(torch.nn.Linear(48, 48, bias=False) for _ in range(layers))
        self.other = torch.nn.Linear(48, 48)
        self.tiny = torch.nn.Linear(48, 4, bias=False)
        self.head = torch.nn.Linear(48, 100, bias=False)

    def arranged(self) -> list[str]:
        packed.arrange(self, self.head)
        return [name for name, layer in self.named_modules() if isinstance(layer, packed.PackedLinear)]


@arranges
def test_layers_are_arranged_where_it_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those with a bias, nor small ones, nor few; of layers that are large together the head alone."""
    assert Stack().arranged() == ["layers.0", "layers.1", "layers.2", "head"]
    monkeypatch.setattr(packed, "_MOST", 5000)
    assert Stack(2).arranged() == ["layers.0", "layers.1", "head"]
    assert Stack(3).arranged() == ["head"]
    monkeypatch.setattr(packed, "_MOST", 100)
    assert Stack().arranged() == []
    monkeypatch.undo()
    assert Stack().arranged() == []


@arranges
def test_the_published_sampler_has_plain_layers() -> None:
    stack, hidden = Stack(), torch.randn(5, 48)
    names = stack.arranged()
    with torch.inference_mode():
        with packed.plain(stack):
            assert not any(isinstance(layer, packed.PackedLinear) for layer in stack.modules())
            before = stack.head(hidden)
        after = stack.head(hidden)
    assert_close(before, after, rtol=1e-5, atol=1e-5)
    assert stack.arranged() == names
