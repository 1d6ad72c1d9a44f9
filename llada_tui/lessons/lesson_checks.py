"""The checks of a lesson that need the program which will show it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from difflib import get_close_matches

from llada_tui.lessons.inline_marks import actions
from llada_tui.lessons.lesson import LessonProblem
from llada_tui.settings.sampler_settings import SamplerSettings

Line = tuple[int, str]
"""A line's number, counted from 1, and its text."""


@dataclass(frozen=True, slots=True)
class LessonChecks:
    """Checks that only the program which shows a lesson can make: whether settings can be run, and which actions have
    keys."""

    check_settings: Callable[[SamplerSettings], object]
    """Raises `SettingsError` for settings that cannot be run."""
    action_ids: Collection[str]
    """The ids of the actions that keys are bound to."""

    def check_actions(self, line: int, text: str, problems: list[LessonProblem]) -> None:
        """Add a problem for each action that a text names and that does not exist."""
        for unknown in (action for action in actions(text) if action not in self.action_ids):
            near = get_close_matches(unknown, self.action_ids, 1)
            hint = f"did you mean {near[0]}?" if near else "the program's help has their names, in grey."
            problems.append(LessonProblem(line, f"There is no action {unknown!r} that a key could be named of: {hint}"))
