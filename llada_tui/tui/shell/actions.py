"""Every action of the program: its id, keys, words and where it works. Bindings, footer, help, command palette and the
configuration's ``[keys]`` all derive from this table."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

from llada_tui.tui.shell.doing import do


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do. ``action_<id>`` of a screen, or of one of its parts, does it; keys are rebound by id.

    ``easy`` keys work while the prompt is empty too, where they would do nothing else; ``everywhere`` keys always work.
    ``chat_only`` needs a model, as a chat and a lesson have; ``talk_only`` a conversation, ``lesson_only`` a lesson,
    ``lanes_only`` a comparison.
    """

    id: str
    keys: str
    label: str
    help: str
    group: str
    everywhere: bool = False
    easy: bool = False
    shown: bool = False
    chat_only: bool = False
    talk_only: bool = False
    lesson_only: bool = False
    lanes_only: bool = False

    def binding(self) -> Binding:
        return Binding(
            self.keys, do(self.id), self.label, id=self.id, show=self.shown, priority=self.everywhere, tooltip=self.help
        )


ACTIONS = (
    Action("help", "f1,question_mark", "help", "Show what every key does.", "Program", easy=True, shown=True),
    Action("knobs", "f2", "knobs", "Go to the knobs, and back.", "Program", everywhere=True, shown=True),
    Action("token", "f3", "token", "Show what is known of the selected token.", "Program", everywhere=True),
    Action("spacetime", "ctrl+o", "spacetime", "Show the whole run as one picture.", "Program", everywhere=True),
    Action("curves", "ctrl+g", "curves", "Show the figures of every step.", "Program", everywhere=True),
    Action(
        "whole", "ctrl+l", "whole side", "Give the open page the canvas' room, and back.", "Program", everywhere=True
    ),
    Action(
        "sessions",
        "f4",
        "sessions",
        "List recorded sessions: open, continue, rename, delete.",
        "Program",
        everywhere=True,
    ),
    Action("model", "f9", "model", "Change the model.", "Program", everywhere=True, chat_only=True, talk_only=True),
    Action("lessons", "f11,c", "lessons", "Show the lessons and the tour: begin one, or go on.", "Program"),
    Action(
        "tour",
        "T",
        "tour",
        "Take the tour of this screen: two minutes.",
        "Program",
        chat_only=True,
        talk_only=True,
    ),
    Action(
        "details",
        "f12",
        "details",
        "Show the details of the last problem and the worker's log.",
        "Program",
        everywhere=True,
    ),
    Action("next_focus", "tab", "next pane", "Go to the next pane.", "Program"),
    Action(
        "leave",
        "escape",
        "cancel",
        "End the run and keep what it wrote; else go back to the prompt.",
        "Program",
        shown=True,
    ),
    Action("quit_safely", "ctrl+q", "quit", "Quit; everything is saved.", "Program", everywhere=True),
    Action("again", "f5,r", "again", "Run the same question again.", "Run", chat_only=True, shown=True),
    Action("reseed", "f6,n", "new seed", "Run the same question with another seed.", "Run", chat_only=True),
    Action(
        "hold",
        "f7,h",
        "hold",
        "Hold the sampler before its next step, or let it go on.",
        "Run",
        chat_only=True,
        shown=True,
    ),
    Action("advance", "f8,full_stop", "one step", "Let a held sampler make one step.", "Run", chat_only=True),
    Action("previous_run", "ctrl+up,p", "earlier run", "Look at the run before this one.", "Run"),
    Action("next_run", "ctrl+down,P", "later run", "Look at the run after this one.", "Run"),
    Action("tree", "t", "runs", "Show the session's runs and their branches: go to one, name, delete.", "Run"),
    Action(
        "branch",
        "b,ctrl+r",
        "branch",
        "Begin a branch at the step on show; again: let it go on.",
        "Branch",
    ),
    Action(
        "change",
        "enter",
        "change",
        "On the canvas: keep the selected token, mask it again, take another candidate, type text.",
        "Branch",
    ),
    Action("pin", "k", "keep", "Keep the selected tokens, or guesses, for good.", "Branch", chat_only=True),
    Action("mask_again", "m,delete", "mask again", "Mask the selected tokens again.", "Branch", chat_only=True),
    Action("write", "w", "write", "Write text from the selected token on.", "Branch", chat_only=True),
    Action("mark", "x", "range", "Begin a range at the selected token, or end it.", "Branch", chat_only=True),
    Action("undo", "u,ctrl+z", "undo", "Undo the last change to the canvas.", "Branch", chat_only=True),
    Action("redo", "U,ctrl+y", "redo", "Make the change again that was undone last.", "Branch", chat_only=True),
    Action(
        "own_settings",
        "z",
        "the run's knobs",
        "Turn the knobs back to what the run on show had.",
        "Branch",
        chat_only=True,
    ),
    Action(
        "sketch",
        "e,ctrl+b",
        "put words first",
        "Put words on the empty canvas of the question typed, before it starts.",
        "Branch",
        chat_only=True,
    ),
    Action(
        "new_chat",
        "ctrl+n",
        "new chat",
        "Begin a new conversation; this one stays recorded.",
        "Run",
        everywhere=True,
        chat_only=True,
        talk_only=True,
    ),
    Action(
        "system_prompt",
        "ctrl+t",
        "system prompt",
        "Tell the model how to behave.",
        "Run",
        everywhere=True,
        chat_only=True,
        talk_only=True,
    ),
    Action(
        "compare",
        "C,ctrl+k",
        "compare",
        "Compare: one question with other steps, strategies, seeds or models, side by side in lanes.",
        "Lanes",
        talk_only=True,
    ),
    Action(
        "pace",
        "l",
        "in step or in time",
        "Move all lanes by their steps, or by the time that each has needed.",
        "Lanes",
        lanes_only=True,
    ),
    Action("take_lane", "enter", "choose", "Go on with this lane's answer.", "Lanes", lanes_only=True),
    Action(
        "play",
        "space",
        "play/pause",
        "Play or pause the picture; the sampler goes on.",
        "Player",
        easy=True,
        shown=True,
    ),
    Action("back", "left", "step back", "One step back.", "Player", easy=True, shown=True),
    Action(
        "forward", "right", "step", "One step on; at the end of a held run, make one.", "Player", easy=True, shown=True
    ),
    Action("first", "home", "first", "To the first step.", "Player", easy=True),
    Action("last", "end", "last", "To the last step, and follow the run.", "Player", easy=True),
    Action("slower", "left_square_bracket,minus", "slower", "Play slower.", "Player"),
    Action("faster", "right_square_bracket,plus,equals_sign", "faster", "Play faster.", "Player"),
    Action("guesses", "g", "guesses", "Show or hide what the model would have said for masks.", "Canvas", shown=True),
    Action(
        "look_ahead",
        "a",
        "look-ahead",
        "Predict the masks beyond the block at work too, or no longer. It costs their logits and changes no token.",
        "Canvas",
        chat_only=True,
    ),
    Action("colours", "v", "colours", "Colour tokens by state, confidence, entropy or order.", "Canvas", shown=True),
    Action(
        "influence",
        "d",
        "leans on",
        "Show which words the selected token leans on, each masked in turn. It costs one pass of up to 33 rows.",
        "Canvas",
    ),
    Action("closer", "i", "zoom in", "Spacetime: closer (there also +).", "Canvas"),
    Action("farther", "o", "zoom out", "Spacetime: farther, to all of it (there also -).", "Canvas"),
    Action("select_left", "shift+left,comma", "token before", "Select the token before.", "Canvas"),
    Action("select_right", "shift+right,less_than_sign", "token after", "Select the token after.", "Canvas"),
    Action("select_up", "up", "row above", "Select in the row above.", "Canvas"),
    Action("select_down", "down", "row below", "Select in the row below.", "Canvas"),
    Action("copy", "f10,y", "copy", "Copy the text on show.", "Canvas"),
    Action("picture", "s", "save picture", "Save this step as a picture and as text.", "Canvas"),
    Action("save", "ctrl+s", "save", "Save the session or its text under a name.", "Canvas", everywhere=True),
    Action(
        "reveal",
        "enter",
        "show",
        "Show the answer of a lesson's question; else turn the page.",
        "Lesson",
        lesson_only=True,
    ),
    Action("page_next", "n,pagedown", "next", "In a lesson: turn to the next page.", "Lesson", lesson_only=True),
    Action("page_back", "p,pageup", "back", "In a lesson: turn back a page.", "Lesson", lesson_only=True),
    Action(
        "rejoin",
        "l",
        "back to the lesson",
        "Show the step that the lesson's page is about again.",
        "Lesson",
        lesson_only=True,
    ),
    Action("present", "f", "large text", "For a class: text and canvas only, and back.", "Lesson", lesson_only=True),
)
"""The table, in the order in which help shows it."""

