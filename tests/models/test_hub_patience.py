"""Downloads from a hub that sends nothing, or slowly, or to another process."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from pathlib import Path
from typing import Any
from zlib import crc32

import huggingface_hub
import pytest
from filelock import FileLock

from llada_tui.models import download, hub_patience
from llada_tui.models.errors import ModelError
from tests.models.local_hub import COMMIT, Hub, hub
from tests.models.test_download import ID, Planned

__all__ = ["hub"]


@pytest.mark.parametrize("begun", [False, True], ids=["nothing", "half"])
def test_a_hub_that_takes_requests_and_sends_nothing_is_given_up(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    """Nothing at all, or all of an answer but its end."""
    monkeypatch.setattr(hub_patience, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{port}")
        if begun:
            threading.Thread(target=_begin_to_answer, args=[silent], daemon=True).start()
        with pytest.raises(ModelError, match=r"not on this machine and the Hugging Face hub sent nothing for"):
            download.find(ID)


def test_what_another_process_downloads_is_waited_for(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub's client waits for the other's lock, and the other's file grows for longer than the hub may be silent."""
    monkeypatch.setattr(hub_patience, "PATIENCE", 3.0)  # the file may grow late on a busy machine
    name, etag = f"models--{ID.replace('/', '--')}", f"{crc32(hub.files['model.safetensors']):08x}"
    lock, blobs = tmp_path / "hub" / ".locks" / name / f"{etag}.lock", tmp_path / "hub" / name / "blobs"
    lock.parent.mkdir(parents=True)
    blobs.mkdir(parents=True)
    results: list[Path | ModelError] = []

    def find() -> None:
        try:
            results.append(download.find(ID))
        except ModelError as error:
            results.append(error)

    finder = threading.Thread(target=find)
    with FileLock(lock), (blobs / f"{etag}.1234.incomplete").open("wb", buffering=0) as part:
        finder.start()
        until = time.monotonic() + 1.5 * hub_patience.PATIENCE
        while time.monotonic() < until:
            part.write(b"x")
            finder.join(0.02)
        assert not results
    finder.join()
    assert [path.name for path in [results[0]] if isinstance(path, Path)] == [COMMIT]


def test_a_request_that_was_given_up_tells_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_patience, "PATIENCE", 2.0)  # the first request is answered in time on a busy machine too
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    comes, is_over = threading.Event(), threading.Event()

    def fake(hub_id: str, *, allow_patterns: list[str], dry_run: bool = False, tqdm_class: Any = None) -> Any:
        if dry_run:
            return [Planned(1000, False)]
        bar = tqdm_class(total=0, unit="B")
        bar.update(100)
        comes.wait()
        bar.update(200)
        is_over.set()
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fake)
    progress: list[tuple[str, int, int]] = []
    with pytest.raises(ModelError, match="sent nothing for"):
        download.find(ID, lambda *stage: progress.append(stage))
    comes.set()
    is_over.wait()
    assert progress == [("download", 100, 1000)]


def test_a_slow_line_is_not_silent_until_ten_megabytes_came(hub: Hub) -> None:
    hub.files["model.safetensors"] = bytes(2**20)
    amounts: list[int] = []
    download.find(ID, lambda stage, done, total: amounts.append(done))
    assert max(later - earlier for earlier, later in itertools.pairwise(amounts)) <= 2**18


def _begin_to_answer(silent: socket.socket) -> None:
    connection, _ = silent.accept()
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
    connection.recv(1)  # until the other side has gone
    connection.close()
