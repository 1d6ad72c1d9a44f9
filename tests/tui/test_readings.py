"""A held run's last step is read otherwise on the screen: a list, a commit in its place, a typed token's rank."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from textual.widgets import OptionList

from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import CANCELLED, Choice, Message, StepData
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.stage.readings import other_settings
from llada_tui.tui.stage.readings_dialog import ReadingsDialog
from llada_tui.worker.protocol import Generate
from llada_tui.worker.reading_messages import Reading
from tests.trace.support import EOS, start, step
from tests.tui.support import Desk, Gate, chatting


def test_the_knobs_are_read_as_far_as_they_leave_the_pass() -> None:
    made = SamplerSettings(steps=16, gen_length=32, block_length=32)
    knobs = made.replace(steps=32, cfg_scale=1.0, remasking="rcr")
    others = other_settings(made, knobs)
    assert others[0] == made.replace(remasking="rcr")
    assert made not in others
    assert len(others) == len({str(settings) for settings in others})
    assert all(settings.steps == 16 and settings.cfg_scale == 0 for settings in others)
    assert other_settings(made, made)[0] == made.replace(temperature=1.0, seed=1)


@pytest.mark.usefixtures("home")
async def test_only_a_held_run_is_read(gate: Gate) -> None:
    async with chatting(gate.model) as desk:
        await desk.run_to(gate, 2)
        refused = "A run that is held can be read"
        for key, part in (
            ("alt+e", desk.chat.conversation_pane.prompt),
            ("R", desk.chat.stage.canvas),
        ):  # the prompt takes letters
            part.focus()
            count = sum(refused in words for words in desk.notices)
            await desk.press(key)
            await desk.until(lambda count=count: sum(refused in words for words in desk.notices) > count, "why not")
        gate.open()
        await desk.ended()


@pytest.mark.usefixtures("home")
async def test_an_end_that_is_held_back_is_named_without_a_probability() -> None:
    """Its confidence counts as none (``eos last``), and it is not improbable."""
    run = Run(start(), TokenBytes())
    run.add(replace(step(0, {0: 5}), commits=[Choice(0, 5, 0.5), Choice(1, EOS, 0.0)]))
    async with chatting("missing") as desk:
        dialog = ReadingsDialog(run, [], None, desk.chat.link.queries, desk.app.run_worker)
        await desk.app.push_screen(dialog)
        made = str(dialog.query_one(OptionList).get_option_at_index(0).prompt)
        assert "50% @0" in made
        assert "% @1" not in made
        assert made.rstrip().endswith("@1")


@pytest.mark.usefixtures("home")
async def test_readings_that_keep_something_else_come_first_and_the_others_are_the_same() -> None:
    run = Run(start(), TokenBytes())
    run.add(replace(step(0, {0: 5}), predictions=[Choice(1, 6, 0.4)]))
    made = run.settings_at(0)
    others = [
        made.replace(seed=1),
        made.replace(remasking="random"),
        made.replace(remasking="threshold", remasking_params={"threshold": 0.9}),
    ]
    kept = [[Choice(0, 5, 0.5)], [Choice(1, 6, 0.4)], [Choice(0, 5, 0.5), Choice(1, 6, 0.4)]]
    async with chatting("missing") as desk:
        queries = desk.chat.link.queries

        async def read(
            run: Run, settings: SamplerSettings, take: Callable[[Reading], None], fail: Callable[[], None]
        ) -> None:
            data = StepData(block=0, block_step=0, commits=kept[others.index(settings)])
            take(Reading(1, run.id, 0, data, 0.0))

        queries.read = read  # type: ignore[method-assign]
        dialog = ReadingsDialog(run, others, None, queries, desk.app.run_worker)
        chosen: list[SamplerSettings | None] = []
        await desk.app.push_screen(dialog, chosen.append)
        await desk.until(lambda: len(dialog.answers) == 3, "the readings have come")
        rows = dialog.query_one(OptionList)
        assert [option.id for option in rows.options] == ["-1", "1", "2", "0"]
        assert rows.highlighted == 1
        assert [str(option.prompt).split()[:3] for option in rows.options][2:] == [
            ["threshold", "0.9", "2"],
            ["seed", "1", "the"],
        ]
        await desk.press("down", "enter")
        assert chosen == [others[2]]


async def _held(desk: Desk) -> ReadingsDialog:
    """The dialog over a run of the embedded model that was held at a step."""
    await desk.ready()
    worker = desk.chat.worker
    prompt = Prompt(messages=[Message("user", "Name three colours.")])
    settings = SamplerSettings(steps=16, gen_length=32, block_length=32)
    desk.chat.workbench.settings = settings
    await desk.chat.link.generate(worker, Generate("run-1", settings, prompt, hold=True))
    await desk.until(lambda: desk.chat.link.phase is Phase.HELD, "it is held from its beginning")
    await worker.advance()
    await desk.until(lambda: worker.run is not None and worker.run.last == 1, "a step is made")
    desk.chat.stage.canvas.focus()
    await desk.press("R")
    dialog = desk.app.screen
    assert isinstance(dialog, ReadingsDialog)
    rows = dialog.query_one(OptionList)
    await desk.until(lambda: len(dialog.answers) + 1 == rows.option_count, "the readings have come")
    return dialog


@pytest.mark.slow
@pytest.mark.usefixtures("home")
async def test_a_typed_tokens_rank_is_shown_and_a_reading_committed_in_the_steps_place() -> None:
    async with chatting("demo", worker=None) as desk:
        dialog = await _held(desk)
        run = desk.chat.worker.run
        assert run is not None
        data = dialog.answers[0]
        assert data is not None

        await desk.press("tab", *"red", "enter")
        await desk.until(lambda: len(dialog.ranks) == 2, "both ranks")
        assert {text for text, _, _ in dialog.ranks} == {"red", " red"}
        assert all(ranked is not None and ranked.rank >= 1 for _, _, ranked in dialog.ranks)

        await desk.press("shift+tab")
        rows = dialog.query_one(OptionList)
        while rows.highlighted_option is None or rows.highlighted_option.id != "0":
            await desk.press("down")
        await desk.press("enter")  # another seed, at temperature 1
        session = desk.chat.worker.session
        await desk.until(lambda: len(session.runs) == 2, "the branch has begun")
        branch = session.runs["run-2"]
        await desk.until(lambda: branch.last == 1 and desk.chat.link.phase is Phase.HELD, "one step, and held")
        assert run.end is not None
        assert run.end.reason == CANCELLED
        assert branch.start.parent == run.id
        assert branch.start.step == 0
        assert (branch.start.settings.temperature, branch.start.settings.seed) == (1.0, 1)
        assert desk.chat.workbench.settings.seed == 1
        assert [(choice.position, choice.token) for choice in branch.steps[0].commits] == [
            (choice.position, choice.token) for choice in data.commits
        ]
        assert desk.recorded().runs["run-2"].start.parent == run.id
