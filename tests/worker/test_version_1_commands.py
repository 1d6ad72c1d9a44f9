"""Commands that version 1 sent are understood as they were meant, and sent again byte for byte."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from llada_tui.settings.prompt import Message, Prompt
from llada_tui.trace.choice import Choice
from llada_tui.trace.resume import EarlierStep, EarlierSteps, Resume, RunPoint
from llada_tui.trace.resume_from import branch_settings, resume_from
from llada_tui.trace.session import read_session
from llada_tui.worker.codec import decode_command, encode
from llada_tui.worker.protocol import Compare, Count, Generate, Release, Score
from tests.trace.test_version_1 import without_later_settings

FOLDER = Path(__file__).parents[1] / "trace" / "version_1"
LINES = (FOLDER / "commands.jsonl").read_bytes().splitlines(keepends=True)
COMMANDS = {line: decode_command(line) for line in LINES}
RUNS = {command.run: command for command in COMMANDS.values() if isinstance(command, Generate)}


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_version_1_is_sent_again_as_it_was(line: bytes) -> None:
    assert without_later_settings(encode(COMMANDS[line])) == line


def test_what_version_1_asked_is_the_prompt() -> None:
    assert RUNS["run-1"].prompt == Prompt(ids=[3, 4, 5])
    assert RUNS["run-7"].prompt == Prompt(messages=[Message("user", "hé\u2028llo")], ids=[6, 7])
    assert RUNS["run-9"].prompt == Prompt(text="", template="The {mask:3} of {mask:2}.")
    assert RUNS["run-10"].resume == Resume(changes=[(3, 7)])
    others = [command for command in COMMANDS.values() if not isinstance(command, Generate)]
    assert Count(Prompt(text="x")) in others
    assert Score("an answer", Prompt(text="a prompt"), samples=8, seed=2) in others
    assert Release("run-1") in others
    (compare,) = (command for command in others if isinstance(command, Compare))
    assert [lane.run for lane in compare.lanes] == ["run-1", "run-4"]


@pytest.mark.parametrize(("run", "frame"), [("run-2", 3), ("run-3", 2), ("run-5", 2), ("run-8", 4)])
def test_a_branch_is_asked_for_as_by_version_1(run: str, frame: int) -> None:
    runs, command = read_session(FOLDER / "session.jsonl").runs, RUNS[run]
    assert command.parent is not None
    parent = runs[command.parent]
    changes = {9: 7} if run == "run-3" else None
    resume = resume_from(parent, frame, changes=changes)
    assert msgspec.structs.replace(resume, earlier=None) == command.resume, "version 1 knew no earlier steps"
    assert branch_settings(parent, frame) == command.settings
    prompt = msgspec.structs.replace(parent.start.prompt, ids=parent.start.prompt_ids)
    assert prompt == command.prompt


def test_every_field_of_a_prompt_and_of_where_it_goes_on_is_sent() -> None:
    prompt = Prompt(
        messages=[Message("user", "a", ("n",))], text="b", ids=[1], template="c", raw_tokens=True, images=["n"],
        pictures={"n": b"x"}, stop=["d", [1]], suffix=[2],
    )  # fmt: skip
    step = EarlierStep([Choice(1, 2, 0.5)], [3], [Choice(4, 5, 0.5)], RUNS["run-1"].settings)
    earlier = EarlierSteps(RunPoint([1], [2], [3], 4, 5, 6, [0.5], 7, 8), [step])
    resume = Resume([1], [2], [3], 4, 5, 6, [0.5], 7, 8, [(9, 10)], {"stage": 2}, earlier)
    for part in (prompt, resume):
        kind = type(part)
        assert all(getattr(part, name) != getattr(kind(), name) for name in kind.__struct_fields__), "a field was added"
    command = Generate("a", RUNS["run-1"].settings, prompt, resume, "b", True, "c")
    assert decode_command(encode(command)) == command
