"""The process of the tokenizer and the chat template: what is asked and answered."""

from __future__ import annotations

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from llada_tui.models import text_process
from llada_tui.models.errors import ModelError
from llada_tui.models.text_process import Refused, TextProcess, cancelled_by
from llada_tui.models.tokenizer import MAX_DECODED, Tokenizer
from tests.checkpoints import make_checkpoint
from tests.models.text_processes import (
    LOOPS,
    PATIENCE,
    chat,
    encode,
    is_gone,
    once,
    run,
    start,
    until,
)


def test_an_interrupted_request_leaves_no_answer_to_the_next(process: TextProcess, state: str) -> None:
    start(process, state)
    slow = "{% for i in range(99999) %}{% for j in range(20000) %}{% endfor %}{% endfor %}slow"
    with cancelled_by(once(lambda: os.kill(os.getpid(), signal.SIGINT))), pytest.raises(KeyboardInterrupt):
        chat(process, state, slow)
    assert encode(process, state, "x") == [120]
    assert encode(process, state, "yz") == [121, 122]


def test_threads_have_their_own_answers_and_cancels(process: TextProcess, state: str) -> None:
    def ask(letter: str) -> None:
        with cancelled_by(lambda: letter == "a"):
            for length in range(1, 30):
                answer: object = None
                try:
                    answer = encode(process, state, letter * length, key=f"key-{letter}")
                except ModelError as error:  # the one that cancels waited for the others, on a busy machine
                    answer = "given up by the cancel" in str(error) and letter
                assert answer in ([ord(letter)] * length, "a")

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
