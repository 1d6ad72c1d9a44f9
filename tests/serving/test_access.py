"""Who may ask: tokens, origins, names of the server, and what is said to who may not."""

from __future__ import annotations

import pytest

from llada_tui.server_address import is_token
from llada_tui.serving.access import Gate, Message, Receive, Scope, Send

HEADERS = {"host": "127.0.0.1:8000"}


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def status(
    gate: Gate, headers: dict[str, str], *, path: str = "/v1/models", query: str = "", method: str = "GET"
) -> tuple[int, dict[str, str]]:
    """The status and headers of the answer to a request."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": raw}
    await Gate.__call__(gate, scope, receive, send)
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        ({}, "", 401),
        ({"authorization": "Bearer secret"}, "", 200),
        ({"authorization": "bearer secret"}, "", 200),
        ({"authorization": "Bearer secre"}, "", 401),
        ({"authorization": "Basic secret"}, "", 401),
        ({"authorization": "Bearer s\u00e9cret"}, "", 401),
        ({}, "token=secret", 200),
        ({}, "token=secret2", 401),
        ({}, "token=", 401),
        ({}, "&".join(["a=b"] * 10), 401),
        ({}, "&".join(["a=b"] * 25), 401),
        ({}, "&".join(["a=b"] * 25 + ["token=secret"]), 401),
    ],
)
async def test_a_server_with_a_token_asks_for_it(headers: dict[str, str], query: str, expected: int) -> None:
    gate = Gate(_app, " secret\n", (), 5)  # as a file or a variable may have it
    code, answer = await status(gate, {"host": "box.example:8000", **headers}, query=query)
    assert code == expected
    assert ("www-authenticate" in answer) == (expected == 401)
    assert (await status(gate, {"host": "box"}, path="/healthz"))[0] == 200


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"), ("*/*", "application/json")],
)
async def test_a_browser_without_the_token_gets_a_page(accept: str, kind: str) -> None:
    gate = Gate(_app, "secret", (), 5)
    code, answer = await status(gate, {"host": "box", "accept": accept}, path="/")
    assert (code, answer["content-type"]) == (401, kind)


@pytest.mark.parametrize(
    ("text", "expected"), [("s3cret-_.~ x", True), ("s\u00e9cret", False), ("a\nb", False), ("", False)]
)
def test_a_token_is_of_letters_that_can_be_sent(text: str, expected: bool) -> None:
    assert is_token(text) == expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1:8000", 200), ("localhost", 200), ("[::1]:8000", 200), ("evil.example", 403), ("", 403), ("[", 403)],
)
async def test_a_server_without_a_token_answers_to_its_own_names_alone(host: str, expected: int) -> None:
    assert (await status(Gate(_app, None, (), 5), {"host": host}))[0] == expected


async def test_pages_of_other_origins_are_refused_unless_they_are_named() -> None:
    gate = Gate(_app, None, ("https://class.example",), 5)
    assert (await status(gate, {**HEADERS, "origin": "http://127.0.0.1:8000"}))[0] == 200
    assert (await status(gate, {**HEADERS, "origin": "https://evil.example"}))[0] == 403
    assert (await status(gate, {**HEADERS, "origin": "null"}))[0] == 403
    code, headers = await status(gate, {**HEADERS, "origin": "https://class.example"})
    assert (code, headers["access-control-allow-origin"]) == (200, "https://class.example")
    code, headers = await status(gate, {**HEADERS, "origin": "https://class.example"}, method="OPTIONS")
    assert (code, headers["access-control-allow-headers"]) == (204, "authorization, content-type")
    assert "access-control-allow-origin" not in (await status(gate, HEADERS))[1]
