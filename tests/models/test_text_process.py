"""The process of the tokenizer and the chat template: what is asked and answered, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import psutil
import pytest

from llada_tui.models import limited_process, text_process
from llada_tui.models.errors import ModelError
from llada_tui.models.text_process import Refused, TextProcess, cancelled_by
from llada_tui.models.tokenizer import MAX_DECODED, Tokenizer
from tests.checkpoints import make_checkpoint

ROOT = Path(__file__).parents[2]
LOOPS = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
HOLDS = "{{ 9 ** 999999999 }}"
"""A template that lets no other thread of its process run."""
PATIENCE = 60.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("text") / "checkpoint")


@pytest.fixture(scope="module")
def state(folder: Path) -> str:
    return (folder / "tokenizer.json").read_text()


@pytest.fixture
def process() -> Iterator[TextProcess]:
    made = TextProcess()
    yield made
    made.end()


def encode(process: TextProcess, state: str, text: str, key: str = "key") -> Any:
    return process.ask(key, state, do="encode", text=text, bare=True, raw=False)


def chat(process: TextProcess, state: str, template: str) -> Any:
    messages = [{"role": "user", "content": "hi"}]
    return process.ask("key", state, do="chat", raw=False, template=template, messages=messages, variables={})


def pids(of: int = 0) -> set[int]:
    return {child.pid for child in psutil.Process(of or os.getpid()).children()}


def start(process: TextProcess, state: str) -> int:
    """Start it; its pid."""
    before = pids()
    assert encode(process, state, "x") == [120]
    (pid,) = pids() - before
    return pid


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def once(action: Callable[[], object]) -> Callable[[], bool]:
    """What a request asks while it is at work: does something, the first time, and cancels nothing."""
    left = [action]

    def is_cancelled() -> bool:
        if left:
            left.pop()()
        return False

    return is_cancelled


# -- answers ----------------------------------------------------------------------------------------------------------


def test_an_interrupted_request_leaves_no_answer_to_the_next(process: TextProcess, state: str) -> None:
    start(process, state)
    slow = "{% for i in range(99999) %}{% for j in range(200) %}{% endfor %}{% endfor %}slow"
    with cancelled_by(once(lambda: os.kill(os.getpid(), signal.SIGINT))), pytest.raises(KeyboardInterrupt):
        chat(process, state, slow)
    assert encode(process, state, "x") == [120]
    assert encode(process, state, "yz") == [121, 122]


def test_threads_have_their_own_answers_and_cancels(process: TextProcess, state: str) -> None:
    def ask(letter: str) -> None:
        with cancelled_by(lambda: letter == "a"):
            for length in range(1, 30):
                assert encode(process, state, letter * length, key=f"key-{letter}") == [ord(letter)] * length

    with ThreadPoolExecutor() as threads:
        list(threads.map(ask, "abc"))


def test_a_thread_that_waits_for_another_can_be_cancelled(process: TextProcess, state: str) -> None:
    at_work, given_up = Event(), Event()

    def is_given_up() -> bool:
        at_work.set()
        return given_up.is_set()

    def ask_long() -> None:
        with cancelled_by(is_given_up), pytest.raises(ModelError, match="ended by the cancel"):
            chat(process, state, LOOPS)

    with ThreadPoolExecutor() as threads:
        asking = threads.submit(ask_long)
        assert at_work.wait(PATIENCE)
        with cancelled_by(lambda: True), pytest.raises(ModelError, match="given up by the cancel"):
            encode(process, state, "x")
        given_up.set()
        asking.result(PATIENCE)


FORKS = """
import os, sys, threading
from llada_tui.models.text_process import PROCESS, cancelled_by
import psutil

def ask(text):
    return PROCESS.ask("key", sys.argv[1], do="encode", text=text, bare=True, raw=False)

def pids():
    return [child.pid for child in psutil.Process().children()]

