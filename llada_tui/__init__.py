"""llada-tui: watch a masked-diffusion language model write.

``from llada_tui import load_model, SamplerSettings`` is the library; the program is the ``llada-tui`` command.
Nothing is imported before it is asked for, so that the program paints at once; torch only by `load_model`.
"""

from __future__ import annotations

from llada_tui.version import __version__

TYPE_CHECKING = False
"""That of `typing`, whose import takes longer than all of this; see `llada_tui.start`."""
if TYPE_CHECKING:
    from typing import Any

    from llada_tui.api import load_model
    from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError

__all__ = ["SamplerSettings", "SettingsError", "__version__", "load_model"]

_HOMES = {
    "load_model": "llada_tui.api",
    "SamplerSettings": "llada_tui.settings.sampler_settings",
    "SettingsError": "llada_tui.settings.sampler_settings",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
