"""The words below the knobs: what is wrong, or what the settings come to and what the knob at hand does."""

from __future__ import annotations

import textwrap

from rich.cells import set_cell_size

from llada_tui.settings.sampler_settings import KNOBS, SamplerSettings
from llada_tui.tui.stage.knob_rows import KnobRow, pace


def words(settings: SamplerSettings, row: KnobRow, when: str, width: int, count: int, *, focused: bool) -> list[str]:
    """At most ``count`` lines of ``width`` cells for the knob at hand. ``when`` says from when on a change holds. With
    one line alone, a knob that is not being turned (``focused``) leaves it to what the settings come to."""
    name = f"{row.name}: " if row.name in KNOBS and row.name != row.label else ""
    lines = textwrap.wrap(" ".join(filter(None, (when, name + row.help))), width)
    if count > 1 or not focused:
        lines.insert(0, pace(settings))
    if len(lines) > count:
        lines = [*lines[: count - 1], set_cell_size(lines[count - 1], width - 2).rstrip() + " …"]
    return lines
