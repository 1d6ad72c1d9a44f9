"""A process of a tokenizer and chat templates, and what the tests of it ask."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from llada_tui.models.text_process import TextProcess

ROOT = Path(__file__).parents[2]
LOOPS = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
HOLDS = "{{ 9 ** 999999999 }}"
"""A template that lets no other thread of its process run."""
PATIENCE = 300.0


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
    """A question of a request at work: does something, the first time, and cancels nothing."""
    left = [action]

    def is_cancelled() -> bool:
        if left:
            left.pop()()
        return False

    return is_cancelled


def run(program: str, *arguments: str) -> str:
    """The output of a program of its own. It must end in time, and well."""
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
