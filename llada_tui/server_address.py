"""The address of a server (``llada-tui serve``) in place of a worker's command, and what both of its ends agree on."""

from __future__ import annotations

from collections.abc import Sequence

TOKEN_VARIABLE = "LLADA_TUI_TOKEN"
"""The environment variable that has the token of a server."""
WORKER_PATH = "/v1/worker"
"""The path of the WebSocket that speaks the worker's protocol."""
LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")
"""The names by which a machine is called by itself alone."""


def is_server_address(words: Sequence[str]) -> bool:
    """Whether the words of a worker's command are the address of a server instead."""
    return len(words) == 1 and words[0].lower().startswith(("http://", "https://"))


def split_token(address: str) -> tuple[str, str]:
    """An address without the token behind it (``?token=...``), and the token: empty where there is none."""
    from urllib.parse import parse_qs

    base, mark, query = address.partition("?")
    fields = query.split("&")
    kept = [field for field in fields if field.partition("=")[0] != "token"]
    if len(kept) == len(fields):
        return address, ""
    token = parse_qs(query).get("token", [""])[0].strip()
    return base + (mark + "&".join(kept) if kept else ""), token
