"""What is guessed, kept and taken back is told apart at a glance, and every word can be read."""

from __future__ import annotations

from itertools import pairwise

import pytest
from rich.console import Console
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from llada_tui.analysis.colour_scale import GUESS_STEPS, LEVELS, ColourBy, guess_level
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.drawing.palette import (
    TOKEN_COLOURS,
    Palette,
    default_palette,
    default_tokens,
    parse_palette,
    token_variables,
)
from llada_tui.drawing.token_styles import SHAPES, TokenStyles, look, look_of, looks_by, looks_by_state, state_of
from llada_tui.export.resolved_style import resolve_style
from llada_tui.paths import themes_folders
from llada_tui.trace.cell import Cell, State
from llada_tui.trace.events import Choice, InterveneEvent, PiecesEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.app import LladaApp
from llada_tui.tui.shell.colourless import colourless
from llada_tui.tui.shell.themes import load_themes
from tests.trace.support import MASK, start, step
from tests.tui.test_words import contrast

THEMES, _ = load_themes(themes_folders())
READABLE = 4.5
STRICT = 7.0
"""Contrast that WCAG 2 asks for at its levels AA and AAA."""


def styles_of(theme: Theme) -> TokenStyles:
    colours = {"background": str(theme.background), "accent": str(theme.accent)}
    return TokenStyles(colours | theme.variables, Style(color=theme.foreground, bgcolor=theme.background))


def default_styles(dark: bool) -> TokenStyles:
    colours = Palette("x", dark, False, {}, {}).variables()
    return TokenStyles(colours, Style(color=colours["foreground"], bgcolor=colours["background"]))


@pytest.mark.parametrize("by", list(ColourBy))
@pytest.mark.parametrize("name", [*sorted(set(THEMES) - {"llada-ansi"}), "no theme, dark", "no theme, light"])
def test_every_look_can_be_read(name: str, by: ColourBy) -> None:
    styles = styles_of(THEMES[name]) if name in THEMES else default_styles(name.endswith("dark"))
    styles.colour_by = by
    for shown in looks_by(by):
        style = styles.style(shown)
        resolved = resolve_style(style, styles.base)
        ratio = contrast(Color.parse(resolved.colour), Color.parse(resolved.background))
        assert ratio >= (STRICT if name == "llada-contrast" else READABLE), (shown, round(ratio, 2))
        # how faint dim is, is the terminal's choice
        assert not style.dim or (by is not ColourBy.STATE and state_of(shown) is State.AHEAD)


@pytest.mark.parametrize("name", [*sorted(set(THEMES) - {"llada-ansi"}), "no theme, dark", "no theme, light"])
def test_what_is_pointed_at_or_selected_can_be_read_on_its_ground(name: str) -> None:
    styles = styles_of(THEMES[name]) if name in THEMES else default_styles(name.endswith("dark"))
    for pointed, selected in ((True, False), (False, True)):
        for shown in looks_by_state():
            resolved = resolve_style(styles.style(shown, pointed=pointed, selected=selected), styles.base)
            ratio = contrast(Color.parse(resolved.colour), Color.parse(resolved.background))
            assert ratio >= READABLE, (shown, pointed, round(ratio, 2))


