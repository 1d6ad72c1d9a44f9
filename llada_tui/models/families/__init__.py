"""The families of models, found by walking this package: a new one is a new file here, which sets ``ARCHITECTURE``, and
its checkpoints in `llada_tui.models.catalog`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from llada_tui.models.architecture import Architecture
from llada_tui.models.errors import ModelError
from llada_tui.registry import modules_in


@cache
def by_model_type() -> dict[str, Architecture]:
    """Every family by the model_type of its config.json: LLaDA first, the others in alphabetical order."""
    architectures: list[Architecture] = [module.ARCHITECTURE for module in modules_in(__path__, __name__)]
    ordered = sorted(architectures, key=lambda architecture: (architecture.name != "LLaDA", architecture.name))
    return {architecture.config.model_type: architecture for architecture in ordered}


def find(config_json: Mapping[str, Any], source: object) -> Architecture:
    """The family that the ``config_json`` of ``source`` describes. Raises `ModelError`."""
    claimed = next(
        (architecture for architecture in by_model_type().values() if architecture.claims(config_json, source)), None
    )
    kind = config_json.get("model_type")
    architecture = claimed or (by_model_type().get(kind) if isinstance(kind, str) else None)
    if architecture is None:
        raise ModelError(
            f"{source} is no checkpoint of LLaDA or its relatives: its config.json has model_type = {kind!r}, and "
            f"only {', '.join(repr(name) for name in by_model_type())} are known."
        )
    return architecture
