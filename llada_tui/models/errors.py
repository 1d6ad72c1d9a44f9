"""Errors of models, with the sentences that a person is told."""

from __future__ import annotations

import sys


class ModelError(Exception):
    """A checkpoint that cannot be loaded or used. The message is one sentence that says what to do about it."""


class OutOfMemory(ModelError):
    """The device has too little memory: for loading a checkpoint, or for a canvas (the model can still be used)."""


class DoesNotFit(OutOfMemory):
    """A checkpoint needs more memory than is free, by a reckoning made before anything was loaded."""


_NO_MEMORY = ("out of memory", "allocate memory", "status_alloc_failed")
"""Words of torch in a plain RuntimeError, in any case of letters, where a library could not get its memory."""


def out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` says that memory ran out, the device's or the machine's."""
    if isinstance(error, MemoryError):
        return True
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in text for sign in _NO_MEMORY)


def one_line(error: BaseException) -> str:
    """The message of an error, as the end of a sentence; its kind where it has none."""
    return " ".join(str(error).split())[:200].rstrip(". ") or type(error).__name__
