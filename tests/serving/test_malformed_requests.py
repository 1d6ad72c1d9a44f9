"""A thousand requests that are none: no crash, no traceback sent, the right status, and the next one is answered."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
import pytest_asyncio
from uvicorn.protocols.http.h11_impl import H11Protocol
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from llada_tui.server_address import SHARED_PATH, WORKER_PATH
from llada_tui.settings.sampler_settings import KNOBS

from .support import ASKED, PATIENCE, TestServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATHS = ("/v1/chat/completions", "/v1/completions", "/v1/runs", "/v1/live")
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 3, 10**30, -(2**70), 1e308, 0.5, "", "x", "\x00\x1b[2J", "é" * 50, "../../etc/passwd", [], {},
    [[]], [1, 2], ["a"], {"a": {"b": []}}, [{"role": "user"}], [{"role": 3, "content": {}}], [None], {"type": "text"},
    [{"role": "user", "content": [{"type": "text"}]}], [{"role": "user", "content": [{"type": "image_url"}]}],
    "<script>",
)  # fmt: skip
FIELDS = (
    *KNOBS, "messages", "prompt", "model", "stream", "stream_options", "stop", "suffix", "max_tokens", "n", "tools",
    "max_completion_tokens", "logit_bias", "response_format", "user", "", "__class__", "template", "é",
)  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[TestServer]:
    async with serving(body=20_000, canvas=64) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Any:
    yield
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


async def _is_well(server: TestServer) -> None:
    assert (await server.ask()).json()["choices"][0]["message"]["content"] == "aaaaaaaa"


async def test_fields_of_any_kind(server: TestServer) -> None:
    random = Random(1)

    async def one_request(number: int) -> None:
        fields: dict[str, Any] = dict(ASKED) if random.random() < 0.7 else {"prompt": "hi"}
        for name in random.sample(FIELDS, random.randint(1, 3)):
            fields[name] = random.choice(VALUES)
        answer = await server.http.post(PATHS[number % 4], content=json.dumps(fields))
        assert answer.status_code in (200, 400, 404), (fields, answer.text)
        assert "Traceback" not in answer.text
        if answer.status_code != 200:
            assert answer.json()["error"]["message"].endswith((".", "?")), answer.text
            assert "\x1b" not in answer.text

    for start in range(0, 480, 8):  # as many at a time as may wait
        await asyncio.gather(*(one_request(number) for number in range(start, start + 8)))
    await _is_well(server)


async def test_bodies_of_any_bytes(server: TestServer) -> None:
    random = Random(2)
    whole = json.dumps(ASKED).encode()
    for number in range(160):
        body = bytearray(whole)
        for _ in range(random.randint(1, 6)):
            body[random.randrange(len(body))] = random.randrange(256)
        if number % 4 == 0:
            body = bytearray(os.urandom(random.randrange(200)))
        elif number % 4 == 1:
            body = body[: random.randrange(len(body))]
        answer = await server.http.post(PATHS[number % 4], content=bytes(body))
        assert answer.status_code in (200, 400, 404), (bytes(body), answer.text)
        assert "Traceback" not in answer.text
    for length in (20_001, 10**6):
        assert (await server.http.post(PATHS[0], content=b" " * length)).status_code == 413
    await _is_well(server)


async def _raw(server: TestServer, data: bytes) -> bytes:
    """The first bytes of the answer to what is no request; none where the connection is closed without one."""
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    try:
        await writer.drain()
        writer.write_eof()
        return await asyncio.wait_for(reader.read(2000), PATIENCE)
    except OSError:
        return b""
    finally:
        writer.close()


async def test_the_parser_and_the_loop_are_these_whatever_else_is_installed(server: TestServer) -> None:
    config = server.server.config
    assert issubclass(config.http_protocol_class, H11Protocol)
    assert config.get_loop_factory() is asyncio.SelectorEventLoop


async def test_what_is_no_http(server: TestServer) -> None:
    random = Random(3)
    head = b"POST /v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    requests = [
        b"GET / HTTP/9.9\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /%00%ff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: [\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://[\r\n\r\n",
        head + b"Content-Length: -5\r\n\r\n",
        head + b"Content-Length: many\r\n\r\n",
        head + b"Content-Length: 99999999999999999999\r\n\r\n{}",
        head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}   ",
        head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        head + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}",
        head + b"Content-Length: 100\r\n\r\n{",
        b"GET /v1/worker HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"TRACE /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        *(os.urandom(random.randrange(1, 300)) for _ in range(100)),
    ]
    for data in requests:
        answer = await _raw(server, data)
        assert b"Traceback" not in answer, data
        assert answer[:1] == b"" or answer.startswith(b"HTTP/1.1 "), (data, answer)
        status = answer[9:12]
        assert status in (b"", b"200", b"400", b"403", b"404", b"405", b"408", b"413", b"426", b"431"), (data, answer)
    await _is_well(server)


async def test_what_is_no_command_on_the_socket(server: TestServer) -> None:
    random = Random(4)
    url = server.url.replace("http", "ws") + WORKER_PATH
    whole = b'{"command":"generate","run":"a","settings":{"steps":2,"gen_length":4},"text":"hi"}'
    sent = 0
    while sent < 250:
        async with connect(url, max_queue=None) as socket:
            await socket.recv()
            for _ in range(50):
                sent += 1
                line = bytearray(whole)
                for _ in range(random.randint(1, 8)):
                    line[random.randrange(len(line))] = random.randrange(256)
                try:
                    await socket.send(bytes(line) if sent % 2 else line.decode("latin-1"))
                except ConnectionClosed:
                    break
            await socket.send('{"command":"ping"}')
            while '"pong"' not in (message := str(await socket.recv())):
                assert "Traceback" not in message
    await server.until(lambda host: host.at_work + host.waiting == 0)
    await _is_well(server)


@pytest.mark.parametrize(
    "frame",
    [
        b"\xff" * 20,
        b"\x83\x80\x00\x00\x00\x00",
        b"\x81\xff" + b"\x7f" + b"\xff" * 11,
        b"\x81\x02hi",
        b"\x81\x81\0\0\0\0\xff",
    ],
)
@pytest.mark.parametrize("path", [WORKER_PATH, f"{SHARED_PATH}/class"])
async def test_what_is_no_frame_on_the_socket(server: TestServer, frame: bytes, path: str) -> None:
    head = (
        f"GET {path} HTTP/1.1\r\n".encode() + b"Host: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert (await _raw(server, head + frame)).startswith(b"HTTP/1.1 101")
    await server.until(lambda host: host.at_work + host.waiting == 0)
    await _is_well(server)
    async with asyncio.timeout(PATIENCE):
        while (await server.http.get(SHARED_PATH)).json()["sessions"]:
            await asyncio.sleep(0.01)


async def test_lines_of_any_bytes_end_no_session_on_show(server: TestServer) -> None:
    random = Random(5)
    url = server.url.replace("http", "ws") + f"{SHARED_PATH}/class"
    async with connect(url) as socket, server.http.stream("GET", f"{SHARED_PATH}/class") as answer:
        await socket.recv()
        sent = b"".join(os.urandom(random.randrange(300)).replace(b"\n", b"") + b"\n" for _ in range(200))
        sent = b"".join(line + b"\n" for line in sent.split(b"\n") if line)
        for start in range(0, len(sent), 1000):
            await socket.send(sent[start : start + 1000])
        got = b""
        async for chunk in answer.aiter_raw():
            got += chunk
            if len(got) >= len(sent):
                break
        assert got == sent
