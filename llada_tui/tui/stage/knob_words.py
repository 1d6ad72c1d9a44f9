"""The words below the knobs: what is wrong, or what the settings come to and what the knob at hand does."""

from __future__ import annotations

import re
import textwrap
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from llada_tui.settings.sampler_settings import KNOBS, SamplerSettings
from llada_tui.tui.stage.knob_rows import PRESET, KnobRow, out_of_place, pace
from llada_tui.worker.sampler_parts import StrategyInfo

_OF_PACE = ("steps", "gen_length", "block_length", PRESET)
"""The knobs that the pace is about."""


class Words(NamedTuple):
    """The subject of the words: the settings and the knob at hand, why a change was refused (or empty), from when on a
    change holds, whether keys turn the knob, and the strategy in use, where a worker describes it."""

    settings: SamplerSettings
    row: KnobRow
    error: str
    when: str
    focused: bool
    strategy: StrategyInfo | None


def words(about: Words, width: int, count: int) -> list[tuple[str, str]]:
    """At most ``count`` lines of ``width`` cells, each with a kind: error, new (out of place) or help. With one line
    alone, a knob that is being turned and has no part in the pace has it."""
    settings, row = about.settings, about.row
    if about.error:
        lines = [(line, "error") for line in textwrap.wrap(about.error, width)]
    else:
        name = f"{row.name}: " if row.name in KNOBS and row.name != row.label else ""
        help = textwrap.wrap(" ".join(filter(None, (about.when, name + row.help))), width)
        lines = [(line, "help") for line in help]
        if objection := out_of_place(settings):
            lines = [*((line, "new") for line in textwrap.wrap(objection, width)), *lines]
        elif count > 1 or not about.focused or row.name in _OF_PACE:
            lines.insert(0, (pace(settings, about.strategy), "help"))
            if count == 1 and cell_len(lines[0][0]) <= width:  # a whole sentence, which needs no mark of what follows
                return lines[:1]
    if len(lines) > count:
        text, kind = lines[count - 1]
        lines = [*lines[: count - 1], (_shortened(text, width, at_clause=kind == "help"), kind)]
    return lines


def _shortened(text: str, width: int, *, at_clause: bool) -> str:
    """The beginning of a line that has no room to go on: ``at_clause`` up to the end of a clause, if one ends in it."""
    text = set_cell_size(text, width - 2).rstrip()
    clauses = re.match(r".*[^ ](?=[;:.] )", text)
    return (clauses[0] if clauses and at_clause else text) + " …"
