"""Uniform noise on the screen: its words, its looks, its legend, and what is said of a position."""

from __future__ import annotations

import msgspec

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.analysis.metrics import metrics_of
from llada_tui.cli.step_words import describe
from llada_tui.drawing.frame_rows import FrameRows
from llada_tui.drawing.run_states import undecided
from llada_tui.drawing.state_labels import labels_for
from llada_tui.drawing.token_styles import state_of
from llada_tui.settings.presets import CHAT, PRESETS
from llada_tui.trace.cell import State
from llada_tui.trace.events import FORMAT, VERSION, PiecesEvent, SessionEvent, encode
from llada_tui.trace.run import Run
from llada_tui.tui.model_link.worker_link import WorkerLink
from llada_tui.tui.stage.knob_rows import PRESET, rows_for
from llada_tui.tui.stage.pages.curves_page import CurvesPage
from llada_tui.tui.stage.token_facts import facts
from llada_tui.worker.protocol import PROTOCOL, Hello, Load, Loaded
from llada_tui.worker.sampler_parts import StrategyInfo
from tests.conftest import Home
from tests.trace.test_noise import MASK, MODEL, small_run
from tests.tui.support import replaying

WORDS = {5: b" so", 6: b" is", 7: b"It", 8: b" was", 50: b" it"}
WORDS |= {token: f" n{token}".encode() for token in (11, 12, 13, 23, 31, 33, 41, 43)}


def run() -> Run:
    run = small_run()
    run.token_bytes.add(PiecesEvent(WORDS, special=[MASK]))
    return run


def shown(frame: int, *, guesses: bool = True) -> FrameRows:
    rows = FrameRows()
    rows.show(run(), frame, ColourBy.STATE, guesses, 40)
    return rows


def words(rows: FrameRows) -> str:
    """The words of the rows, however many blanks steady rows keep between them."""
    return " ".join("".join(span.text for row in rows.rows for span in row).split())


def test_noise_stands_on_the_canvas_as_text() -> None:
    assert words(shown(0)) == "It n11 n12 n13"
    assert [state_of(look) for look in shown(0).looks] == [State.GIVEN, State.NOISE, State.NOISE, State.NOISE]
    assert words(shown(1)) == "It so is n23"
    assert words(shown(2)) == "It so was n33", "what was taken back is shown for the step"
    assert words(shown(3)) == "It n41 was n43"


def test_noise_is_hidden_with_the_guesses() -> None:
    assert words(shown(3, guesses=False)) == "It ░░░ was░░░"


def test_going_from_frame_to_frame_shows_what_each_frame_shows() -> None:
    same, rows = run(), FrameRows()
    for frame in (0, 1, 2, 3, 2, 1, 0):
        rows.show(same, frame, ColourBy.STATE, True, 40)
        assert words(rows) == words(shown(frame))
        assert rows.looks == shown(frame).looks


def test_the_legend_has_noise_in_place_of_masks_and_guesses() -> None:
    states = [state for state, _ in labels_for({State.NOISE, State.COMMITTED}, has_end=False)]
    assert states == [State.NOISE, State.COMMITTED_NOW, State.COMMITTED]
    assert State.NOISE in shown(3).states
    beside = shown(3).states | {State.MASKED, State.PREDICTED}  # in lanes, a run of masks
    assert [state for state, _ in labels_for(beside, has_end=False)][:3] == [State.MASKED, State.NOISE, State.PREDICTED]
    assert State.NOISE not in [state for state, _ in labels_for({State.MASKED}, has_end=False)]


def test_a_position_of_noise_tells_the_guess() -> None:
    same = run()
    shown_facts = "".join(part for part, _ in facts(same, same.cell(3, 1)))
    assert shown_facts.split("  ") == [
        "position 3", "noise (random token)", "“ n23”", "id\N{NO-BREAK SPACE}23", "guess “ it” 25.0%"
    ]  # fmt: skip
    assert "guess" not in "".join(part for part, _ in facts(same, same.cell(3, 0)))


def test_what_is_left_is_undecided() -> None:
    same = run()
    assert [undecided(same, frame) for frame in range(4)] == [f"{count} undecided" for count in (3, 1, 2, 2)]
    assert next(metric.label for metric in metrics_of(same)) == "undecided"
    assert describe(same, 2).startswith("step 2/4 block 1/1 undecided 2: took back 1 ' so'; replaced 2 ' was' 0.70")


def test_only_strategies_of_a_noise_that_the_model_knows_are_offered() -> None:
    link = WorkerLink(None, Load("demo"))
    link.take(Hello(PROTOCOL, "1", 1, [StrategyInfo("masks", ""), StrategyInfo("random", "", noise="uniform")]))
    assert [info.name for info in link.strategies] == ["masks"]
    for noises, names in (([], ["masks"]), (["uniform"], ["random"]), (["mask", "uniform"], ["masks", "random"])):
        link.take(Loaded(msgspec.structs.replace(MODEL, noises=noises), 1.0))
        assert [info.name for info in link.strategies] == names


def test_a_preset_of_uniform_noise_is_offered_with_its_strategy_alone() -> None:
    (noise,) = (preset for preset in PRESETS if preset.is_uniform)
    masks = StrategyInfo("low_confidence", "")
    uniform = StrategyInfo(noise.changes["remasking"], "", noise="uniform")
    for offered in ([], [masks], [masks, uniform]):
        (presets,) = (row.presets for row in rows_for(CHAT, offered) if row.name == PRESET)
        assert (noise in presets) == (uniform in offered)


async def test_the_curve_of_entropy_says_how_far_it_is_from_the_end(home: Home) -> None:
    path = home.sessions / "noise.jsonl"
    same = run()
    events = [SessionEvent(FORMAT, VERSION, "test", 0.0), same.start, PiecesEvent(WORDS, special=[MASK])]
    made = [msgspec.structs.replace(step, entropy=0.0125, stop_entropy=0.005) for step in same.steps]
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\n".join(encode(event) for event in (*events, *made)) + b"\n")
    async with replaying(path, size=(160, 45)) as desk:
        desk.replay.stage.seek(2)
        await desk.press("ctrl+g")
        curves = desk.replay.stage.panel.find(CurvesPage).widget
        lines = [curves.render_line(y).text for y in range(curves.size.height)]
        (line,) = (line for line in lines if "0.013>0.005" in line)
        assert line.split()[-3:] == ["entropy", "0.013>0.005", "nats"]
