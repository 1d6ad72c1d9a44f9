"""What a token leans on, at the keyboard and by mouse. The made-up model's tokens lean on those that are the same, and
those above them speak against."""

from __future__ import annotations

import pytest

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import ModelInfo, PiecesEvent, RunEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.stage.influence_lines import influence_lines, strongest
from llada_tui.tui.stage.influence_tints import question_tints, tints
from llada_tui.tui.stage.pages.token_page import TokenPage
from llada_tui.worker.protocol import Influences, Lean
from tests.conftest import Home
from tests.tui.sessions import fox
from tests.tui.support import chatting, replaying


def texts(lines: list[list[tuple[str, str]]]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


async def test_a_key_shows_it_and_hides_it_and_another_token_ends_it() -> None:
    async with chatting(length=4) as place:
        await place.ready()
        await place.answer("ab")
        stage = place.chat.stage
        stage.to_end()
        stage.canvas.focus()
        stage.canvas.selected = 2
        await place.pilot.pause()
        inspector = stage.panel.find(TokenPage).widget
        await place.press("d")
        await place.until(lambda: inspector.influences is not None, "the model's answer")
        influences = inspector.influences
        assert influences is not None
        assert {lean.position: lean.nats for lean in influences.leans} == {-2: 1.0, -1: -0.5, 0: 1.0, 1: 1.0, 3: 1.0}
        assert stage.canvas.pointed == {0, 1, 3}
        lines = [inspector.render_line(y).text for y in range(inspector.size.height)]
        assert any("−0.50" in line for line in lines)
        await place.press("d")
        assert inspector.influences is None
        assert not stage.canvas.pointed
        await place.press("d")
        await place.until(lambda: inspector.influences is not None, "it again")
        stage.canvas.selected = 1
        await place.until(lambda: inspector.influences is None, "another token is shown")
        assert not stage.canvas.pointed


async def test_what_the_model_is_asked_can_be_given_up() -> None:
    async with chatting("ponders", length=4) as place:
        await place.ready()
        await place.answer("ab")
        stage, queries = place.chat.stage, place.chat.worker.link.queries
        stage.to_end()
        stage.canvas.focus()
        stage.canvas.selected = 2
        await place.pilot.pause()
        await place.press("d")
        await place.until(lambda: queries.influence_waits, "it is asked")
        await place.until(lambda: place.chat.leave_words() == "give up", "the footer says so")
        await place.press("d")  # asked again, the first is given up
        await place.until(lambda: queries.influence_waits, "it is asked again")
        await place.press("escape")
        await place.until(lambda: not queries.influence_waits, "it is given up")
        assert stage.canvas.selected == 2
        place.chat.home()
        await place.answer("next")  # the model is free
        assert stage.panel.find(TokenPage).widget.influences is None
        assert "! " not in place.conversation
        assert "no longer asked" in " ".join(place.notices)


async def test_a_click_asks_for_it_and_a_mask_has_nothing() -> None:
    async with chatting(length=4) as place:
        await place.ready()
        await place.answer("ab")
        stage = place.chat.stage
        stage.seek(0)
        stage.canvas.focus()
        await place.press("f3")
        tabs = stage.panel.tabs
        column = next(at for at, part in tabs.placed() if part.action == "influence")
        await place.pilot.click(tabs, offset=(column + 2, 0))
        await place.until(lambda: any("Nothing is guessed here" in words for words in place.notices), "a sentence")
        stage.to_end()
        await place.pilot.click(tabs, offset=(column + 2, 0))
        await place.until(lambda: stage.panel.find(TokenPage).widget.influences is not None, "the model's answer")


async def test_a_replay_says_that_it_has_no_model(home: Home) -> None:
    async with replaying(fox(home.sessions / "fox.jsonl")) as desk:
        desk.replay.stage.to_end()
        await desk.press("f3", "d")
        assert "A replay has no model to ask" in desk.notices[-1]


@pytest.mark.parametrize("width", [40, 78, 120])
def test_the_strongest_come_first_and_lines_fit(width: int) -> None:
    pieces = TokenBytes()
    leans = [Lean(place, place, (-1) ** place * place / 4) for place in range(12)]
    influences = Influences(1, 3, 3, 0.5, leans, 0.25)
    shown = strongest(influences)
    assert [lean.position for lean in shown] == list(range(11, 0, -1))
    lines = texts(influence_lines(influences, pieces, width, 4))
    assert len(lines) == 4
    first = next(line for line in lines if "━" in line)
    assert "−2.75" in first
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize("width", [0, 1, 10, 19])
def test_a_panel_that_is_too_narrow_is_no_failure(width: int) -> None:
    influences = Influences(1, 3, 3, 0.5, [Lean(0, 1, 0.5)], 0.25)
    assert any("+0.50" in line for line in texts(influence_lines(influences, TokenBytes(), width, 4)))


def test_what_nothing_hangs_on_is_said() -> None:
    influences = Influences(1, 3, 3, 0.5, [Lean(0, 1, 0.01), Lean(-1, 2, -0.04)], 0.25)
    lines = texts(influence_lines(influences, TokenBytes(), 78, 4))
    assert "leans on no single word" in lines[0]
    assert "pass of 3 rows, 250 ms" in " ".join(lines)


def test_the_strongest_has_all_of_the_tint_and_what_speaks_against_is_below_0() -> None:
    leans = [Lean(-2, 5, 2.0), Lean(-1, 6, -0.9), Lean(0, 7, 0.04), Lean(3, 8, 0.3)]
    assert tints(Influences(0, 1, 7, 0.5, leans, 0.1)) == {-2: 4, -1: -2, 3: 1}
    assert tints(None) == {}


def test_words_of_the_question_are_tinted_where_they_stand_in_the_prompt() -> None:
    token_bytes = TokenBytes()
    names = ["<|user|>", "What", " is", " 2", "?", "<|end|>"]
    token_bytes.add(PiecesEvent({at: name.encode() for at, name in enumerate(names)}, [0, 5]))
    model = ModelInfo("m", "llada", "float32", "cpu", 9)
    start = RunEvent("run-1", model, SamplerSettings(4, 4, 4), [*range(6)], Resume([9] * 4))
    run = Run(start, token_bytes)
    question = "What is 2?"
    assert question_tints(run, question, {-5: 4, -3: -2, -1: 3, 0: 1}) == [(0, 4, 4), (8, 9, -2)]
    assert question_tints(run, "Tell me: " + question, {-5: 4}) == [(9, 13, 4)]
    assert question_tints(run, "Something else", {-5: 4}) == []


async def test_the_words_of_canvas_and_question_are_tinted() -> None:
    async with chatting(length=4) as place:
        await place.ready()
        await place.answer("ab")
        stage = place.chat.stage
        stage.to_end()
        stage.canvas.focus()
        stage.canvas.selected = 2
        await place.pilot.pause()
        before = stage.canvas.render_line(0)
        await place.press("d")
        await place.until(lambda: stage.canvas.tints, "the model's answer")
        assert stage.canvas.tints == {-2: 4, -1: -2, 0: 4, 1: 4, 3: 4}
        ground = stage.canvas.token_styles.tint_ground(4)
        assert ground is not None
        grounds = [segment.style.bgcolor for segment in stage.canvas.render_line(0) if segment.style is not None]
        assert ground.rich_color in grounds
        title = stage.query_one("#canvas-box").border_title
        for tint in (4, -2):
            shade = stage.canvas.token_styles.tint_ground(tint)
            assert shade is not None
            assert f"[on {shade.hex}]" in str(title)
        await place.press("d")
        assert stage.canvas.tints == {}
        assert stage.canvas.render_line(0) == before
