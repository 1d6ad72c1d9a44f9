"""Connections that ask nothing, and those that read nothing: they keep nobody out, and no word is written of them."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from llada_tui.serving.connections import TOO_MANY

from .support import PATIENCE, TestServer, serving

HEAD = b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> object:
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.WARNING] == []


async def opened(server: TestServer, data: bytes = b"") -> asyncio.StreamReader:
    """A connection that has sent something, which stays open."""
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    await writer.drain()
    reader.writer = writer  # type: ignore[attr-defined]
    return reader


async def closed(reader: asyncio.StreamReader) -> None:
    async with asyncio.timeout(PATIENCE):
        with suppress(ConnectionError):
            await reader.read()


@pytest.mark.parametrize("data", [HEAD, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"])
async def test_connections_that_ask_nothing_or_no_more_keep_nobody_out(data: bytes) -> None:
    async with serving(connections=8, token="s3cret") as server:
        idle = [await opened(server, data) for _ in range(30)]
        answer = await server.http.get("/v1/models", headers={"authorization": "Bearer s3cret"})
        assert answer.status_code == 200
        await asyncio.gather(*map(closed, idle[:21]))
        assert not idle[-1].at_eof(), "the newest are kept"


@pytest.mark.parametrize("data", [b"", HEAD, HEAD + b"\r\n" + HEAD])
async def test_a_head_that_does_not_come_in_time_ends_the_connection(data: bytes) -> None:
    async with serving(patience=2) as server:
        await closed(await opened(server, data))
        assert (await server.http.get("/v1/models")).status_code == 200


async def test_a_connection_with_a_request_may_take_its_time() -> None:
    async with serving("paced", patience=2) as server:
        asked = {"prompt": "hi", "gen_length": 1000, "steps": 1000}  # 3 seconds, and more on a busy machine
        async with server.http.stream("POST", "/v1/runs", json=asked) as answer:
            assert len([line async for line in answer.aiter_lines()]) > 1000


async def test_a_request_too_many_is_answered_by_a_sentence() -> None:
    async with serving("paced", connections=2) as server:
        host, port = server.url.removeprefix("http://").split(":")
        address = f"ws://{host}:{port}/v1/worker"
        async with connect(address), connect(address):
            answer = await server.http.get("/v1/shared")
            assert (answer.status_code, answer.json()["error"]["message"]) == (503, TOO_MANY)
            with pytest.raises(InvalidStatus, match="503") as refused:
                await connect(address)
            assert TOO_MANY.encode() in (refused.value.response.body or b"")
        async with asyncio.timeout(PATIENCE):
            while (await server.http.get("/v1/shared")).status_code != 200:
                await asyncio.sleep(0.01)


async def test_pages_of_others_open_no_websocket_and_nothing_is_written_of_them() -> None:
    async with serving("paced") as server:
        for path in ("/v1/worker", "/v1/shared/chat"):
            with pytest.raises(InvalidStatus, match="403"):
                await connect(server.url.replace("http", "ws") + path, origin=Origin("https://example.org"))
        assert (await server.http.get("/v1/shared")).json()["sessions"] == []
