"""Values that are out of place: said in words for every knob that there is, and no longer once their cause is gone."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from llada_tui.settings.presets import CHAT
from llada_tui.settings.sampler_settings import KINDS, KNOBS, SamplerSettings, SettingsError
from llada_tui.tui.stage.knob_rows import KnobRow, is_number, out_of_place, rows_for, typed
from llada_tui.tui.stage.knobs import Knobs
from llada_tui.worker.server import hello

HELLO = hello()
STRATEGIES, CACHES = HELLO.strategies, HELLO.caches


def every_number() -> list[tuple[SamplerSettings, KnobRow]]:
    """Every knob that takes a number: the settings, and the parameters of every strategy and cache policy. Those that
    are shown only where they are set are set."""
    numbers = {}
    parts = [("remasking", info) for info in STRATEGIES] + [("cache", info) for info in CACHES]
    for setting, info in parts:
        parameters = {parameter.name: float(parameter.default) for parameter in info.parameters}
        settings = CHAT.replace(**{setting: info.name, f"{setting}_params": parameters})
        for row in rows_for(settings, STRATEGIES, caches=CACHES):
            if is_number(row):
                numbers[row.name if row.parameter is None else f"{info.name}: {row.name}"] = (settings, row)
    return list(numbers.values())


NUMBERS = every_number()
OUTSIDE = ["-5", "nan", "inf", "-inf", "1e999", "9" * 40, "", "five", "5-", "0x10"]


def test_the_registry_has_numbers() -> None:
    names = {row.name for _, row in NUMBERS}
    assert names >= {name for name, knob in KNOBS.items() if knob.shown and KINDS[name] in (int, float)}
    assert names >= {parameter.name for info in [*STRATEGIES, *CACHES] for parameter in info.parameters}


@pytest.mark.parametrize(("settings", "row"), NUMBERS, ids=[row.name for _, row in NUMBERS])
def test_what_a_knob_cannot_be_is_refused_with_its_name_and_its_range(settings: SamplerSettings, row: KnobRow) -> None:
    for text in OUTSIDE:
        with pytest.raises(SettingsError) as caught:
            typed(settings, row, text)
        words = str(caught.value)
        assert words.startswith((row.name, row.label.strip())), words
        assert "must be" in words, words
        assert words.endswith("."), words
        assert caught.value.field == row.name


class Panel(App[None]):
    def __init__(self, settings: SamplerSettings) -> None:
        super().__init__()
        self._settings = settings

    def compose(self) -> ComposeResult:
        knobs = Knobs(self._settings, opening="knobs")
        knobs.strategies, knobs.caches, knobs.context = STRATEGIES, CACHES, 512
        yield knobs


def shown(knobs: Knobs) -> str:
    return " ".join(knobs.render_line(y).text.strip() for y in range(knobs.size.height))


async def test_a_typed_minus_five_is_said_at_every_knob_and_goes_with_the_next_key() -> None:
    settings = CHAT.replace(remasking="threshold")
    app = Panel(settings)
    async with app.run_test(size=(120, 24)) as pilot:
        knobs = app.query_one(Knobs)
        knobs.focus()
        await pilot.pause()
        for row in knobs.rows:
            assert knobs.row.name == row.name
            await pilot.press("minus", "5", *(["enter"] if is_number(row) else []))
            assert knobs.error.startswith(row.label.strip()), (row.name, knobs.error)
            assert ("-5" if is_number(row) else "nothing can be typed") in knobs.error
            assert knobs.error in shown(knobs)
            assert knobs.settings == settings
            await pilot.press("down")
            assert knobs.error == ""
            assert "must be" not in shown(knobs)


async def test_an_error_goes_with_what_caused_it() -> None:
    app = Panel(CHAT)
    async with app.run_test(size=(80, 12)) as pilot:
        knobs = app.query_one(Knobs)
        knobs.focus()
        await pilot.pause()
        for mend in (["right"], ["6", "4", "enter"], ["delete"]):
            await pilot.press("1", "enter")
            assert "steps must be at least 4, one for each block of 32, not 1." in " ".join(shown(knobs).split())
            await pilot.press(*mend)
            assert "must be" not in shown(knobs)
        await pilot.press("n", "5", "n", "enter")
        assert "steps must be a whole number, not '5n'." in shown(knobs), "no letter begins a number"
        app.set_focus(None)
        await pilot.pause()
        assert "must be" not in shown(knobs)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (CHAT.replace(steps=9999, gen_length=64), "9999 steps for 64 tokens: one token a step needs 64."),
        (
            CHAT.replace(steps=64, block_length=256, gen_length=64),
            "A block of 256 in a canvas of 64: the canvas is one block.",
        ),
        (CHAT.replace(top_p=0.5), "A nucleus of 0.5 at temperature 0: nothing is drawn, so it changes nothing."),
    ],
    ids=["steps", "block", "nucleus"],
)
@pytest.mark.parametrize("size", [(70, 3), (70, 8)], ids=["short", "tall"])
async def test_what_can_be_but_does_nothing_is_said(
    settings: SamplerSettings, says: str, size: tuple[int, int]
) -> None:
    assert out_of_place(settings) == says
    assert out_of_place(CHAT) == ""
    app = Panel(settings)
    async with app.run_test(size=size) as pilot:
        knobs = app.query_one(Knobs)
        for _ in range(2):  # without and with the focus
            assert says[:40] in shown(knobs)
            knobs.focus()
            await pilot.pause()
        knobs.propose(CHAT)
        assert says[:20] not in shown(knobs)


@pytest.mark.parametrize("size", [(54, 14), (70, 8), (58, 4)], ids="{0[0]}x{0[1]}".format)
async def test_nothing_moves_while_a_strategy_is_tried(size: tuple[int, int]) -> None:
    """The knobs keep their places, whichever parameters a strategy has; its own stand on a line of their own."""
    app = Panel(CHAT)
    async with app.run_test(size=size) as pilot:
        knobs = app.query_one(Knobs)
        knobs.focus()
        knobs.go_to(["remasking"])
        await pilot.pause()

        def places() -> dict[tuple[int, int], str]:
            of_grid = (((x, y), knobs.grid.at(x, y)) for y in range(knobs.grid.height) for x in (0, 30))
            return {place: knobs.listed[at[0]].name for place, at in of_grid if at is not None}

        before = places()
        for _ in STRATEGIES:
            await pilot.press("right")
            info = next(info for info in STRATEGIES if info.name == knobs.settings.remasking)
            assert knobs.row.name == "remasking"
            assert places() == before
            line = knobs.render_line(knobs.grid.height).text
            offered = [parameter.name for parameter in info.parameters if parameter.shown]
            expected = offered[0] if offered else f"{info.name} has no parameters"
            assert expected in line
        with_parameters = {
            info.name: [parameter.name for parameter in info.parameters if parameter.shown]
            for info in STRATEGIES
            if any(parameter.shown for parameter in info.parameters)
        }
        for _ in STRATEGIES:
            if knobs.settings.remasking in with_parameters:
                break
            await pilot.press("right")
        for parameter in with_parameters[knobs.settings.remasking]:
            await pilot.press("down")
            assert knobs.row.name == parameter
            assert places() == before


async def test_the_cursor_stays_on_the_preset_when_it_brings_parameters() -> None:
    app = Panel(CHAT)
    async with app.run_test(size=(70, 8)) as pilot:
        knobs = app.query_one(Knobs)
        knobs.focus()
        knobs.go_to(["preset"])
        with_parameters = 0
        for _ in range(20):
            await pilot.press("right")
            assert knobs.row.name == "preset"
            with_parameters += bool(knobs.parameters)
        assert with_parameters
