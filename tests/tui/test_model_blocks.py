"""A chat with a model that has blocks: it begins with them, on whatever path the model lies, and says what differs."""

from __future__ import annotations

import pytest

from llada_tui.settings.presets import CHAT, PRESETS, chat_settings
from llada_tui.settings.vary import Lane
from llada_tui.tui.app import LladaApp
from llada_tui.tui.compare.compare_screen import CompareScreen
from llada_tui.tui.shell.options import ChatOptions, LanesOptions
from llada_tui.worker.protocol import Load
from tests.tui.support import WORKER, Desk, chatting, desk

pytestmark = pytest.mark.usefixtures("home")
SMALL = CHAT.replace(steps=8, gen_length=8)
WARNING = "This model was trained with blocks of 4, and block_length is 6"


def block_of(place: Desk) -> int:
    return place.chat.workbench.settings.block_length


async def test_a_chat_begins_with_the_blocks_of_its_model() -> None:
    async with desk(LladaApp(ChatOptions("blocks:4", worker=WORKER))) as place:
        await place.ready()
        await place.until(lambda: block_of(place) == 4, "the blocks are those of the model")
        assert place.notices == ["block is 4 now, as long as the blocks of this model."]
        knobs = place.chat.stage.knobs
        (presets,) = (row.presets for row in knobs.rows if row.presets)
        assert {preset.apply(knobs.settings).block_length for preset in presets} == {4}
        assert len(presets) == sum(not preset.is_uniform for preset in PRESETS)
        knobs.action_reset()
        assert knobs.settings.block_length == 4


async def test_another_model_brings_its_blocks() -> None:
    async with chatting("blocks:4", settings={"block_length": 4}) as place:
        await place.ready()
        await place.chat.link.load(Load("blocks:2"))
        await place.until(lambda: block_of(place) == 2, "the blocks are those of the other model")
        await place.chat.link.load(Load("fake"))
        await place.ready()
        assert block_of(place) == 2


async def test_blocks_that_were_named_stay_and_are_warned_of() -> None:
    async with chatting("blocks:4") as place:
        await place.ready()
        await place.until(lambda: any(notice.startswith(WARNING) for notice in place.notices), "it is said")
        assert block_of(place) == 6
        place.chat.stage.knobs.set_to(block_length=4)
        await place.until(lambda: block_of(place) == 4, "the knob is turned")
        assert len(place.notices) == 1
        place.chat.stage.knobs.set_to(block_length=6)
        await place.until(lambda: len(place.notices) == 2, "it is said again")


async def test_lanes_of_the_command_line_and_of_other_models_have_the_blocks_of_their_model() -> None:
    lanes = [Lane(SMALL, {"model": name}) for name in ("blocks:4", "blocks:2", "fake")]
    lanes.append(Lane(SMALL.replace(block_length=1), {"model": "blocks:4", "block_length": 1}))
    options = ChatOptions("blocks:4", worker=WORKER, lanes=LanesOptions("hi", lanes))
    async with desk(LladaApp(options)) as place:
        await place.until(lambda: isinstance(place.app.screen, CompareScreen), "the lanes are open")
        screen = place.app.screen
        assert isinstance(screen, CompareScreen)
        await place.until(lambda: len(screen.runs()) == 4 and all(run.end for run in screen.runs()), "all are over")
        assert [run.start.settings.block_length for run in screen.runs()] == [4, 2, 32, 1]


async def test_settings_that_nobody_changed_are_those_of_the_next_model() -> None:
    async with desk(LladaApp(ChatOptions("fake", worker=WORKER))) as place:
        await place.ready()
        assert place.chat.workbench.settings == chat_settings("fake")
        await place.chat.link.load(Load("blocks:4/sdar"))
        await place.until(lambda: place.chat.workbench.settings.cache == "prefix", "the settings of the other model")
        assert place.chat.workbench.settings == chat_settings("blocks:4/sdar")
        place.chat.stage.knobs.set_to(steps=77)
        await place.until(lambda: place.chat.workbench.settings.steps == 77, "the knob is turned")
        await place.chat.link.load(Load("fake"))
        await place.until(lambda: getattr(place.chat.link.model, "id", "") == "fake", "it is back")
        assert (place.chat.workbench.settings.steps, place.chat.workbench.settings.cache) == (77, "prefix")


async def test_a_model_that_cannot_be_loaded_changes_no_settings() -> None:
    async with desk(LladaApp(ChatOptions("fake", worker=WORKER))) as place:
        await place.ready()
        await place.chat.link.load(Load("blocks:none/sdar"))
        await place.until(lambda: place.chat.workbench.last_problem, "it is said")
        assert place.chat.workbench.settings == chat_settings("fake")
