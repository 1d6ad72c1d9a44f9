"""Looking ahead, at the keyboard: switched while a run goes on, drawn, and told."""

from __future__ import annotations

from pathlib import Path

from rich.style import Style

from llada_tui.analysis.colour_scale import LEVELS, ColourBy
from llada_tui.drawing.row_segments import draw_row
from llada_tui.drawing.token_styles import TokenStyles, look
from llada_tui.trace.cell import State
from tests.tui.support import Gate, chatting


async def test_a_key_switches_it_in_the_middle_of_a_run(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    gate.open(2)
    async with chatting(gate.model, length=8, settings={"block_length": 4}) as place:
        await place.ready()
        await place.ask()
        run = await place.began(2)
        await place.press("tab", "a")
        assert "up to 4 rows" in place.notices[-1]
        gate.open(3)
        await place.until(lambda: run.last == 3, "a third step")
        # The step that the worker was waiting with may be made as it was asked for before.
        gate.open(4)
        await place.until(lambda: run.last == 4, "a fourth step")
        assert [bool(step.ahead) for step in run.steps[:2]] == [False, False]
        assert run.steps[3].ahead
        place.chat.stage.to_end()
        await place.pilot.pause()
        assert "4 ahead" in str(place.chat.stage.query_one("#canvas-box").border_subtitle)
        assert State.AHEAD in place.chat.stage.legend.present
        await place.press("a")
        assert "off" in place.notices[-1]
        gate.open()
        await place.ended()
        assert [event.settings.look_ahead for event in run.retunes] == [True, False]
        assert not run.steps[-1].ahead
        assert [step.ahead for step in place.recorded().runs[run.id].steps] == [step.ahead for step in run.steps]


def test_words_seen_ahead_stand_behind_shade_and_are_faint_without_colours() -> None:
    token_styles = TokenStyles({}, Style(), plain=True)
    ahead, guess = look(State.AHEAD), look(State.PREDICTED)
    segments = draw_row([(" so", guess, 0), (" he", ahead, 0), (" asked", ahead, 0)], token_styles)
    assert "".join(segment.text for segment in segments) == " so░he░asked"
    assert token_styles.style(ahead).dim
    assert token_styles.style(ahead).italic


def test_its_colour_says_how_sure_the_model_is_and_stays_fainter_than_a_guess() -> None:
    token_styles = TokenStyles({"token-low": "#ff0000", "token-high": "#00ff00"}, Style())
    token_styles.colour_by = ColourBy.CONFIDENCE
    for level in range(LEVELS):
        guess, ahead = token_styles.style(look(State.PREDICTED, level)), token_styles.style(look(State.AHEAD, level))
        assert guess.color == ahead.color
        assert ahead.dim
        assert not guess.dim
