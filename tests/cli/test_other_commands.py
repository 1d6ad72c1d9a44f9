"""``replay --text``, ``sessions``, ``models``, ``worker`` and ``doctor``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from llada_tui import cli
from llada_tui.cli import doctor, models
from llada_tui.models import machine
from llada_tui.models.catalog import CHECKPOINTS
from llada_tui.models.machine import Memory
from llada_tui.models.machine_speed import MachineSpeed
from llada_tui.trace.events import PiecesEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.session_writer import SessionWriter
from tests.cli.support import llada
from tests.conftest import Home
from tests.trace.support import MASK, end, start, step

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def called(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.run(arguments)
        output = capsys.readouterr()
        return code, output.out, output.err

    return called


@pytest.fixture
def session(home: Home) -> Path:
    """Two runs; the second continues the first from step 1. One token is an escape sequence."""
    path = home.sessions / "s.jsonl"
    writer = SessionWriter(path, "test")
    pieces = PiecesEvent({7: b"one ", 8: b"two ", 9: b"\x1b[31m", 0: b"<|endoftext|>"}, [0])
    branch = start(run="r2", parent="r1", resume=Resume([7, MASK, MASK], step=1))
    for event in (
        start(3),
        pieces,
        *(step(0, {0: 7}), step(1, {1: 8}), step(2, {2: 0}), end(steps=3)),
        *(branch, step(1, {1: 9}, run="r2"), end(run="r2", steps=1)),
    ):
        writer.write(event)
    writer.close()
    return path


def test_replay_prints_the_canvas_of_any_step(session: Path, run: Run) -> None:
    shown = [run("replay", str(session), "--text", "--run", "r1", "--step", str(n)) for n in range(4)]
    assert shown == [(0, text, "") for text in (" ░░░" * 3 + "\n", "one  ░░░ ░░░\n", "one two  ░░░\n", "one two ∎\n")]
    assert run("replay", str(session), "--text", "--run", "1")[1] == "one two ∎\n"


def test_replay_takes_the_latest_session_and_its_last_run(session: Path, run: Run) -> None:
    assert run("replay", "--text") == (0, "one ␛[31m ░░░\n", "")


def test_a_branch_counts_the_steps_of_its_parent(session: Path, run: Run) -> None:
    assert run("replay", "--text", "--step", "1")[1] == "one  ░░░ ░░░\n"
    assert run("replay", "--text", "--step", "2")[1] == "one ␛[31m ░░░\n"
    code, out, err = run("replay", "--text", "--step", "0")
    assert (code, out) == (2, "")
    assert "its steps are 1 to 2" in err


def test_replay_says_what_there_is_not(home: Home, session: Path, run: Run) -> None:
    assert "its steps are 0 to 3" in run("replay", "--text", "--run", "r1", "--step", "4")[2]
    assert "the session has 2 runs" in run("replay", "--text", "--run", "3")[2]
    assert run("replay", "--text", "--run", "0")[0] == 2
    assert run("replay", str(home.path / "none"), "--text")[0] == 1
    assert "no such file" in run("replay", str(home.path / "none"), "--text")[2]


def test_replay_says_what_was_lost_and_shows_the_rest(session: Path, run: Run) -> None:
    whole = session.read_bytes()
    session.write_bytes(whole[: whole.rindex(b'{"event":"end"') - 20])
    code, out, err = run("replay", "--text")
    assert (code, out) == (0, "one  ░░░ ░░░\n")
    assert err == "llada-tui: The file ends in the middle of a line: its last step was lost.\n"


def test_without_sessions_there_is_nothing_to_replay(home: Home, run: Run) -> None:
    code, out, err = run("replay", "--text")
    assert (code, out) == (1, "")
    assert str(home.sessions) in err
    assert not home.sessions.exists()
    assert "Nothing was recorded yet" in run("sessions")[1]
    assert json.loads(run("sessions", "--json")[1]) == []


def test_sessions_are_listed(session: Path, run: Run) -> None:
    code, out, _ = run("sessions")
    assert code == 0
    assert "a question" in out
    assert "s.jsonl" in out
    (entry,) = json.loads(run("sessions", "--json")[1])
    assert entry["path"] == str(session)
    assert entry["title"] == "a question"


@pytest.mark.parametrize(
    ("free", "total", "words"),
    [(80, 80, "yes"), (12, 24, "in 4-bit"), (2, 24, "not now"), (2, 4, "no")],
)
def test_whether_a_model_fits(free: float, total: float, words: str) -> None:
    assert models.fits(CHECKPOINTS[0], Memory("", int(total * 1e9), int(free * 1e9))) == words


def test_models_lists_all(home: Home, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setattr(machine, "gpus", lambda: [Memory("A GPU", 24 * 10**9, 20 * 10**9)])
    code, out, err = run("models")
    assert (code, err) == (0, "")
    assert all(checkpoint.id in out for checkpoint in CHECKPOINTS)
    assert "GPU: A GPU, 20.0 GB free of 24.0 GB." in out
    assert out.startswith("model")
    assert "Processor" not in out


def test_models_says_how_fast_each_is_likely_to_be(home: Home, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setattr(models, "best_place", lambda: (Memory("CPU", 16 * 10**9, 12 * 10**9), []))
    monkeypatch.setattr(models, "measured", lambda: MachineSpeed(20e9, 200e9))
    lines = run("models")[1].splitlines()
    ends = {line.split()[0]: line.split()[-2:] for line in lines if line and not line.startswith(" ")}
    assert ends["qwen3-0.6b"] == ["24", "s"]
    assert ends["GSAI-ML/LLaDA-8B-Instruct"] == ["33", "min"]
    assert ends["2.0-flash"][-1] == "-"
    assert "Processor: 20 GB/s, 200 GFLOP/s." in lines


def test_what_to_begin_with_is_recommended(monkeypatch: pytest.MonkeyPatch, run: Run, home: Home) -> None:
    monkeypatch.setattr(models, "best_place", lambda: (Memory("CPU", 8 * 10**9, 5 * 10**9), []))
    monkeypatch.setattr(models, "measured", lambda: MachineSpeed(20e9, 200e9))
    code, out, err = run("models", "recommend")
    assert (code, err) == (0, "")
    assert "Qwen3 0.6B diffusion, in blocks: 1.2 GB to download, about 24 seconds for 128 tokens." in out
    assert "  llada-tui chat --model qwen3-0.6b\n" in out
    assert "5.0 GB free; 20 GB/s, 200 GFLOP/s. Times are estimates." in out
    monkeypatch.setattr(models, "best_place", lambda: (Memory("CPU", 8 * 10**9, 10**9), []))
    assert "No checkpoint that answers questions fits 1.0 GB of free memory: demo does." in " ".join(
        run("models", "recommend")[1].split()
    )


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_models_fit_the_width(monkeypatch: pytest.MonkeyPatch, run: Run, home: Home, width: int) -> None:
    monkeypatch.setattr(models, "best_place", lambda: (Memory("", 24 * 10**9, 10**9), []))
    monkeypatch.setattr(models, "measured", lambda: MachineSpeed(20e9, 200e9))
    monkeypatch.setattr(models, "columns", lambda widest=120: min(width, widest))
    lines = run("models")[1].splitlines()
    assert max(map(cell_len, lines)) <= width
    assert "not now: it would fit if other programs made room." in lines
    names = [line.split(" ")[0] for line in lines[: lines.index("")] if not line.startswith(" ")]
    assert names == ["model", "demo", *(models.names(checkpoint).split(" ")[0] for checkpoint in CHECKPOINTS)]
    short = [checkpoint.id for checkpoint in CHECKPOINTS if models.names(checkpoint).startswith(checkpoint.id)]
    assert {"GSAI-ML/LLaDA-8B-Instruct", "JetLM/SDAR-1.7B-Chat", "Qwen/Qwen3-0.6B"} <= {*short}
    beside = lines[0].find("what it is")
    assert (beside > 0) == (width >= 120)
    summaries = " ".join(" ".join(line[max(beside, 0) :] for line in lines).split())
    assert all(checkpoint.summary in summaries for checkpoint in CHECKPOINTS)
    assert any(line.startswith(f"  {CHECKPOINTS[0].summary}") for line in lines) == (width < 120)


def test_gpus_as_nvidia_smi_tells_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\nprintf 'NVIDIA A100, 40GB, 40960, 1024\\nBroken, [N/A], [N/A]\\n\\n'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert machine.gpus() == [Memory("NVIDIA A100, 40GB", 40 * 2**30, 2**30)]
    assert machine.best_place()[0].free == 2**30
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert machine.gpus() == []
    assert machine.best_place()[0].name == "CPU"


def test_the_worker_speaks_and_ends_with_its_stdin() -> None:
    done = llada("worker")
    assert done.code == 0
    assert json.loads(done.out.splitlines()[0])["reply"] == "hello"


def test_doctor_says_all_or_what_is_broken(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "torch", lambda _: iter([doctor.Finding(doctor.OK, "torch 1")]))
    monkeypatch.setattr(doctor, "demo", lambda _: doctor.Finding(doctor.OK, "the embedded model is here"))
    code, out, err = run("doctor")
    assert (code, err) == (0, "")
    assert "Python 3" in out
    assert str(home.sessions) in out
    assert out.endswith("All is well.\n")
    monkeypatch.setattr(doctor, "demo", lambda _: doctor.Finding(doctor.BAD, "gone", "Mend it so."))
    code, out, _ = run("doctor")
    assert code == 1
    assert "BAD   gone\n      Mend it so." in out
    assert not home.sessions.exists()


def test_doctor_survives_a_torch_that_does_not_start(tmp_path: Path) -> None:
    python = tmp_path / "python"
    for script, reason in (
        ("echo 'ImportError: libcudart.so.12: cannot open' >&2; exit 1", "ImportError: libcudart.so.12"),
        ("kill -SEGV $$", "exit code -11"),
        ("echo nonsense", "exit code 0"),
    ):
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
        (finding,) = doctor.torch(str(python))
        assert finding.verdict == doctor.BAD
        assert reason in finding.what
        assert "pip install" in finding.advice


def test_doctor_survives_a_python_that_does_not_start(tmp_path: Path) -> None:
    (finding,) = doctor.torch(str(tmp_path / "nowhere"))
    assert finding.verdict == doctor.BAD
    assert "no such file" in finding.what


def test_doctor_misses_the_themes(tmp_path: Path, run: Run, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "torch", lambda _: iter([]))
    assert "themes are missing" not in run("doctor")[1]
    monkeypatch.setattr(doctor, "themes_folders", lambda: [tmp_path / "themes", home.config / "themes"])
    assert "the themes are missing" in run("doctor")[1]


def _torch_that_says(path: Path, *values: Any) -> str:
    path.write_text(f"#!/bin/sh\necho '{json.dumps(values)}'\n")
    path.chmod(0o755)
    return str(path)


def test_doctor_tells_why_a_gpu_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "gpus", lambda: [Memory("A GPU", 1, 1)])
    built_without = list(doctor.torch(_torch_that_says(tmp_path / "a", "2.13.0+cpu", None, [], False, 4)))
    assert "built without CUDA" in built_without[-1].what
    old_driver = list(doctor.torch(_torch_that_says(tmp_path / "b", "2.13.0", "13.0", [], False, 4)))
    assert "driver" in old_driver[-1].advice
    works = list(doctor.torch(_torch_that_says(tmp_path / "c", "2.13.0", "13.0", ["A GPU"], False, 4)))
    assert works[-1] == doctor.Finding(doctor.OK, "CUDA 13.0: A GPU")


def test_doctor_looks_at_folders_without_making_them(tmp_path: Path) -> None:
    assert doctor.folder("x", tmp_path / "a" / "b", "V").verdict == doctor.OK
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    finding = doctor.folder("x", tmp_path / "file" / "b", "V")
    assert finding.verdict == doctor.NOTE
    assert "set V" in finding.advice


def test_doctor_sees_whether_the_model_is_whole(tmp_path: Path) -> None:
    assert doctor.demo(tmp_path).verdict == doctor.BAD
    (tmp_path / "config.json").touch()
    assert doctor.demo(tmp_path).verdict == doctor.BAD
    (tmp_path / "model.safetensors").touch()
    assert doctor.demo(tmp_path).verdict == doctor.OK


def test_statistics_are_printed(session: Path, run: Run) -> None:
    code, out, err = run("sessions", "--stats")
    assert (code, err) == (0, "")
    head, first, second, _, last = out.splitlines()
    assert head.split()[:2] == ["session", "run"]
    assert first.split("  ")[:2] == ["a question", "run 1"]
    assert second.split("  ")[:2] == ["a question", "run 2"]
    assert last == f"2 runs in {session.parent}"
    (diary := session.with_name("diary.jsonl")).write_text("dear diary\n")
    assert run("sessions", "--stats")[2] == f"llada-tui: {diary} is not a session that llada-tui recorded.\n"


def test_statistics_are_sorted_and_grouped(session: Path, run: Run) -> None:
    report = json.loads(run("sessions", "--stats", "--json", "--sort", "-tokens")[1])
    assert [row["tokens"] for row in report["runs"]] == [3, 1]
    assert [row["id"] for row in json.loads(run("sessions", "--stats", "--json", "--sort", "tokens")[1])["runs"]] == [
        "r2",
        "r1",
    ]
    report = json.loads(run("sessions", "--stats", "--json", "--by", "canvas")[1])
    (group,) = report["groups"]
    assert (report["by"], group["value"], group["runs"], group["means"]["tokens"]) == ("gen_length", 3, 2, 2)
    code, out, _ = run("sessions", "--stats", "--by", "canvas")
    assert code == 0
    assert out.splitlines()[1].split()[:4] == ["3", "2", "2", "2"]


@pytest.mark.parametrize("words", [("--by", "nothing"), ("--sort", "nothing"), ("--by", "steps", "--sort", "answer")])
def test_what_statistics_do_not_have_is_said(session: Path, run: Run, words: tuple[str, ...]) -> None:
    code, out, err = run("sessions", "--stats", *words)
    assert (code, out) == (2, "")
    assert f"There is no {words[-1]!r} to" in err
    assert run("sessions", *words) == (2, "", f"llada-tui: {words[0]} goes with --stats.\n")


def test_statistics_of_no_runs(home: Home, run: Run) -> None:
    assert "No run is recorded" in run("sessions", "--stats")[1]
    assert json.loads(run("sessions", "--stats", "--json")[1])["runs"] == []
