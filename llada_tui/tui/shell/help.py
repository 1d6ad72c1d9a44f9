"""Help: what every key does, from the action table, and what the words and the picture mean."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from llada_tui.drawing.state_labels import LABELS
from llada_tui.trace.cell import State
from llada_tui.tui.shell.action import Action
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.footer import key_names, key_of
from llada_tui.tui.shell.inline_markup import inline

WORDS = (
    ("masked", "no word yet: ░░░. The answer begins as a canvas of masks."),
    (LABELS[State.NOISE].with_term(), "no word yet either: a model that was trained with uniform noise reads random "
     "tokens in place of masks, fresh ones in every step."),
    (LABELS[State.PREDICTED].with_term(), "what the model would say for a mask: violet, brighter where it is surer. In "
     "each step it guesses every mask at once."),
    (LABELS[State.COMMITTED].with_term(), "a guess that stays. Words on a bright ground were kept in this step; the "
     "other guesses are masked again."),
    (LABELS[State.REMASKED].with_term(), "a kept word that is masked again, as some strategies do: struck through for "
     "a step."),
    ("edited", "a kept word in whose place another was put."),
    ("eos", "end of text: ∎ on the canvas. What stands behind the first is no part of the answer."),
    ("nucleus (top_p)", "the likeliest tokens that together have so much probability: a temperature above 0 draws from "
     "them."),
    ("logits", "the scores that the model gives every token of its vocabulary; softmax makes probabilities of them."),
    ("nats", "a natural logarithm's unit: 0 is certain, 0.69 a choice of two equals, 2.3 of ten."),
)  # fmt: skip
"""Words of the screen, with the papers' terms, and what they mean."""
INTRO = (
    "The picture moves at its own pace: {key:play} pauses it, {key:back} and {key:forward} step through it, also while "
    "the sampler goes on. Holding ({key:hold}) stops the sampler itself. In the prompt these keys work while it is "
    "empty; single letters work once the canvas has the focus ({key:next_focus}).\n\n"
    "Any step can go on another way: {key:branch} begins a branch there. Arrows choose a token (shift: several), "
    "{key:change} says what to do with it, {key:branch} again goes on; the session keeps every run ({key:tree}). A "
    "text with {mask:12} in it has twelve masks filled in there; {key:sketch} puts words on the empty canvas before "
    "the start.\n\n"
    "{key:compare} compares: one question in up to four lanes side by side, with other steps, strategies, seeds or "
    "models. What the lane at hand does not have is marked in the others; {key:take_lane} goes on with a lane.\n\n"
    "{key:lessons} has a tour of two minutes, and lessons: text beside a live run. In a lesson {key:page_next} and "
    "{key:page_back} turn its pages, and everything else works as here.\n"
)
PROMPT_HELP = "In the prompt: enter asks; shift+enter, alt+enter or ctrl+j begins a new line; ↑ ↓ walk through history."
KEYS_HELP = (
    'To bind other keys, use the grey names in config.toml: under [keys], a line token = "f3,alt+x". '
    "llada-tui doctor says where that file is."
)


class Help(ModalScreen[None]):
    """A page of help over the screen."""

    DEFAULT_CSS = """
    Help { align: center middle; }
    Help VerticalScroll { width: 90; max-width: 96%; height: 90%; border: round $accent; background: $surface;
        padding: 1 0 1 2; scrollbar-size-vertical: 1; }
    Help Static { height: auto; margin-right: 2; }
    Help Grid { grid-size: 2; grid-columns: 11 1fr; grid-rows: auto; height: auto; margin: 0 2 1 2; }
    Help Grid Static { margin-right: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,question_mark,q", "dismiss", "close")]

    def compose(self) -> ComposeResult:
        app = app_of(self)
        with VerticalScroll() as box:
            box.border_title = "Help"
            box.border_subtitle = "↑ ↓ scroll · esc closes"
            groups: dict[str, list[Action]] = {}
            for action in app.actions.values():
                groups.setdefault(action.group, []).append(action)
            for group, actions in groups.items():
                yield Static(Content.styled(group, "bold $accent"), markup=False)
                with Grid():
                    for action in actions:
                        yield Static(Content.styled(key_names(action), "bold"), markup=False)
                        yield Static(Content.assemble(f"{action.help} ", (action.id, "dim")), markup=False)
            yield Static(Content("\n".join([PROMPT_HELP, *app.page_help, KEYS_HELP, ""])), markup=False)
            yield Static(Content.assemble(("Words\n", "bold $accent"), *_words()), markup=False)
            yield Static(inline(INTRO, partial(key_of, app, typing=True)), markup=False)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()


def _words() -> Iterator[str | tuple[str, str]]:
    for word, meaning in WORDS:
        yield from ((f"  {word}", "bold"), f": {meaning}\n")
