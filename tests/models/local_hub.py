"""A hub on this machine, for the tests of downloads."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zlib import crc32

import pytest

from tests.models.test_download import ID

COMMIT = "a" * 40


class Hub:
    """A hub on this machine. ``refuses`` is the status and headers with which it answers everything, or None."""

    def __init__(self) -> None:
        self.refuses: tuple[int, dict[str, str]] | None = None
        self.files = {"config.json": b"{}", "model.safetensors": b"x"}
        self.body = b"{}"
        self.tokens: list[str | None] = []
        self.paths: list[str] = []
        """What it was asked for."""
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.tokens.append(self.headers.get("Authorization"))
                hub.paths.append(self.path)
                status, headers = hub.refuses or (200, {})
                if hub.refuses is not None:
                    body = hub.body
                elif "/tree/" in self.path:
                    body = json.dumps(
                        [
                            {"type": "file", "path": name, "size": len(data), "oid": "0"}
                            for name, data in hub.files.items()
                        ]
                    ).encode()
                elif "/resolve/" in self.path:
                    body = hub.files.get(self.path.partition("/resolve/")[2].partition("/")[2], b"")
                    headers = {"ETag": f'"{crc32(body):08x}"', "X-Repo-Commit": COMMIT}
                    if not body:
                        status, headers["X-Error-Code"] = 404, "EntryNotFound"
                else:
                    body = json.dumps({"id": ID, "sha": COMMIT, "siblings": []}).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub at work."""
    hub = Hub()
    thread = threading.Thread(target=hub.server.serve_forever)
    thread.start()
    try:
        yield hub
    finally:
        hub.server.shutdown()
        hub.server.server_close()
        thread.join()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub on this machine, an empty cache, and no token."""
    with serving() as hub:
        _ask_it(hub, tmp_path, monkeypatch)
        yield hub


def _ask_it(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process ask that hub alone."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.address)
    template = hub.address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr("huggingface_hub.file_download.HUGGINGFACE_CO_URL_TEMPLATE", template, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.delenv("HF_TOKEN", raising=False)
