"""``llada-tui eval`` from end to end on the embedded model, on tasks with local data."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llada_tui import cli
from llada_tui.evaluation import evaluate as evaluating
from llada_tui.evaluation.published_text import encode_context
from llada_tui.evaluation.recorded_generations import RecordedGenerations
from llada_tui.models.generation import generate
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.session import read_session
from tests.conftest import Home
from tests.evaluation.support import demo, question
from tests.evaluation.tasks import write_tasks
from tests.models.text_processes import until

ROOT = Path(__file__).parents[2]
SHAPE = ["--gen-length", "16", "--block-length", "16", "--mc-num", "8", "--strata", "2", "--chat-template"]
"""With their chat template the capitals' questions are odd, and their scores are of no matter here."""


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded model is loaded once for all commands of this process."""
    monkeypatch.setattr("llada_tui.api.load_model", lambda source, **place: demo())


def own_lines(problems: str) -> list[str]:
    """The lines of this program: bars of others are left away only where it was the first to import them."""
    return [line for line in problems.splitlines() if line.startswith("llada-tui: ")]


def run(*arguments: str) -> int:
    return cli.run(["eval", "--model", "demo", *arguments])


@pytest.mark.usefixtures("home", "loaded")
class TestCommand:
    def test_the_table_is_printed_and_kept(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder, out = write_tasks(tmp_path / "tasks"), tmp_path / "out"
        command = ["--tasks", "local_sums,local_capitals", "--include-path", str(folder), "--out", str(out), *SHAPE]
        assert run(*command, "--record", "2") == 0
        printed, problems = capsys.readouterr()
        assert own_lines(problems) == []
        head, sums, capitals = printed.splitlines()
        assert head.split() == ["task", "metric", "ours", "stderr", "published", "tokens/pass", "seconds"]
        assert sums.split()[:4] == ["local_sums", "exact_match", "(number)", "66.7%"]
        assert sums.split()[5:7] == ["-", "1.00"]
        assert capitals.split()[:2] == ["local_capitals", "acc"]
        assert capitals.split()[4:6] == ["-", "-"]
        rows = json.loads((out / "results.json").read_text())
        assert [(row["task"], row["documents"], row["tokens"], row["passes"]) for row in rows] == [
            ("local_sums", 3, 48, 48),
            ("local_capitals", 3, 0, 0),
        ]
        assert (
            (out / "results.md").read_text().splitlines()[2].startswith("| local_sums | exact_match (number) | 66.7% |")
        )
        assert (out / "results.txt").read_text() == printed
        session = read_session(out / "generations.jsonl")
        assert len(session.runs) == 2
        run_of_session = next(iter(session.runs.values()))
        assert run_of_session.answer().startswith("Humpty Dumpty")
        assert [session.names[name] for name in session.runs] == ["local_sums 2", "local_sums 1"]
        assert cli.run(["replay", str(out / "generations.jsonl"), "--run", "local_sums 1", "--text"]) == 0
        assert "57 + 38 = 95." in capsys.readouterr().out

    def test_a_group_is_one_row_of_all_its_tasks(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = write_tasks(tmp_path / "tasks")
        shape = ["--mc-num", "4", "--batch-size", "16", "--json"]
        assert run("--tasks", "local_group", "--include-path", str(folder), *shape) == 0
        (row,) = json.loads(capsys.readouterr().out)
        assert (row["task"], row["metric"], row["documents"]) == ("local_group", "acc", 3)
        assert row["value"] == pytest.approx(1 / 3)
        assert row["seconds"] > 0

    def test_a_finished_evaluation_asks_the_model_nothing(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder, out = write_tasks(tmp_path / "tasks"), tmp_path / "out"
        command = ["--tasks", "local_sums,local_capitals", "--include-path", str(folder), "--out", str(out), *SHAPE]
        assert run(*command, "--json") == 0
        before = json.loads(capsys.readouterr().out)

        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("the model was asked")

        with monkeypatch.context() as patch:
            for name in ("denoise", "logits"):
                patch.setattr(LoadedModel, name, refuse)
            assert run(*command, "--json") == 0
        assert json.loads(capsys.readouterr().out) == before
        assert run(*command, "--steps", "8") == 1
        assert "holds answers with another steps" in capsys.readouterr().err

    def test_an_interruption_goes_on_where_it_was(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder, out = write_tasks(tmp_path / "tasks"), tmp_path / "out"
        command = ["--tasks", "local_sums", "--include-path", str(folder), "--out", str(out), *SHAPE, "--json"]
        answered: list[object] = []
        count = evaluating.TaskFolder.add

        def stop_after_two(self: evaluating.TaskFolder, cost: evaluating.RequestCost) -> None:
            count(self, cost)
            answered.append(cost)
            if len(answered) == 2:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(evaluating.TaskFolder, "add", stop_after_two)
            assert run(*command) == 130
        assert "the same command goes on from there" in capsys.readouterr().err
        answered.clear()
        with monkeypatch.context() as patch:
            patch.setattr(evaluating.TaskFolder, "add", lambda self, cost: (count(self, cost), answered.append(cost)))
            assert run(*command) == 0
        assert len(answered) == 1
        (row,) = json.loads(capsys.readouterr().out)
        assert (row["value"], row["documents"], row["tokens"]) == (pytest.approx(2 / 3), 3, 48)

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--tasks", "gsm8k", "--record", "1"], "--record needs a folder"),
            (["--preset", "no-such"], "there is no table 'no-such'"),
            pytest.param(["--tasks", "local_sum"], "Did you mean local_sums", marks=pytest.mark.slow),
            (["--tasks", "local_sums", "--include-path", "nowhere"], "nowhere is no folder with tasks"),
            (["--pairs", "nowhere.json"], "nowhere.json cannot be read as a file of pairs"),
            (["--tasks", "local_code"], "say --run-code"),
            (["--tasks", "local_missing"], "The data of local_missing cannot be loaded"),
            ([], "Nothing is to be evaluated"),
            (["--tasks", "local_sums", "--out", "/dev/null/answers"], "cannot be a folder of answers"),
        ],
        ids=str,
    )
    def test_what_cannot_be_is_told_in_a_sentence(
        self, arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = write_tasks(tmp_path / "tasks")
        sums = (folder / "local_sums.yaml").read_text()
        (folder / "local_code.yaml").write_text(sums.replace("local_sums", "local_code") + "unsafe_code: true\n")
        (folder / "local_missing.yaml").write_text(sums.replace("local_sums", "local_missing"))
        assert run(*arguments, "--include-path", str(folder)) in (1, 2)
        printed, problem = capsys.readouterr()
        assert printed == ""
        assert words in problem
        assert problem.count("\n") == 1

    def test_progress_is_told_with_the_time_left(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("llada_tui.cli.eval._EVERY", 0.0)
        folder = write_tasks(tmp_path / "tasks")
        assert run("--tasks", "local_sums", "--include-path", str(folder), *SHAPE) == 0
        lines = own_lines(capsys.readouterr().err)
        assert lines[0] == "llada-tui: local_sums: 0 of 3 requests"
        assert lines[-1] == "llada-tui: local_sums: 3 of 3 requests, 0 s left"

    def test_without_the_extra_it_says_how_to_install_it(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("llada_tui.cli.eval.find_spec", lambda name: None)
        assert run("--tasks", "gsm8k") == 1
        assert 'pip install "llada-tui[eval]"' in capsys.readouterr().err


def test_the_library_says_how_to_install_it_too() -> None:
    code = (
        "import sys; sys.modules['lm_eval'] = None\n"
        "try: from llada_tui.evaluation import HarnessModel\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == 'Evaluations need lm-evaluation-harness: pip install "llada-tui[eval]".\n', done.stderr


@pytest.mark.slow
def test_a_killed_evaluation_goes_on_where_it_was(tmp_path: Path, home: Home) -> None:
    folder, out = write_tasks(tmp_path / "tasks"), tmp_path / "out"
    command = [sys.executable, "-m", "llada_tui", "eval", "--model", "demo", "--tasks", "local_sums,local_capitals"]
    command += [
        "--include-path",
        str(folder),
        "--out",
        str(out),
        *SHAPE,
        "--mc-num",
        "512",
        "--batch-size",
        "32",
        "--json",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    costs = out / "local_capitals" / "costs_rank0.jsonl"
    process = subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL)
    until(lambda: costs.exists() and costs.read_bytes().count(b"\n") >= 2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    count = costs.read_bytes().count(b"\n")
    assert count < 9
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    rows = json.loads(done.stdout)
    assert [(row["task"], row["documents"]) for row in rows] == [("local_sums", 3), ("local_capitals", 3)]
    assert costs.read_bytes().count(b"\n") <= 9 + 1  # at most the request that was at work is asked again


@pytest.mark.parametrize(
    "changes",
    [{"early_stop": True}, {"remasking": "editing"}, {"remasking": "remdm_conf"}, {"cache": "dual", "top_k": 3}],
    ids=str,
)
def test_a_recorded_generation_ends_in_its_canvas(changes: dict[str, Any], tmp_path: Path) -> None:
    model, settings = demo().loaded, SamplerSettings(steps=16, gen_length=16, block_length=8, **changes)
    contexts = [question(text) for text in ("What is 2 + 3?", "Recite Twinkle, Twinkle, Little Star.")]
    prompts = [encode_context(model, context) for context in contexts]
    recorded = RecordedGenerations(tmp_path / "generations.jsonl", 2)
    generations = generate(model, prompts, [settings] * 2, keep_steps=recorded.left)
    for context, generation in zip(contexts, generations, strict=True):
        recorded.add(model, context, generation, "a name")
    recorded.finish()
    assert recorded.left == 0
    session = read_session(tmp_path / "generations.jsonl")
    for run_of_session, generation in zip(session.runs.values(), generations, strict=True):
        assert run_of_session.last == generation.passes
        tokens = [model.mask_id if token is None else token for token in run_of_session.canvas(run_of_session.last)]
        assert tokens == generation.canvas
        assert run_of_session.answer() == model.decode(generation.canvas)
    assert RecordedGenerations(tmp_path / "generations.jsonl", 3).left == 1


def test_no_more_generations_are_recorded_than_asked_for(tmp_path: Path) -> None:
    model, settings = demo().loaded, SamplerSettings(steps=4, gen_length=4, block_length=4)
    path = tmp_path / "generations.jsonl"
    for number, kept in ((2, [True, True, False]), (2, [False, False, False]), (3, [True, False, False])):
        recorded = RecordedGenerations(path, number)
        contexts = [question(text) for text in ("What is 2 + 3?", "What is 3 + 3?", "What is 4 + 3?")]
        prompts = [encode_context(model, context) for context in contexts]
        generations = generate(model, prompts, [settings] * 3, keep_steps=recorded.left)
        assert [bool(generation.steps) for generation in generations] == kept
        for context, generation in zip(contexts, generations, strict=True):
            if generation.steps:
                recorded.add(model, context, generation, "a name")
        assert recorded.left == 0
        recorded.finish()
        assert len(read_session(path).runs) == number


def test_an_evaluation_that_generates_nothing_leaves_no_file(tmp_path: Path) -> None:
    recorded = RecordedGenerations(tmp_path / "generations.jsonl", 2)
    recorded.finish()
    assert not (tmp_path / "generations.jsonl").exists()
