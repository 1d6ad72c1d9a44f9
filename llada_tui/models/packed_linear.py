"""Linear layers whose weights lie as oneDNN multiplies with them.

MKL rearranges all weights in every product, which for the few positions of a step takes longer than the product. Here
they are rearranged once, by operators that torch keeps for its own compiler and may change: where they are gone or give
other numbers, the layers are as they were. What that is worth is measured by ``benchmarks/packed_linear.py``: without
it a step of models of 8 layers of 512, in float32 on one thread, takes 1.6 to 1.9 times as long. The matrices of
the embedded model are too small for it, and those of the checkpoints of billions of parameters too many.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear, pad

_LEAST, _MOST = 2**18, 2**27
"""Smallest matrix worth packing, and the most numbers to pack: in all blocks together, or in the head. In float32 they
take 1 and 537 MB."""
_WORTH = 2**22
"""Fewest numbers to pack, all matrices together: oneDNN keeps 10 to 20 MB for them."""
_ROWS = 32
"""Rows that the layout is made for; it serves any number of them."""
_MULTIPLE = 16
"""Rows are filled up to a multiple of it: oneDNN writes and keeps a program for each number that it meets."""
_PAGE_OUT = 21
"""MADV_PAGEOUT of Linux: these pages are not needed now."""
_HAS_MKL = torch.backends.mkl.is_available()  # type: ignore[no-untyped-call]


class PackedLinear(torch.nn.Linear):
    """A linear layer, of a network that nothing learns from, with a copy of its weights for products in float32 on a
    CPU.

    The copy is made when it is first wanted, and again when the weights change. Linux gets the memory of the others
    back where they lie in a mapped file, and reads them again if somebody asks.
    """

    packed: Tensor | None
    packed_from: tuple[int, int]

    def forward(self, input: Tensor) -> Tensor:
        product = self.product(input)
        return linear(input, self.weight, self.bias) if product is None else product

    def product(self, hidden: Tensor) -> Tensor | None:
        """The product of the layer with ``hidden`` ``(..., N, width)``; None where this is no way to do it."""
        weight = self.weight
        if weight.device.type != "cpu" or weight.dtype != torch.float32 or torch.is_grad_enabled():
            return None
        state = weight.data_ptr(), 0 if weight.is_inference() else weight._version
        if getattr(self, "packed_from", None) != state:
            self.packed, self.packed_from = _pack(weight), state
        if self.packed is None:
            return None
        rows = hidden.shape[-2]
        missing = -rows % _MULTIPLE
        if not missing:
            return _multiply(hidden, self.packed)
        return _multiply(pad(hidden, (0, 0, 0, missing)), self.packed)[..., :rows, :]


def arrange(network: Any, head: torch.nn.Module) -> None:
    """Make the larger linear layers of a network in float32 on a CPU `PackedLinear`, its head among them, where that is
    worth it and the copies are small."""
    if not _HAS_MKL:
        return
    layers = [layer for layer in network.modules() if _suits(layer)]
    inner = [layer for layer in layers if layer is not head]
    if sum(map(_numbers, inner)) > _MOST:
        inner = []
    chosen = [*inner, *(layer for layer in layers if layer is head and _numbers(layer) <= _MOST)]
    if sum(map(_numbers, chosen)) >= _WORTH:
        for layer in chosen:
            layer.__class__ = PackedLinear


@contextmanager
def plain(network: Any) -> Iterator[None]:
    """Has a network as it was before `arrange`: the published sampler is timed with the layers that it has."""
    layers = [layer for layer in network.modules() if isinstance(layer, PackedLinear)]
    for layer in layers:
        layer.__class__ = torch.nn.Linear  # type: ignore[assignment]
    try:
        yield
    finally:
        for layer in layers:
            layer.__class__ = PackedLinear


def _suits(layer: Any) -> bool:
    if type(layer) is not torch.nn.Linear or layer.bias is not None:
        return False
    weight = layer.weight
    return weight.device.type == "cpu" and weight.dtype == torch.float32 and weight.numel() >= _LEAST


def _numbers(layer: Any) -> int:
    return int(layer.weight.numel())


def _multiply(hidden: Tensor, packed: Tensor) -> Tensor:
    product: Tensor = torch.ops.mkldnn._linear_pointwise(hidden, packed, None, "none", [], "")
    return product


def _pack(weight: Tensor) -> Tensor | None:
    """The weights as oneDNN wants them; None where torch's operators, which are its own affair, are gone or other."""
    try:
        packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, _ROWS)
        some = weight[:2]
        torch.testing.assert_close(_multiply(some, packed), some @ weight.t(), rtol=1e-4, atol=1e-4)
    except (AttributeError, RuntimeError, TypeError, AssertionError):
        return None
    if sys.platform == "linux":
        begin = -(-weight.data_ptr() // mmap.PAGESIZE) * mmap.PAGESIZE
        whole = weight.data_ptr() + weight.nbytes - begin
        ctypes.CDLL(None).madvise(ctypes.c_void_p(begin), ctypes.c_size_t(whole), _PAGE_OUT)
    return packed
