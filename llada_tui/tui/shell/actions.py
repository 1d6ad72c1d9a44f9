"""The actions of the program: their ids, keys, words and screens. Bindings, footer, help, command palette and the
configuration's ``[keys]`` derive from them. Those of the panel's pages stand with the pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llada_tui.tui.shell.action import Action, Screens

ACTIONS = (
    Action(
        "help",
        "f1,question_mark",
        "help",
        "Show what every key does.",
        "Program",
        screens=Screens.EVERY,
        easy=True,
        shown=True,
    ),
    Action(
        "whole",
        "ctrl+l",
        "whole side",
        "Give the open page the canvas' room, and back.",
        "Program",
        screens=Screens.EVERY,
        everywhere=True,
    ),
    Action(
        "sessions",
        "f4,ctrl+backslash",
        "sessions",
        "List recorded sessions: open, continue, rename, delete.",
        "Program",
        screens=Screens.EVERY,
        everywhere=True,
    ),
    Action(
        "statistics",
        "S",
        "statistics",
        "Show statistics over all recorded runs: sort, group, curves, differences.",
        "Program",
        screens=Screens.EVERY,
    ),
    Action(
        "model",
        "f9,ctrl+circumflex_accent",
        "model",
        "Change the model.",
        "Program",
        screens=Screens.CHAT,
        everywhere=True,
    ),
    Action(
        "lessons",
        "f11,c",
        "lessons",
        "Show the lessons and the tour: begin one, or go on.",
        "Program",
        screens=Screens.EVERY,
    ),
    Action("tour", "T", "tour", "Take the tour of this screen: two minutes.", "Program", screens=Screens.CHAT),
    Action(
        "details",
        "f12,ctrl+@",
        "details",
        "Show the details of the last problem and the worker's log.",
        "Program",
        screens=Screens.EVERY,
        everywhere=True,
    ),
    Action(
        "present",
        "f,ctrl+f",
        "large words",
        "For a class: the words in large letters, and little else; and back.",
        "Program",
    ),
    Action("next_focus", "tab", "next pane", "Go to the next pane.", "Program", screens=Screens.EVERY),
    Action(
        "leave",
        "escape",
        "cancel",
        "End the run and keep what it wrote; else go back to the prompt.",
        "Program",
        screens=Screens.EVERY,
        shown=True,
    ),
    Action(
        "quit_safely", "ctrl+q", "quit", "Quit; everything is saved.", "Program", screens=Screens.EVERY, everywhere=True
    ),
    Action("again", "f5,r", "again", "Run the same question again.", "Run", screens=Screens.MAKING, shown=True),
    Action("reseed", "f6,n", "new seed", "Run the same question with another seed.", "Run", screens=Screens.MAKING),
    Action(
        "hold",
        "f7,h",
        "hold",
        "Hold the sampler before its next step, or let it go on.",
        "Run",
        screens=Screens.MAKING,
        shown=True,
    ),
    Action("advance", "f8,full_stop", "one step", "Let a held sampler make one step.", "Run", screens=Screens.MAKING),
    Action(
        "restart",
        "ctrl+x",
        "restart",
        "End a worker that does not answer or is stuck, and start it again; what it wrote is kept.",
        "Run",
        screens=Screens.MAKING,
        everywhere=True,
    ),
    Action("previous_run", "ctrl+up,p", "earlier run", "Look at the run before this one.", "Run"),
    Action("next_run", "ctrl+down,P", "later run", "Look at the run after this one.", "Run"),
    Action("tree", "t", "runs", "Show the session's runs and their branches: go to one, name, delete.", "Run"),
    Action("branch", "b,ctrl+r", "branch", "Begin a branch at the step on show; again: let it go on.", "Branch"),
    Action(
        "change",
        "enter",
        "change",
        "On the canvas: keep the selected token, mask it again, take another candidate, type text.",
        "Branch",
    ),
    Action("pin", "k", "keep", "Keep the selected tokens, or guesses, for good.", "Branch", screens=Screens.LIVE),
    Action("mask_again", "m,delete", "mask again", "Mask the selected tokens again.", "Branch", screens=Screens.LIVE),
    Action("write", "w", "write", "Write text from the selected token on.", "Branch", screens=Screens.LIVE),
    Action("mark", "x", "range", "Begin a range at the selected token, or end it.", "Branch", screens=Screens.LIVE),
    Action("undo", "u,ctrl+z", "undo", "Undo the last change to the canvas.", "Branch", screens=Screens.LIVE),
    Action("redo", "U,ctrl+y", "redo", "Make the change again that was undone last.", "Branch", screens=Screens.LIVE),
    Action(
        "own_settings",
        "z",
        "the run's knobs",
        "Turn the knobs back to what the run on show had.",
        "Branch",
        screens=Screens.LIVE,
    ),
    Action(
        "sketch",
        "e,ctrl+b",
        "put words first",
        "Put words on the empty canvas of the question typed, before it starts.",
        "Branch",
        screens=Screens.LIVE,
    ),
    Action(
        "new_chat",
        "ctrl+n",
        "new chat",
        "Begin a new conversation; this one stays recorded.",
        "Run",
        screens=Screens.CHAT,
        everywhere=True,
    ),
    Action(
        "attach",
        "A,alt+a",
        "attach picture",
        "Attach a picture to the next question; also by /image PATH, or by dropping the file.",
        "Run",
        screens=Screens.CHAT,
    ),
    Action(
        "system_prompt",
        "ctrl+t",
        "system prompt",
        "Tell the model how to behave.",
        "Run",
        screens=Screens.CHAT,
        everywhere=True,
    ),
    Action(
        "compare",
        "C,ctrl+k",
        "compare",
        "Compare: one question with other steps, strategies, seeds or models, side by side in lanes.",
        "Lanes",
        screens=Screens.CHAT | Screens.REPLAY | Screens.LANES,
    ),
    Action(
        "pace",
        "l",
        "in step or in time",
        "Move all lanes by their steps, or by the time that each has needed.",
        "Lanes",
        screens=Screens.LANES,
    ),
    Action("take_lane", "enter", "choose", "Go on with this lane's answer.", "Lanes", screens=Screens.LANES),
    Action(
        "play",
        "space",
        "play/pause",
        "Play or pause the picture; the sampler goes on.",
        "Player",
        screens=Screens.EVERY,
        easy=True,
        shown=True,
    ),
    Action("back", "left", "step back", "One step back.", "Player", screens=Screens.EVERY, easy=True, shown=True),
    Action(
        "forward",
        "right",
        "step",
        "One step on; at the end of a held run, make one.",
        "Player",
        screens=Screens.EVERY,
        easy=True,
        shown=True,
    ),
    Action("first", "home", "first", "To the first step.", "Player", screens=Screens.EVERY, easy=True),
    Action("last", "end", "last", "To the last step, and follow the run.", "Player", screens=Screens.EVERY, easy=True),
    Action("slower", "left_square_bracket,minus", "slower", "Play slower.", "Player", screens=Screens.EVERY),
    Action(
        "faster", "right_square_bracket,plus,equals_sign", "faster", "Play faster.", "Player", screens=Screens.EVERY
    ),
    Action(
        "guesses",
        "g",
        "guesses",
        "Show or hide what the model would have said for masks.",
        "Canvas",
        screens=Screens.EVERY,
        shown=True,
    ),
    Action(
        "look_ahead",
        "a",
        "look-ahead",
        "Guess the masks beyond the block too, or no longer. It costs their logits (scores) and changes no token.",
        "Canvas",
        screens=Screens.LIVE,
    ),
    Action(
        "colours",
        "v",
        "colours",
        "Colour tokens by state, confidence, entropy, order or revisions (changes of mind).",
        "Canvas",
        screens=Screens.EVERY,
        shown=True,
    ),
    Action(
        "tiles",
        "V",
        "tiles",
        "Write words as text, as tiles, or as tiles with round ends, where the font has them.",
        "Canvas",
        screens=Screens.EVERY,
    ),
    Action("select_left", "shift+left,comma", "token before", "Select the token before.", "Canvas"),
    Action("select_right", "shift+right,less_than_sign", "token after", "Select the token after.", "Canvas"),
    Action("select_up", "up", "row above", "Select in the row above.", "Canvas"),
    Action("select_down", "down", "row below", "Select in the row below.", "Canvas"),
    Action("copy", "f10,y", "copy", "Copy the text on show.", "Canvas", screens=Screens.EVERY),
    Action(
        "picture",
        "s",
        "save picture",
        "Save this step as a picture and as text.",
        "Canvas",
        screens=Screens.EVERY,
    ),
    Action(
        "save",
        "ctrl+s",
        "save",
        "Save as text, session, animation, picture, page, ... by the name's ending.",
        "Canvas",
        screens=Screens.EVERY,
        everywhere=True,
    ),
    Action(
        "reveal",
        "enter",
        "show",
        "Show the answer of a lesson's question; else turn the page.",
        "Lesson",
        screens=Screens.LESSON,
    ),
    Action("page_next", "n,pagedown", "next", "In a lesson: turn to the next page.", "Lesson", screens=Screens.LESSON),
    Action("page_back", "p,pageup", "back", "In a lesson: turn back a page.", "Lesson", screens=Screens.LESSON),
    Action(
        "rejoin",
        "l",
        "back to the lesson",
        "Show the step that the lesson's page is about again.",
        "Lesson",
        screens=Screens.LESSON,
    ),
)
"""The actions but for those of the panel's pages, in the order in which help shows them."""

_OPENING_STAND_AFTER = "help"
_ACTING_STAND_AFTER = "colours"


def with_pages(opening: Iterable[Action], acting: Iterable[Action]) -> dict[str, Action]:
    """All actions by their ids, in the order in which help shows them. ``opening`` are those that open a page of the
    panel, ``acting`` those that act on one."""
    places = {_OPENING_STAND_AFTER: tuple(opening), _ACTING_STAND_AFTER: tuple(acting)}

    def ordered() -> Iterator[Action]:
        for action in ACTIONS:
            yield action
            yield from places.get(action.id, ())

    return {action.id: action for action in ordered()}
