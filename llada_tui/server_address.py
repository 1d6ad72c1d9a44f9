"""The address of a server (``llada-tui serve``) in place of a worker's command, and what both of its ends agree on;
the names of sessions that are shown there."""

from __future__ import annotations

from collections.abc import Sequence

TOKEN_VARIABLE = "LLADA_TUI_TOKEN"
"""The environment variable that has the token of a server."""
WORKER_PATH = "/v1/worker"
"""The path of the WebSocket that speaks the worker's protocol."""
SHARED_PATH = "/v1/shared"
"""The path of the sessions that are on show, and with a name behind it of one."""
ALIVE, UNSHARED = b'{"event":"alive"', b'{"event":"unshared"'
"""The beginnings of the lines of a session on show that say that nothing came for a while, and, the last one, why it is
on show no longer. A reader of session files passes over them."""
NAMING = "The name of a shared session has 1 to 32 small letters, digits and hyphens."
"""The sentence for a name that is none."""
NO_TOKEN = "A token has letters, digits and signs of ASCII, on one line."
"""The sentence for a token that is none."""
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


def is_token(text: str) -> bool:
    """Whether a token can be sent: in a header other letters would not be what they are in an address."""
    return bool(text) and text.isascii() and text.isprintable()


def is_share_name(name: str) -> bool:
    """Whether a shared session may have this name: 1 to 32 small letters, digits and hyphens."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-"
    return 0 < len(name) <= 32 and name[0] != "-" and all(letter in letters for letter in name)
