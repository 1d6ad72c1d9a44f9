"""The error of an evaluation that cannot be made."""

from __future__ import annotations


class EvaluationError(Exception):
    """Something that the person who asked for an evaluation can change. The message is one sentence."""
