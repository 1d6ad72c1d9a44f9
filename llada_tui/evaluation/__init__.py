"""Benchmarks by lm-evaluation-harness (the extra ``eval``), with the settings and the numbers of the models' authors.

``from llada_tui.evaluation import HarnessModel`` is a model for ``lm_eval.simple_evaluate``. The harness is imported
when it is asked for, and by nothing else of this program.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llada_tui.evaluation.harness_model import HarnessModel

__all__ = ["HarnessModel"]

NOT_INSTALLED = 'Evaluations need lm-evaluation-harness: pip install "llada-tui[eval]".'


def __getattr__(name: str) -> Any:
    if name == "HarnessModel":
        try:
            return import_module("llada_tui.evaluation.harness_model").HarnessModel
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "lm_eval":
                raise
            raise ImportError(NOT_INSTALLED) from None
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
