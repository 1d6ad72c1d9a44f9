"""What a person is told when a model cannot be used."""

from __future__ import annotations


class ModelError(Exception):
    """A checkpoint that cannot be loaded or used. The message is one sentence that says what to do about it."""


class OutOfMemory(ModelError):
    """The device has too little memory: for loading a checkpoint, or for a canvas (the model can still be used)."""


class DoesNotFit(OutOfMemory):
    """A checkpoint needs more memory than is free, by a reckoning made before anything was loaded."""