assert ask("a") == [97]
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_has_a_process_of_its_own(state: str) -> None:
    """Even while another thread of the first process waits for an answer."""
    program = """
at_work, given_up = threading.Event(), threading.Event()

def is_given_up():
    at_work.set()
    return given_up.is_set()

def ask_long():
    with cancelled_by(is_given_up):
        try:
            PROCESS.ask("key", do="chat", raw=False, template=sys.argv[2], messages=[], variables={})
        except Exception as error:
            print(error, flush=True)

asking = threading.Thread(target=ask_long)
asking.start()
at_work.wait()
(pid,) = pids()
if os.fork() == 0:
    assert ask("bc") == [98, 99]
    assert pid not in pids()
    PROCESS.end()
    os._exit(7)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 7
assert pid in pids()
given_up.set()
asking.join()
assert ask("d") == [100]
"""
    assert "ended by the cancel" in run(FORKS + program, state, LOOPS)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_that_lives_on_does_not_keep_the_process(state: str) -> None:
    program = """
(pid,) = pids()
reading, _ = os.pipe()
if os.fork() == 0:
    os.close(1)
    os.read(reading, 1)  # for ever: it holds the other end itself
print(pid, *(other for other in pids() if other != pid), flush=True)
os._exit(0)
"""
    kept, fork = map(int, run(FORKS + program, state).split())
    try:
        until(lambda: is_gone(kept))
    finally:
        os.kill(fork, signal.SIGKILL)


def run(program: str, *arguments: str) -> str:
    """What a program of its own prints. It must end in time, and well."""
    command = [sys.executable, "-c", program, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True)
    try:
        printed, _ = running.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        raise
    assert running.returncode == 0
    return printed


def test_a_tokenizer_is_parsed_once_and_the_last_two_are_kept(folder: Path) -> None:
    process = text_process.PROCESS
    tokenizer = Tokenizer(folder)
    assert encode(process, "no tokenizer", "x", key=tokenizer.key) == [120]
    state = (folder / "tokenizer.json").read_text()
    for key in ("second", "third"):
        encode(process, state, "x", key=key)
    with pytest.raises(Refused):
        encode(process, "no tokenizer", "x", key=tokenizer.key)
    assert encode(process, "no tokenizer", "x", key="second") == [120]
    encode(process, state, "x", key="fourth")
    assert encode(process, "no tokenizer", "x", key="second") == [120]
    assert tokenizer.encode("x") == [120]


