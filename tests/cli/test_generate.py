"""``generate`` from the shell, with the real worker process and a made-up model in it."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from llada_tui.trace.session import read_session
from llada_tui.trace.session_folder import peek
from tests.cli.support import FAKE_WORKER, command, environment, generate, llada, patient_command
from tests.conftest import Home, first_quick
from tests.trace.test_session import small
from tests.trace.test_session_writer import Window

SMALL = ("--gen-length", "8", "--block-length", "4")


@pytest.fixture(autouse=True)
def _at_home(home: Home) -> None:
    """Each test has a home of its own."""


def test_the_answer_alone_is_on_stdout() -> None:
    done = generate("hi", *SMALL)
    assert (done.code, done.out, done.err) == (0, "aaaaaaaa\n", "")
    assert generate("hi", *SMALL, "--temperature", "2").out == "cccccccc\n"


@pytest.mark.parametrize("size", first_quick([17 * 2**20, 500_000]))
def test_a_prompt_that_is_too_long_is_refused(size: int) -> None:
    """Also one that would not fit into a line for the worker."""
    result = generate("-", *SMALL, stdin=b"x" * size)
    assert result.code == 1
    assert re.fullmatch(r"This is too long: .* of text, and a model can be asked 400 kB at most\.", result.sentence)


def test_the_prompt_from_stdin(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    piped = b"\xef\xbb\xbftwo\nlines \xff\n"  # a byte order mark is passed over
    assert generate("-", *SMALL, "--record", str(path), "--system", "be brief", stdin=piped).code == 0
    (run,) = read_session(path).runs.values()
    assert [(message.role, message.content) for message in run.start.messages] == [
        ("system", "be brief"),
        ("user", "two\nlines �"),
    ]
    assert generate("-", stdin=b"").sentence == "The prompt is empty."


@pytest.mark.slow
def test_masks_in_a_prompt_are_filled_on_the_canvas(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    done = llada("generate", "The capital of {mask:2} is Paris.", "--record", str(path))
    assert done.code == 0
    (run,) = read_session(path).runs.values()
    assert run.masks_left(0) == 2
    assert run.text(0, cut=False).endswith(" is Paris.")
    assert run.question == "Fill in the blanks: The capital of ____ is Paris."
    assert run.answer() == done.out.rstrip("\n")
    assert "{mask" not in done.out


def test_json_is_one_object(tmp_path: Path) -> None:
    done = generate("hi", *SMALL, "--json", "--seed", "7")
    assert (done.code, done.err) == (0, "")
    report = json.loads(done.out)
    assert set(report) == {
        "text",
        "token_ids",
        "steps",
        "forward_passes",
        "seconds",
        "tokens_per_second",
        "settings",
        "model",
    }
    assert (report["text"], report["token_ids"], report["steps"], report["forward_passes"]) == ("a" * 8, [97] * 8, 8, 8)
    assert report["settings"]["seed"] == 7
    assert report["settings"]["gen_length"] == 8
    assert report["model"]["id"] == "fake"
    assert report["seconds"] > 0
    assert report["tokens_per_second"] > 0


def test_plain_is_a_line_a_step() -> None:
    done = generate("hi", *SMALL, "--plain")
    *steps, answer = done.out.splitlines()
    assert answer == "aaaaaaaa"
    assert len(steps) == 8
    for number, line in enumerate(steps, 1):
        start = f"step {number}/8 block {1 + (number > 4)}/2 masks {8 - number}: committed "
        assert line.startswith(start)
        position, token, confidence = line.removeprefix(start).split()
        assert token == "'a'"
        assert 0 <= int(position) < 8
        assert 0 <= float(confidence) <= 1
    assert "\x1b" not in done.out
    assert "\r" not in done.out
    assert done.err == ""


def test_recording_makes_a_session_and_adds_to_it(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "s.jsonl"
    assert generate("first", *SMALL, "--record", str(path)).code == 0
    before = path.read_bytes()
    second = generate("second", *SMALL, "--record", str(path))
    assert second.code == 0
    assert f"{path} holds 1 run already: what is new is added to it." in second.err
    assert path.read_bytes().startswith(before)
    session = read_session(path)
    assert session.problems == []
    assert [run.question for run in session.runs.values()] == ["first", "second"]
    assert all(run.end is not None and run.masks_left(run.last) == 0 for run in session.runs.values())
    entry = peek(path)
    assert (entry.title, entry.runs, entry.tokens) == ("first", 2, 16)
    shown = llada("replay", str(path), "--text")
    assert (shown.code, shown.out) == (0, "aaaaaaaa\n")
    assert llada("replay", str(path), "--text", "--run", "1", "--step", "0").out == " ░░░" * 8 + "\n"


def test_what_is_no_session_is_not_recorded_into(tmp_path: Path) -> None:
    path = tmp_path / "diary.txt"
    path.write_text("Dear diary")
    done = generate("hi", "--record", str(path))
    assert done.code == 2
    assert "is not a session that llada-tui recorded" in done.sentence
    assert path.read_text() == "Dear diary"
    assert generate("hi", "--record", str(tmp_path)).code == 2
    refused = generate("hi", "--record", str(path / "below"))
    assert refused.code in (1, 2)
    assert "cannot be recorded into" in refused.sentence


FAILURES = {
    "missing": "There is no model named missing.",
    "too big": "There is not enough memory to load too big",
    "broken": "Loading broken failed unexpectedly",
}


@pytest.mark.parametrize(
    ("model", "sentence"),
    [pytest.param(*each, marks=[pytest.mark.slow] * (each[0] != "missing")) for each in FAILURES.items()],
)
def test_a_model_that_cannot_be_loaded_is_a_sentence(model: str, sentence: str) -> None:
    done = generate("hi", model=model)
    assert (done.code, done.out) == (1, "")
    assert done.sentence.startswith(sentence)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [("oom", "ran out of memory"), pytest.param("defect", "failed unexpectedly", marks=pytest.mark.slow)],
)
def test_a_run_that_fails_keeps_what_it_has(tmp_path: Path, model: str, sentence: str) -> None:
    path = tmp_path / "s.jsonl"
    done = generate("hi", *SMALL, "--record", str(path), model=model)
    assert (done.code, done.out) == (1, "aa\n")
    assert sentence in done.sentence
    (run,) = read_session(path).runs.values()
    assert run.end is not None
    assert run.end.reason == "failed"
    assert run.last == 2


def test_a_worker_killed_while_loading_is_a_sentence(tmp_path: Path) -> None:
    done = generate("hi", model=f"once:{tmp_path / 'mark'}")
    assert done.code == 1
    assert "killed (SIGKILL)" in done.sentence


def test_what_is_no_worker_is_a_sentence() -> None:
    assert "there is no command 'no-such-worker'" in llada("generate", "hi", "--worker", "no-such-worker x").sentence
    assert "is no worker: it printed 'hello'" in llada("generate", "hi", "--worker", "echo hello").sentence


def test_a_base_model_continues_text_and_takes_no_system_prompt() -> None:
    done = generate("hi", *SMALL, model="base")
    assert done.out == "aaaaaaaa\n"
    assert "goes on where the prompt ends" in done.err
    refused = generate("hi", *SMALL, "--system", "x", model="base")
    assert refused.code == 2
    assert "no system prompt" in refused.sentence


def test_what_a_library_prints_stays_out_of_the_answer() -> None:
    assert generate("hi", *SMALL, model="noisy").out == "aaaaaaaa\n"


def test_a_strategy_that_only_the_worker_could_know_is_asked_of_the_worker() -> None:
    done = generate("hi", "--remasking", "magic")
    assert done.code == 2
    assert "no remasking strategy named magic" in done.sentence


def test_the_configuration_names_model_and_worker(home: Home) -> None:
    home.config.mkdir()
    (home.config / "config.toml").write_text(f"model = 'base'\nworker = '''{FAKE_WORKER}'''\n")
    report = json.loads(llada("generate", "hi", *SMALL, "--json").out)
    assert report["model"]["id"] == "base"


def _start(
    path: Path,
    *arguments: str,
    worker: str = FAKE_WORKER,
    program: Callable[..., list[str]] = command,
) -> subprocess.Popen[bytes]:
    words = ["generate", "hi", "--worker", worker, "--gen-length", "4000", "--plain", "--record", str(path)]
    pipe = subprocess.PIPE
    return subprocess.Popen(program(*words, *arguments), stdout=pipe, stderr=pipe, env=environment())


@pytest.mark.parametrize("number", first_quick([signal.SIGINT, signal.SIGTERM]))
def test_interrupting_keeps_the_partial_text(tmp_path: Path, number: int) -> None:
    path = tmp_path / "s.jsonl"
    with _start(path, "--model", "paced") as process:
        assert process.stdout
        for _ in range(5):
            process.stdout.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == b""
    assert set(out.splitlines()[-1]) == {ord("a")}
    session = read_session(path)
    assert session.problems == []
    (run,) = session.runs.values()
    assert run.end is not None
    assert run.end.reason == "cancelled"
    assert run.last >= 5
    assert len(out.splitlines()[-1]) == run.last
    assert peek(path).runs == 1


SIGNALLING = """
from pathlib import Path
from llada_tui.worker import server
from tests.worker import fakes

