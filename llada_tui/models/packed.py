"""An LM head's weights in the layout that oneDNN multiplies with.

MKL rearranges all weights in every product, which for the few positions of a step takes longer than the product. With
weights arranged once, a large vocabulary's logits take half the time.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from typing import Any

import torch
from torch import Tensor

_LEAST, _MOST = 2**24, 2**27
"""Numbers in a matrix that is worth it, beside the 20 MB that oneDNN keeps, and in one that is copied at little cost:
64 and 512 MiB."""
_ROWS = 32
"""Rows that the layout is made for; it serves any number of them."""
_PAGE_OUT = 21
"""MADV_PAGEOUT of Linux: these pages are not needed now."""
_HAS_MKL = torch.backends.mkl.is_available()  # type: ignore[no-untyped-call]


def product(layer: Any, hidden: Tensor) -> Tensor | None:
    """What ``layer``, linear and without a bias, makes of ``hidden`` (N x width); None where this is no way to do it.

    The copy of the weights is made when it is first wanted, and again when they change. Linux gets the memory of the
    others back where they lie in a mapped file, and reads them again if somebody asks.
    """
    weight = layer.weight
    if weight.device.type != "cpu" or weight.dtype != torch.float32 or not _LEAST <= weight.numel() <= _MOST:
        return None
    if layer.bias is not None or torch.is_grad_enabled() or not _HAS_MKL:
        return None
    state = weight.data_ptr(), 0 if weight.is_inference() else weight._version
    if getattr(layer, "packed_from", None) != state:
        layer.packed, layer.packed_from = _pack(weight), state
    return None if layer.packed is None else _multiply(hidden, layer.packed)


def _multiply(hidden: Tensor, packed: Tensor) -> Tensor:
    found: Tensor = torch.ops.mkldnn._linear_pointwise(hidden, packed, None, "none", [], "")
    return found


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
