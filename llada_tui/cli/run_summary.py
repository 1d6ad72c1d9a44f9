"""A run as one object of JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from llada_tui.trace.events import ModelInfo
from llada_tui.trace.run import Run


def summary(run: Run) -> dict[str, Any]:
    """The run as one object; its text is the exact one, which JSON's escapes make harmless."""
    end = run.end
    return {
        "text": end.text if end is not None else run.answer(),
        "token_ids": run.ids(run.last),
        "steps": end.steps if end else run.last,
        "forward_passes": end.forward_passes if end else run.last,
        "seconds": end.seconds if end else run.seconds(run.last),
        "tokens_per_second": end.tokens_per_second if end else run.rate(run.last),
        "settings": msgspec.to_builtins(run.settings_at(run.last)),
        "model": {name: getattr(run.start.model, name) for name in ModelInfo.__struct_fields__},
    }