@pytest.mark.parametrize("name", [*sorted(set(THEMES) - {"llada-ansi"}), "no theme, dark", "no theme, light"])
def test_every_tile_can_be_read(name: str) -> None:
    styles = styles_of(THEMES[name]) if name in THEMES else default_styles(name.endswith("dark"))
    for marks in ({}, {"pointed": True}, {"selected": True}):
        for shown in looks_by_state():
            resolved = resolve_style(styles.base + styles.tile(shown, **marks), styles.base)
            ratio = contrast(Color.parse(resolved.colour), Color.parse(resolved.background))
            assert ratio >= READABLE, (shown, marks, round(ratio, 2))


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"TERM": "xterm"}, "llada-ansi"),
        ({"TERM": "linux"}, "llada-ansi"),
        ({"TERM": "xterm-256color"}, "llada-dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "llada-dark"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "llada-dark"),
    ],
)
def test_a_terminal_of_sixteen_colours_shows_its_own(
    environment: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("COLORTERM", "NO_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert default_palette(Console(force_terminal=True)) == name
    assert LladaApp().theme == name


def test_on_the_terminals_own_colours_a_tile_kept_now_is_reversed() -> None:
    theme = THEMES["llada-ansi"]
    styles = TokenStyles(theme.variables | {"background": "ansi_default", "accent": "ansi_blue"}, Style(), ansi=True)
    tile = styles.tile(look(State.COMMITTED_NOW))
    assert tile.reverse
    assert tile.color is not None
    assert tile.bgcolor is None


@pytest.mark.parametrize("name", sorted(set(THEMES) - {"llada-ansi"}))
def test_a_surer_guess_stands_out_more_and_a_kept_word_most(name: str) -> None:
    styles, ground = styles_of(THEMES[name]), Color.parse(str(THEMES[name].background))
    looks = [look(State.PREDICTED, level) for level in range(len(GUESS_STEPS) + 1)] + [look(State.COMMITTED)]
    ratios = [contrast(Color.parse(resolve_style(styles.style(at), styles.base).colour), ground) for at in looks]
    assert all(after > before + 1 for before, after in pairwise(ratios)), ratios


@pytest.mark.parametrize("name", [*sorted(set(THEMES) - {"llada-ansi"}), "no theme, dark", "no theme, light"])
def test_what_was_computed_anew_stands_out_more_than_what_comes_from_the_cache(name: str) -> None:
    styles = styles_of(THEMES[name]) if name in THEMES else default_styles(name.endswith("dark"))
    styles.colour_by = ColourBy.RECOMPUTED
    for state in State:
        if SHAPES[state].reverse:
            continue
        shown = [resolve_style(styles.style(look(state, level)), styles.base) for level in (0, LEVELS - 1)]
        cached, anew = (contrast(Color.parse(each.colour), Color.parse(each.background)) for each in shown)
        assert anew > cached + 1, (state, cached, anew)


def test_in_the_terminals_own_colours_what_was_computed_anew_has_one_of_its_own() -> None:
    theme = THEMES["llada-ansi"]
    variables = theme.variables | {"background": "ansi_default", "accent": "ansi_blue"}
    styles = TokenStyles(variables, Style(), ansi=True)
    styles.colour_by = ColourBy.RECOMPUTED
    for state in State:
        cached, anew = (styles.style(look(state, level)).color for level in (0, LEVELS - 1))
        assert cached is not None
        assert anew is not None
        assert cached != anew


@pytest.mark.parametrize("name", sorted(THEMES))
def test_guesses_have_a_hue_that_no_other_state_has(name: str) -> None:
    variables = THEMES[name].variables
    tokens = {key: Color.parse(variables[f"token-{key}"]) for key in TOKEN_COLOURS}
    guesses = {tokens["predicted"], tokens["predicted-unsure"]}
    assert not guesses & {colour for key, colour in tokens.items() if not key.startswith("predicted")}
    if name == "llada-ansi":
        return
    for guess in guesses:
        hue, saturation, _ = guess.hsl
        assert saturation > 0.3
        for key in ("masked", "committed-now", "committed", "taken-back", "edited", "given", "pinned"):
            other_hue, other_saturation, _ = tokens[key].hsl
            apart = abs(hue - other_hue)
            assert other_saturation < 0.3 or min(apart, 1 - apart) > 0.05 or key == "committed", key


@pytest.mark.parametrize("name", sorted(THEMES))
def test_what_was_taken_back_is_red_and_struck(name: str) -> None:
    assert SHAPES[State.REMASKED].strike
    red, green, blue = Color.parse(THEMES[name].variables["token-taken-back"]).rgb
    assert red > 1.2 * max(green, blue)


def test_without_colours_and_without_italics_a_guess_is_not_like_a_kept_word() -> None:
    ground = Color.parse("#14161f")
    styles = TokenStyles(token_variables(default_tokens(True)), Style.parse("#c8cee6 on #14161f"), plain=True)
    kept = colourless(styles.style(look(State.COMMITTED)), ground, ground)
    for level in range(len(GUESS_STEPS) + 1):
        guess = colourless(styles.style(look(State.PREDICTED, level)), ground, ground)
        assert (bool(guess.dim), bool(guess.italic)) == (True, True)
        assert not kept.dim


def test_the_brightness_of_a_guess_follows_its_confidence() -> None:
    levels = [guess_level(confidence) for confidence in (0, *GUESS_STEPS, 1)]
    assert levels == [0, *range(1, len(GUESS_STEPS) + 1), len(GUESS_STEPS)]
    cells = [Cell(0, State.PREDICTED, 5, confidence, 1) for confidence in (0.1, 0.9)]
    assert len({look_of(cell, ColourBy.STATE, 1) for cell in cells}) == 2
    kept = [Cell(0, State.COMMITTED, 5, confidence, 1) for confidence in (0.1, 0.9)]
    assert len({look_of(cell, ColourBy.STATE, 1) for cell in kept}) == 1


def test_a_theme_of_somebody_s_own_that_names_one_colour_for_guesses_has_it_for_all_of_them() -> None:
    palette = parse_palette('name = "x"\nprimary = "red"\n[tokens]\npredicted = "#abcdef"', "x.toml")
    assert palette.variables()["token-predicted-unsure"] == "#abcdef"


# -- what was taken back ----------------------------------------------------------------------------------------------

PIECES = {2: b"one", 3: b" lantern", 4: b" two"}


def written() -> Run:
    run = Run(start(3), TokenBytes())
    run.token_bytes.add(PiecesEvent(dict(PIECES)))
    run.add(step(0, {0: 2, 1: 3}))
    run.add(step(1, {2: 4}, remasked=[1]))
    run.add(step(2, {}, predictions=[Choice(1, 4, 0.5)]))
    return run


def shown(frame_rows: FrameRows) -> str:
    return "|".join("".join(span.text for span in row) for row in frame_rows.rows)


def test_a_word_that_is_taken_back_stands_there_for_one_frame_at_its_own_width() -> None:
    run, frame_rows = written(), FrameRows()
    texts = []
    for frame in range(4):
        frame_rows.show(run, frame, ColourBy.STATE, True, 40)
        texts.append(shown(frame_rows))
    assert texts == ["░░░ ░░░ ░░░", "one lantern|░░░", "one lantern two", "one two     two"]
    frame_rows.show(run, 2, ColourBy.STATE, True, 40)
    assert frame_rows.looks[1] == look(State.REMASKED)
    assert run.cell(1, 2).token is None  # it is a mask: only the picture tells what stood there
    frame_rows.show(run, 2, ColourBy.STATE, False, 40)
    assert shown(frame_rows) == "one ░░░░░░░ two"


def test_what_was_taken_back_is_told_of_steps_and_of_hands() -> None:
    run = written()
    assert [run.taken_back(1, frame) for frame in range(4)] == [None, None, 3, None]
    run.add(InterveneEvent("r1", 3, [(0, MASK)]))
    assert run.taken_back(0, 3) == 2
    assert run.taken_back(2, 3) is None


def test_a_mask_that_was_masked_again_took_nothing_back() -> None:
    run = Run(start(2, resume=Resume([MASK, 2])), TokenBytes())
    run.add(step(0, {}, remasked=[0]))
    assert run.taken_back(0, 1) is None


def test_a_draft_that_masks_a_word_strikes_the_word() -> None:
    run, frame_rows = written(), FrameRows()
    frame_rows.show(run, 1, ColourBy.STATE, True, 40)
    frame_rows.change({0: MASK})
    assert frame_rows.texts[0] == "one"
    assert frame_rows.looks[0] == look(State.REMASKED)