def load(command, progress):
    Path({sign!r}).touch()
    return fakes.load(command, progress)

server.run(load)
"""
"""A worker that tells when it begins to load."""


def test_interrupting_a_load_ends_at_once(tmp_path: Path) -> None:
    path, sign = tmp_path / "s.jsonl", tmp_path / "loading"
    (tmp_path / "worker.py").write_text(SIGNALLING.format(sign=str(sign)))
    worker = shlex.join([sys.executable, str(tmp_path / "worker.py")])
    with _start(path, "--model", "endless", worker=worker) as process:
        while not sign.exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"")
    assert not path.exists()


def _until_taken(pid: int) -> None:
    """Wait until a process has taken its signals: two of a kind that wait for it are one."""
    status = Path(f"/proc/{pid}/status")
    while status.exists() and any(
        int(line.split()[1], 16) for line in status.read_text().splitlines() if line.startswith(("SigPnd", "ShdPnd"))
    ):
        time.sleep(0.01)


def test_interrupting_a_worker_that_is_stuck_twice_ends_at_once(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    with _start(path, "--model", "stuck", program=patient_command) as process:
        assert process.stdout
        for _ in range(2):
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _until_taken(process.pid)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)  # one alone ends it after 120 seconds
    assert process.returncode == 130
    (run,) = read_session(path).runs.values()
    assert run.end is not None
    assert run.last == 2


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    with _start(path, "--model", "paced") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.wait(60)
    assert err == b""
    assert process.returncode == 1
    (run,) = read_session(path).runs.values()
    assert run.end is not None
    assert run.end.reason == "cancelled"


def test_a_file_that_another_window_has_is_refused_before_any_work(tmp_path: Path) -> None:
    path = small(tmp_path / "s.jsonl")
    before = path.read_bytes()
    with Window(path):
        done = generate("hi", "--record", str(path))
    assert (done.code, done.out) == (2, "")
    assert done.sentence == f"{path} is open in another window or command: record into another file."
    assert path.read_bytes() == before
    assert generate("hi", "--record", str(path)).code == 0


def test_commands_that_record_into_one_new_file_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    arguments = command("generate", "--worker", FAKE_WORKER, "--model", "fake", "hi", "--record", str(path))
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    both = [subprocess.Popen(arguments, env=environment(), text=True, **pipes) for _ in range(2)]
    errors = [process.communicate(timeout=100)[1] for process in both]
    codes = [process.returncode for process in both]
    session = read_session(path)
    assert session.problems == []
    assert len(session.runs) == codes.count(0)
    refusal = f"llada-tui: {path} is open in another window or command: record into another file.\n"
    assert all(code == 0 or words == refusal for code, words in zip(codes, errors, strict=True))


def test_a_command_that_fails_leaves_no_empty_file(tmp_path: Path) -> None:
    assert generate("hi", "--record", str(tmp_path / "s.jsonl"), model="missing").code == 1
    assert not (tmp_path / "s.jsonl").exists()
