"""A command whose worker is stopped says so, and ctrl-C ends it at once."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from llada_tui.cli import worker_for_command
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import CANCELLED
from llada_tui.trace.session import read_session
from llada_tui.worker import heartbeat
from llada_tui.worker.protocol import Generate, Load
from tests.conftest import first_quick

from .support import FAKE_WORKER, environment, patient_command

WORKER = ("--worker", FAKE_WORKER, "--model", "stops")


def test_silence_after_a_standstill_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is stuck in its third step; then its process is stopped, and ended once that is said."""
    monkeypatch.setattr(heartbeat, "TICK", 0.4)
    monkeypatch.setattr(heartbeat, "STEP_PATIENCE", 10)
    monkeypatch.setattr(heartbeat, "TOLD_AGAIN", 1000)
    sentences: list[str] = []
    others = {*psutil.Process().children()}

    def warned(sentence: str) -> None:
        sentences.append(sentence)
        number = signal.SIGSTOP if sentence.startswith("No step") else signal.SIGKILL
        for process in {*psutil.Process().children()} - others:
            process.send_signal(number)

    async def talk(worker: worker_for_command.CommandWorker) -> None:
        await worker.load(Load("stuck"))
        settings = SamplerSettings(steps=8, gen_length=8, block_length=8)
        async for _ in worker.run(Generate("a", settings, Prompt(text="hi"))):
            pass

    monkeypatch.setattr(worker_for_command, "warn", warned)
    worker_for_command.use_worker(FAKE_WORKER, talk)
    assert sentences == [
        "No step for 10 seconds: the worker may be stuck, or a large model takes that long. Ctrl-C ends it.",
        "The worker has not answered for 8 seconds. Ctrl-C ends it.",
    ]


@pytest.mark.parametrize(
    "arguments",
    first_quick(
        [
            ("generate", "hi", *WORKER),
            ("compare", "hi", *WORKER, "--vary", "temperature=0,1"),
            ("bench", *WORKER),
            ("score", "hi", "there", *WORKER),
        ]
    ),
    ids=lambda arguments: arguments[0],
)
def test_it_is_said_and_ctrl_c_ends_at_once(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    recorded = tmp_path / "s.jsonl"
    more = ("--record", str(recorded)) if arguments[0] in ("generate", "compare") else ()
    program = subprocess.Popen(
        patient_command(*arguments, *more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    try:
        assert program.stderr is not None
        line = program.stderr.readline().decode()
        assert line == "llada-tui: The worker has not answered for 8 seconds. Ctrl-C ends it.\n"
        (worker,) = psutil.Process(program.pid).children()
        program.send_signal(signal.SIGINT)
        assert program.wait(60) == 130  # asking the worker in order would take longer
        assert not worker.is_running()
    finally:
        program.kill()
        program.communicate()
    if recorded.exists():
        session = read_session(recorded)
        assert session.problems == []
        for run in session.runs.values():
            assert run.end is not None
            assert (run.end.reason, run.answer()) == (CANCELLED, "aa" if run.id == "run-1" else "bb")