BY_ID = {action.id: action for action in ACTIONS}


def bindings(*, chat: bool) -> list[Binding]:
    """The bindings of a screen with a canvas: all of them, or those that make sense in a replay."""
    return [
        action.binding()
        for action in ACTIONS
        if not action.lesson_only and not action.lanes_only and (chat or not action.chat_only)
    ]


_COMPARED = (
    "help", "sessions", "details", "next_focus", "leave", "quit_safely", "again", "reseed", "hold", "advance", "play",
    "back", "forward", "first", "last", "slower", "faster", "guesses", "colours", "whole", "compare", "copy", "picture",
    "save",
)  # fmt: skip


def lanes_bindings() -> list[Binding]:
    """The bindings of a comparison."""
    return [action.binding() for action in ACTIONS if action.lanes_only or action.id in _COMPARED]


def lesson_bindings() -> list[Binding]:
    """What a lesson's screen has besides a chat's bindings: where both have a key it is the lesson's, except that
    what enter does to a canvas that is being changed comes after."""
    return [*(action.binding() for action in ACTIONS if action.lesson_only), BY_ID["change"].binding()]


EASY_KEYS = {key: action.id for action in ACTIONS if action.easy for key in action.keys.split(",")}
"""Keys that act on the player while the prompt is empty, and the ids of their actions."""
