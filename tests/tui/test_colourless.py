"""Without colours: no colour is sent, and what colours tell is told by other means."""

from __future__ import annotations

import pytest
from rich.style import Style
from textual.color import Color

from llada_tui.analysis.colour_scale import LEVELS, ColourBy
from llada_tui.drawing.palette import default_tokens, token_variables
from llada_tui.drawing.token_styles import TokenStyles, look
from llada_tui.trace.cell import State
from llada_tui.tui.shell.colourless import colourless

DARK, LIGHT = Color.parse("#14161f"), Color.parse("#fbfbf9")


@pytest.mark.parametrize(
    ("style", "ground", "expected"),
    [
        ("#c8cee6 on #14161f", DARK, ""),
        ("bold #c8cee6 on #222636", DARK, "bold"),  # a panel
        ("#14161f on #7aa2f7", DARK, "reverse"),  # a cursor
        ("bold reverse #ffd479 on #14161f", DARK, "bold reverse"),
        ("reverse #14161f on #7aa2f7", DARK, ""),  # reversed, it looks like the screen itself
        ("reverse", DARK, "reverse"),
        ("#5a6070 on #14161f", DARK, "dim"),
        ("dim #14161f on #7aa2f7", DARK, "reverse"),
        ("italic underline strike #c8cee6 on #14161f", DARK, "italic underline strike"),
        ("#23262f on #fbfbf9", LIGHT, ""),
        ("#fbfbf9 on #2756b8", LIGHT, "reverse"),
        ("#a3a6b1 on #fbfbf9", LIGHT, "dim"),
        ("on default", DARK, ""),
    ],
)
def test_a_style_without_colours(style: str, ground: Color, expected: str) -> None:
    result = colourless(Style.parse(style), ground, ground)
    attributes = ("bold", "dim", "italic", "underline", "reverse", "strike")
    assert " ".join(name for name in attributes if getattr(result, name)) == " ".join(
        name for name in attributes if name in expected.split()
    )
    assert result.color is result.bgcolor is None


def test_what_is_under_the_mouse_is_still_known() -> None:
    style = Style.parse("red on blue") + Style.from_meta({"item": 3})
    assert colourless(style, DARK, DARK).meta == {"item": 3}


def shown(styles: TokenStyles, at: int, *, selected: bool = False) -> tuple[object, ...]:
    style = colourless(styles.style(at, selected=selected), DARK, DARK)
    return tuple(bool(getattr(style, name)) for name in ("bold", "dim", "italic", "underline", "reverse", "strike"))


def test_states_are_told_apart_and_a_selected_token_from_any_other() -> None:
    variables = token_variables(default_tokens(True)) | {"accent": "#7aa2f7", "background": "#14161f"}
    styles = TokenStyles(variables, Style.parse("#c8cee6 on #14161f"), plain=True)
    by_shape = (State.AHEAD, State.NOISE)  # one has a shade too, the other is a word where a mask is a shade
    looks = {state: shown(styles, look(state)) for state in State if state not in by_shape}
    assert len(set(looks.values())) == len(looks)
    assert shown(styles, look(State.NOISE)) == looks[State.MASKED]
    chosen = {state: shown(styles, look(state), selected=True) for state in State}
    assert not set(chosen.values()) & set(looks.values())


def test_a_scale_has_three_grades() -> None:
    styles = TokenStyles(token_variables(default_tokens(True)), Style.parse("#c8cee6 on #14161f"), plain=True)
    styles.colour_by = ColourBy.CONFIDENCE
    grades = [shown(styles, look(State.COMMITTED, level)) for level in range(LEVELS)]
    assert len(set(grades)) == 3
    assert grades == sorted(grades, key=lambda grade: (bool(grade[0]), not grade[1]))


def test_what_comes_from_the_cache_is_told_from_what_was_computed_anew_in_every_state() -> None:
    styles = TokenStyles(token_variables(default_tokens(True)), Style.parse("#c8cee6 on #14161f"), plain=True)
    styles.colour_by = ColourBy.RECOMPUTED
    for state in State:
        cached, anew = shown(styles, look(state, 0)), shown(styles, look(state, LEVELS - 1))
        is_reversed = state is State.COMMITTED_NOW
        assert (cached[0 if is_reversed else 1], anew[0], anew[1]) == (not is_reversed, True, False), "bold, dim"
