"""An action: its id, its keys, its words and the screens on which it can be done; and which keys it gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Flag, auto

from textual.binding import Binding

from llada_tui.tui.shell.action_handlers import do


class Screens(Flag):
    """The kinds of screens that show runs."""

    CHAT = auto()
    LESSON = auto()
    REPLAY = auto()
    LANES = auto()
    """A comparison."""
    RUN = CHAT | LESSON | REPLAY
    """Those with a stage, which shows one run."""
    LIVE = CHAT | LESSON
    """Those with a stage and a model."""
    MAKING = CHAT | LESSON | LANES
    """Those on which runs are made."""
    EVERY = CHAT | LESSON | REPLAY | LANES


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do. ``action_<id>`` of a screen, or of one of its parts, does it; keys are rebound by id.

    ``screens`` are those on which it can be done. ``easy`` keys work while the prompt is empty too, where they would do
    nothing else; ``everywhere`` keys work wherever the focus is. ``shown`` is Textual's: the key is one of its footer.
    """

    id: str
    keys: str
    label: str
    help: str
    group: str
    screens: Screens = Screens.RUN
    everywhere: bool = False
    easy: bool = False
    shown: bool = False
    configured: bool = False
    """Whether the keys are those of the configuration."""

    def binding(self) -> Binding:
        return Binding(
            ",".join(self.key_names),
            do(self.id),
            self.label,
            id=self.id,
            show=self.shown,
            priority=self.everywhere,
            tooltip=self.help,
        )

    @property
    def key_names(self) -> list[str]:
        """The keys, each by the name that Textual has for it. None of them is a key that does nothing."""
        keys = ",".join(filter(None, map(str.strip, self.keys.split(","))))
        return [binding.key for binding in Binding.make_bindings([Binding(keys, self.id)])] if keys else []


def with_keys(actions: Mapping[str, Action], keymap: Mapping[str, str]) -> dict[str, Action]:
    """The actions, with the keys that ``keymap`` has by their ids."""
    return {
        id: replace(action, keys=keymap[id], configured=True) if id in keymap else action
        for id, action in actions.items()
    }


def precedence(action: Action) -> tuple[bool, bool, int]:
    """Of two actions with the same key, the one for which this is less has it: one that works wherever the focus is
    (Textual sees to that), then one whose keys were configured, then one that works on fewer kinds of screens: a
    lesson's keys are the lesson's."""
    return (not action.everywhere, not action.configured, len(action.screens))


def bindings(actions: Iterable[Action], screen: Screens) -> list[Binding]:
    """The bindings of a kind of screen."""
    bound = [action for action in actions if screen in action.screens and action.key_names]
    return [action.binding() for action in sorted(bound, key=precedence)]
