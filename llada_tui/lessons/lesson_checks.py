"""What is known to who shows lessons, and what a line of a lesson's file is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from difflib import get_close_matches

from llada_tui.lessons.inline_marks import actions
from llada_tui.lessons.lesson import Problem
from llada_tui.settings.sampler_settings import SamplerSettings

Line = tuple[int, str]
"""A line's number, counted from 1, and its text."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known to who shows lessons, and not here: ``check`` looks at settings as who runs them does, and raises
    `SettingsError`; ``actions`` are the ids of those that keys are bound to."""

    check: Callable[[SamplerSettings], object]
    actions: Collection[str]

    def look(self, line: int, text: str, problems: list[Problem]) -> None:
        """Tell which of the keys that a text names there are not."""
        for wrong in (action for action in actions(text) if action not in self.actions):
            near = get_close_matches(wrong, self.actions, 1)
            hint = f"did you mean {near[0]}?" if near else "the program's help (f1) has their names, in grey."
            problems.append(Problem(line, f"There is no action {wrong!r} that a key could be named of: {hint}"))
