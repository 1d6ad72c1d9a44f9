"""A disk that is full: the recording stops with a sentence, and everything else goes on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import Home, first_quick
from tests.tui.pseudo_terminal import Terminal
from tests.tui.support import WORKER
from tests.tui.test_terminal import check_restored

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
from llada_tui.start import main
main()
"""
"""The program, with a limit on the size of the files that it writes: what a full disk does at that size."""


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit of a file's size")
@pytest.mark.parametrize("limit", first_quick(["1500", "1"]))
def test_a_chat_on_a_full_disk_goes_on_saves_nothing_half_and_quits(home: Home, limit: str) -> None:
    arguments = ["chat", "--model", "fake", "--worker", WORKER]
    with Terminal("-c", LIMITED, limit, *arguments, size=(240, 40), PYTHONDONTWRITEBYTECODE="1") as terminal:
        terminal.until("Ask")
        terminal.type("first\r")
        terminal.until("Recording stopped, since")
        terminal.until("too large.")
        terminal.until("aaaa")
        terminal.type("\x0e")  # ctrl+n: a new chat
        terminal.until(lambda: "Recording stopped" not in terminal.text)
        terminal.type("second\r")
        terminal.until("aaaa")
        terminal.until("Recording stopped, since")
        terminal.type("\x13")  # ctrl+s
        terminal.until("enter accepts")
        terminal.type(str(home.path / "saved.jsonl") + "\r")
        terminal.until(lambda: terminal.text.count("large.") == 2)  # one in the conversation, one of the saving
        assert terminal.leave() == 0
    check_restored(terminal)
    assert not (home.path / "saved.jsonl").exists()
    assert all(path.stat().st_size for path in home.sessions.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit of a file's size")
def test_a_disk_without_room_for_temporary_files_is_said(home: Home) -> None:
    arguments = ["generate", "hi", "--steps", "4", "--gen-length", "8", "--block-length", "8"]
    command = subprocess.run(
        [sys.executable, "-c", LIMITED, "0", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert (command.returncode, command.stdout) == (1, "")
    assert command.stderr == (
        "llada-tui: Temporary files cannot be written, and the model needs some: free some of the disk, or set TMPDIR "
        "to a folder that can be written.\n"
    )
