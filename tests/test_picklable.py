"""Exceptions pass from one process to another: they are the same after it, whatever their constructors take."""

from __future__ import annotations

import ast
import builtins
import pickle
from pathlib import Path

import pytest

from llada_tui.cli.output import CommandError
from llada_tui.cli.worker_for_command import WorkerFailure
from llada_tui.lessons.lesson import LessonError, LessonProblem
from llada_tui.models.hub_patience import HubSilent
from llada_tui.models.limited_process import Ended
from llada_tui.models.text_process import Refused
from llada_tui.serving.api_request import RequestRefused
from llada_tui.serving.relay import ReplicaRefused
from llada_tui.serving.run_stream import RunFailed
from llada_tui.serving.shared_sessions import ShareRefused
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.session_writer import SessionInUse
from llada_tui.worker.protocol import Failure
from llada_tui.worker.worker_errors import WorkerDied, WorkerError

ROOT = Path(__file__).parents[1] / "llada_tui"
ERRORS = [
    CommandError("No.", 3),
    Ended("time", "encode", "a line"),
    HubSilent(),
    LessonError([LessonProblem(2, "No page."), LessonProblem(1, "No title.")]),
    Refused("template", "No."),
    ReplicaRefused("No.", 429),
    RequestRefused("No.", "steps", 404),
    RunFailed("No.", 500, "steps"),
    SessionInUse(Path("a folder") / "a.jsonl"),
    SettingsError("steps", "steps must be at least 1, not 0."),
    ShareRefused("No.", 403),
    WorkerError("It is gone.", ["a line"], WorkerDied(1, None, "It is gone.", [])),
    WorkerFailure(Failure("request", "No.", field="steps")),
]


def constructed() -> set[str]:
    """The public exceptions of the package that have a constructor of their own."""
    classes = {
        node.name: node
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    kinds = [kind for kind in vars(builtins).values() if isinstance(kind, type)]
    names = {kind.__name__ for kind in kinds if issubclass(kind, BaseException)}
    before = 0
    while len(names) > before:
        before = len(names)
        names |= {name for name, node in classes.items() if {ast.unparse(base) for base in node.bases} & names}
    methods = {name: [getattr(part, "name", "") for part in classes[name].body] for name in names & classes.keys()}
    return {name for name, parts in methods.items() if "__init__" in parts and not name.startswith("_")}


def test_every_exception_with_a_constructor_is_tried() -> None:
    assert {type(error).__name__ for error in ERRORS} == constructed()


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_exception_is_the_same_in_another_process(error: Exception) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (str(copy), copy.args, vars(copy)) == (str(error), error.args, vars(error))


def test_a_setting_that_was_refused_is_told_with_its_name() -> None:
    with pytest.raises(SettingsError) as caught:
        SamplerSettings(steps=0)
    assert pickle.loads(pickle.dumps(caught.value)).field == "steps"
