"""llada-tui: watch a masked-diffusion language model write.

``from llada_tui import load_model, SamplerSettings`` is the library; the program is the ``llada-tui`` command.
Torch is imported when `load_model` is called, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llada_tui.trace.settings import SamplerSettings, SettingsError

if TYPE_CHECKING:
    from llada_tui.api import load_model

__version__ = "0.1.0"
__all__ = ["SamplerSettings", "SettingsError", "__version__", "load_model"]


def __getattr__(name: str) -> Any:
    if name == "load_model":
        from llada_tui.api import load_model

        return load_model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