def test_a_tokenizer_that_its_configuration_changes_is_not_the_file_s(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["added_tokens_decoder"] = {"262": {"content": "<more>", "special": True}}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    assert Tokenizer(folder).encode("<more>", raw=True) == [262]


def test_what_is_decoded_is_bounded(folder: Path, state: str, process: TextProcess) -> None:
    with pytest.raises(ModelError, match="1,048,577 ids, and at most 1,048,576 can be decoded"):
        Tokenizer(folder).decode([120] * (MAX_DECODED + 1))
    growing = {"type": "Replace", "pattern": {"String": "x"}, "content": "x" * 3000}
    expanding = json.dumps({**json.loads(state), "decoder": {"type": "Sequence", "decoders": [growing] * 2}})
    with pytest.raises(ModelError, match="tokenizer makes far more of a text than there is"):
        process.ask("key", expanding, do="decode", ids=[120])


def test_a_message_may_hold_every_character_of_private_use(folder: Path) -> None:
    tokenizer = Tokenizer(folder)
    basic = "".join(map(chr, range(0xE000, 0xF900)))
    ids = tokenizer.encode_chat([{"role": "user", "content": f"{basic}<|eot_id|>"}])
    assert bytes(token for token in ids if token < 256).decode().count(f"{basic}<|eot_id|>") == 1
    everything = basic + "".join(map(chr, [*range(0xF0000, 0xFFFFE), *range(0x100000, 0x10FFFE)]))
    with pytest.raises(ModelError, match="cannot read this text: it holds every character of private use"):
        tokenizer.encode_chat([{"role": "user", "content": f"{everything}<|eot_id|>"}])


def test_a_panic_in_a_tokenizer_is_its_own_refusal(process: TextProcess, state: str) -> None:
    slow = {"type": "Split", "pattern": {"Regex": "(x+x+)+y"}, "behavior": "Isolated", "invert": False}
    with pytest.raises(Refused, match="retry-limit"):
        encode(process, json.dumps({**json.loads(state), "pre_tokenizer": slow}), "x" * 5000)


# -- ends -------------------------------------------------------------------------------------------------------------


def test_an_end_from_outside_is_said_to_be_one(process: TextProcess, state: str) -> None:
    pid = start(process, state)
    killed = once(lambda: os.kill(pid, signal.SIGKILL))
    with cancelled_by(killed), pytest.raises(ModelError, match=r"ended from outside \(SIGKILL\)") as raised:
        chat(process, state, LOOPS)
    assert "fault" not in str(raised.value)
    assert encode(process, state, "x") == [120]


def test_a_crash_is_said_to_be_one(process: TextProcess, state: str) -> None:
    pid = start(process, state)
    crashed = once(lambda: os.kill(pid, signal.SIGSEGV))
    with cancelled_by(crashed), pytest.raises(ModelError, match=r"template made its process end \(SIGSEGV\): choose"):
        chat(process, state, LOOPS)


def test_a_process_that_was_ended_while_idle_is_started_again(process: TextProcess, state: str) -> None:
    pid = start(process, state)
    os.kill(pid, signal.SIGKILL)
    until(lambda: psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    assert encode(process, state, "x") == [120]


@pytest.mark.parametrize("python", ["/nowhere/python", "false"])
def test_a_process_that_cannot_be_started_is_said_to_be_one(
    process: TextProcess, state: str, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", python)
    process.start()
    with pytest.raises(ModelError, match=rf"could not be started \(.+\): .* see that {python} runs"):
        encode(process, state, "x")


def test_why_python_did_not_start_is_said(process: TextProcess, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_process, "_PROGRAM", "llada_tui.models.no_such_module")
    with pytest.raises(ModelError, match=r"could not be started \(ModuleNotFoundError: .*no_such_module"):
        encode(process, state, "x")


def test_the_start_of_python_takes_none_of_the_time(
    process: TextProcess, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import time\ntime.sleep(2.5)\n")  # a slow disk
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(text_process, "SECONDS", 2.0)
    assert encode(process, state, "x") == [120]


def test_a_limit_that_was_reached_is_named(process: TextProcess, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_process, "SECONDS", 1.0)
    with pytest.raises(ModelError, match="template did not end within 1 seconds, so it was ended: the fault is"):
        chat(process, state, LOOPS)
    with pytest.raises(ModelError, match="template took more than 2 GB of memory, so it was ended: the fault is"):
        chat(process, state, "{{ 'x' * 9999999999 }}")


def test_a_long_text_is_not_the_checkpoint_s_fault(
    process: TextProcess, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(process, state)
    monkeypatch.setattr(text_process, "SECONDS", 0.1)
    with pytest.raises(ModelError, match="tokenizer did not end within 0 seconds, so it was ended: give it a shorter"):
        encode(process, state, "x y" * 3_000_000)


def test_memory_is_watched_where_the_system_does_not_bound_it(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_process, "MEMORY", 200 << 20)
    process = TextProcess(bounded_by_system=False)
    start(process, state)
    growing = (
        "{% set n = namespace(t=['x']) %}{% for i in range(99999) %}{% set n.t = [n.t, 'x' * 9000 ~ i] %}{% endfor %}"
    )
    with pytest.raises(ModelError, match=r"template took more than 0\.2 GB of memory"):
        chat(process, state, growing)
    process.end()


# -- whose process it is ----------------------------------------------------------------------------------------------


def test_ctrl_c_is_for_the_process_that_asks(process: TextProcess, state: str) -> None:
    pid = start(process, state)
    assert os.getsid(pid) == os.getsid(0)
    with cancelled_by(once(lambda: os.kill(pid, signal.SIGINT))):
        assert chat(process, state, "{% for i in range(99999) %}{% for j in range(150) %}{% endfor %}{% endfor %}x")
    assert encode(process, state, "x") == [120]
    assert pid in pids()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the alarm ends what lets no thread run")
@pytest.mark.parametrize("template", [LOOPS, HOLDS])
def test_a_busy_process_ends_with_the_one_that_was_killed(state: str, template: str) -> None:
    program = """
import sys
from llada_tui.models.text_process import PROCESS, cancelled_by
def is_cancelled():
    print("busy", flush=True)
with cancelled_by(is_cancelled):
    PROCESS.ask("key", sys.argv[1], do="chat", raw=False, template=sys.argv[2], messages=[], variables={})
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, state, template]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, start_new_session=True) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == b"busy\n"
        (child,) = psutil.Process(asking.pid).children()
        asking.kill()
        asking.wait()
        psutil.wait_procs([child], timeout=5)
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_process_at_rest_ends_with_its_input(state: str) -> None:
    program = """
import os, sys, psutil
from llada_tui.models.text_process import PROCESS
PROCESS.ask("key", sys.argv[1], do="encode", text="x", bare=True, raw=False)
print(psutil.Process().children()[0].pid, flush=True)
os._exit(0)
"""
    pid = int(run(program, state))
    until(lambda: is_gone(pid))


def test_a_cancel_waits_until_a_request_had_its_time(process: TextProcess, state: str) -> None:
    assert limited_process.PATIENCE >= 0.5
    with cancelled_by(lambda: True):
        assert encode(process, state, "x") == [120]
