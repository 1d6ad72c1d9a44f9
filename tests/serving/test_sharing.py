"""Sessions on show: put there by a process, followed by others, through a server or served by the process itself."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from llada_tui.server_address import ALIVE, NO_TOKEN
from llada_tui.serving import shared_sessions
from llada_tui.serving.follow_process import shared_names
from llada_tui.serving.server_socket import ServerUnusable
from llada_tui.serving.share_process import split_port
from llada_tui.serving.shared_sessions import SharedSession, SharedSessions, ShareRefused
from llada_tui.trace.events import SummaryEvent, encode
from tests.cli.support import environment

from .sharing import HEADER, line, running, shown
from .support import PATIENCE, TestServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[TestServer]:
    async with serving("paced") as opened:
        yield opened


@pytest.mark.parametrize("by_itself", [False, True])
async def test_who_follows_gets_every_line_from_the_first_on_and_hears_of_the_end(
    server: TestServer, by_itself: bool
) -> None:
    async with shown("127.0.0.1:0" if by_itself else server.url, "class") as (sharer, url, name):
        await sharer.write(line(1) + line(2)[:10])
        async with running("follow_process", url, name) as follower:
            assert [await follower.read_line() for _ in range(2)] == [HEADER, line(1)]
            assert json.loads(await sharer.read_line()) == {"watchers": 1}
            await sharer.write(line(2)[10:])
            assert await follower.read_line() == line(2)
            names = await asyncio.to_thread(shared_names, url)
            assert names == (["class"], None if by_itself else "paced")
            await sharer.write(line(3) + b"\n")
            sharer.stdin.close()
            assert await follower.read_line() == line(3)
            assert await follower.last_words() == "The session was taken off show."
            assert follower.process.returncode == 0
        assert await sharer.last_words() == ""


@pytest.mark.parametrize("by_itself", [False, True])
async def test_a_sharer_whose_program_ends_unexpectedly_is_told_as_gone(server: TestServer, by_itself: bool) -> None:
    where = "127.0.0.1:0" if by_itself else server.url
    async with shown(where) as (sharer, url, name), running("follow_process", url, name) as follower:
        assert await follower.read_line() == HEADER
        sharer.stdin.close()
        assert await follower.last_words() == "The program that showed the session is gone."


async def test_a_sharer_that_is_killed_is_gone_and_its_name_is_free(server: TestServer) -> None:
    async with shown(server.url) as (sharer, url, name):
        async with running("follow_process", url, name) as follower:
            assert await follower.read_line() == HEADER
            sharer.process.kill()
            assert await follower.last_words() == "The program that showed the session is gone."
        assert (await asyncio.to_thread(shared_names, url)).sessions == []
        async with running("follow_process", url, name) as late:
            assert await late.last_words() == "No session of this name is on show."


async def test_the_death_of_the_server_is_told() -> None:
    async with shown("127.0.0.1:0") as (sharer, url, name), running("follow_process", url, name) as follower:
        assert await follower.read_line() == HEADER
        sharer.process.kill()
        address = url.removeprefix("http://")
        assert await follower.last_words() == f"The connection to the server at {address} broke."
        assert follower.process.returncode == 1
    async with running("share_process", "chat", url) as sharer:
        assert await sharer.last_words() == f"No llada-tui serve answers at {address}."


async def test_a_server_that_ends_is_told_to_the_sharer() -> None:
    async with serving("paced") as server, running("share_process", "chat", server.url) as sharer:
        assert json.loads(await sharer.read_line())["url"] == server.url
        async with running("follow_process", server.url, "chat") as follower:
            await sharer.write(HEADER)
            assert await follower.read_line() == HEADER
            server.end()
            broke = f"The connection to the server at {server.url.removeprefix('http://')} broke."
            assert await sharer.last_words() == broke
            assert await follower.last_words() in (broke, "The program that showed the session is gone.")


async def test_a_session_is_a_session_file_for_curl(server: TestServer) -> None:
    async with shown(server.url) as (sharer, _, name):
        await sharer.write(line(1) + b"\n")
        async with server.http.stream("GET", f"/v1/shared/{name}") as answer:
            sharer.stdin.close()
            content = b"".join([chunk async for chunk in answer.aiter_bytes()])
    assert content.startswith(HEADER + line(1))
    assert json.loads(content.splitlines()[-1]) == {"event": "unshared", "message": "The session was taken off show."}


async def test_a_name_that_is_taken_gets_a_number_and_none_becomes_a_path(server: TestServer) -> None:
    async with shown(server.url, "two") as (_, _, first), shown(server.url, "two") as (_, _, second):
        assert (first, second) == ("two", "two-2")
    for name in ("Chat", "../x", "a b", "x" * 33, "ä", "-a"):
        async with running("share_process", name, server.url) as sharer:
            assert (await sharer.last_words()).startswith("The name of a shared session has 1 to 32")
            assert await sharer.stdout.read() == b""
        async with running("follow_process", server.url, name) as follower:
            assert (await follower.last_words()).startswith("The name of a shared session has 1 to 32")
    assert (await server.http.get("/v1/shared/..%2f..%2fetc")).status_code == 404


async def test_only_so_many_sessions_are_on_show_and_each_has_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = SharedSessions()
    names = [shared.open("n" * 32).name for _ in range(16)]
    assert len(set(names)) == 16
    assert max(map(len, names)) == 32
    with pytest.raises(ShareRefused, match="16 sessions are on show already"):
        shared.open("more")
    monkeypatch.setattr(shared_sessions, "_MOST_BYTES", 100)
    session = SharedSession("small")
    session.feed(b"x" * 99 + b"\n")
    with pytest.raises(ShareRefused, match="too large"):
        session.feed(b"x")


@pytest.mark.slow
async def test_short_lines_take_no_more_than_their_bytes() -> None:
    session, chunk = SharedSession("small"), b"x\n" * 2**15
    tracemalloc.start()
    try:
        for _ in range(64):
            session.feed(chunk)
        assert tracemalloc.get_traced_memory()[0] < 1.5 * 64 * len(chunk)
    finally:
        tracemalloc.stop()
    session.end("Over.")
    *sent, _ = [part async for part in session.lines()]
    assert b"".join(sent) == 64 * chunk
    assert max(map(len, sent)) <= 2**17


async def test_a_session_that_grows_too_large_is_told_to_both(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_sessions, "_MOST_BYTES", 1000)
    async with shown(server.url) as (sharer, url, name), running("follow_process", url, name) as follower:
        assert await follower.read_line() == HEADER
        await sharer.write(b"x" * 1001)
        assert "too large to be on show" in await sharer.last_words()
        assert "too large to be on show" in await follower.last_words()


async def test_a_reader_that_does_not_read_is_dropped_and_the_others_get_everything(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving("paced", patience=2) as server, shown(server.url) as (sharer, url, name):
        host, port = url.removeprefix("http://").split(":")
        with socket.socket() as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.connect((host, int(port)))
            lazy.sendall(f"GET /v1/shared/{name} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            large = encode(SummaryEvent("x" * 100_000, 0, 0)) + b"\n"

            async def read_all() -> int:
                async with server.http.stream("GET", f"/v1/shared/{name}") as answer:
                    return sum([len(chunk) async for chunk in answer.aiter_raw()])

            reading = asyncio.ensure_future(read_all())
            for _ in range(200):
                await sharer.write(large)

            async def until_dropped() -> None:
                while (await server.http.get("/v1/shared")).json()["watchers"] != [1]:
                    await asyncio.sleep(0.01)

            await asyncio.wait_for(until_dropped(), PATIENCE)
            await sharer.write(b"\n")
            sharer.stdin.close()
            assert await reading > len(HEADER) + 200 * len(large)
    assert [record.getMessage() for record in caplog.records] == [], "stderr stays empty"


async def test_a_reader_that_does_not_read_at_the_end_is_left_without_a_word() -> None:
    async with shown("127.0.0.1:0") as (sharer, url, name):
        reader, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"), limit=4096)
        writer.write(f"GET /v1/shared/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        large = encode(SummaryEvent("x" * 100_000, 0, 0)) + b"\n"
        for _ in range(200):
            await sharer.write(large)
        await sharer.write(b"\n")
        sharer.stdin.close()
        assert await sharer.last_words() == ""
        writer.close()


async def test_a_quiet_session_says_that_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_sessions, "_QUIET", 0.01)
    session = SharedSession("quiet")
    lines = session.lines()
    assert await anext(lines) == ALIVE + b"}\n"
    session.feed(HEADER)
    assert await anext(lines) == HEADER
    session.end("Over.")
    assert b"Over." in await anext(lines)
    with pytest.raises(StopAsyncIteration):
        await anext(lines)


async def test_a_token_is_asked_for_and_printed_where_others_can_come() -> None:
    async with serving("paced", token="s3cret") as server:
        async with running("share_process", "chat", server.url) as sharer:
            assert "needs its token: set LLADA_TUI_TOKEN" in await sharer.last_words()
        with pytest.raises(ServerUnusable, match="needs its token"):
            await asyncio.to_thread(shared_names, server.url)
        async with shown(f"{server.url}?token=s3cret") as (_, url, name):
            assert "s3cret" not in url
            async with running("follow_process", url, name, LLADA_TUI_TOKEN="s3cret") as follower:
                assert await follower.read_line() == HEADER
    async with shown("0.0.0.0:0") as (_, url, name):
        async with httpx.AsyncClient() as http:
            assert (await http.get(f"{url.partition('?')[0]}/v1/shared")).status_code == 401
        assert len(url.partition("?token=")[2]) > 20
    async with shown("127.0.0.1:0", LLADA_TUI_TOKEN="s3cret") as (_, url, name):
        assert "s3cret" not in url, "who is to know it knows it"
        with pytest.raises(ServerUnusable, match="needs its token"):
            await asyncio.to_thread(shared_names, url)
        assert (await asyncio.to_thread(shared_names, f"{url}?token=s3cret")).sessions == [name]


async def test_a_token_that_cannot_be_sent_is_a_sentence(server: TestServer) -> None:
    for module, *arguments in (("share_process", "chat", "0.0.0.0:0"), ("share_process", "chat", server.url)):
        async with running(module, *arguments, LLADA_TUI_TOKEN="s\u00e9cret") as process:
            assert await process.last_words() == NO_TOKEN
    with pytest.raises(ServerUnusable, match="A token has letters"):
        await asyncio.to_thread(shared_names, f"{server.url}?token=s%C3%A9cret")


async def test_pages_of_others_neither_follow_nor_show(server: TestServer) -> None:
    other = {"origin": "https://example.org"}
    with pytest.raises(InvalidStatus, match="403"):
        await connect(server.url.replace("http", "ws") + "/v1/shared/chat", origin=Origin("https://example.org"))
    assert (await server.http.get("/v1/shared")).json()["sessions"] == []
    assert (await server.http.get("/v1/shared", headers=other)).status_code == 403
    assert (await server.http.get("/v1/shared", headers={"host": "example.org"})).status_code == 403


@pytest.mark.parametrize(
    ("where", "address"),
    [
        ("127.0.0.1", ("127.0.0.1", None)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("::1", ("::1", None)),
        ("[::]:8001", ("::", 8001)),
        ("[::1]", ("::1", None)),
    ],
)
async def test_an_address_may_have_a_port(where: str, address: tuple[str, int | None]) -> None:
    assert split_port(where) == address


@pytest.mark.parametrize("where", ["", ":80", "a:x", "a:99999", "[]:1"])
async def test_an_address_that_is_none_is_a_sentence(where: str) -> None:
    with pytest.raises(ServerUnusable, match="is shown at an address of this machine"):
        split_port(where)


async def test_a_follower_ends_with_its_program(server: TestServer) -> None:
    async with shown(server.url) as (_, url, name), running("follow_process", url, name) as follower:
        assert await follower.read_line() == HEADER
        follower.stdin.close()
        assert await asyncio.wait_for(follower.process.wait(), PATIENCE) == 0


async def test_following_needs_no_library_of_the_extra() -> None:
    heavy = {"websockets", "starlette", "uvicorn", "torch", "textual"}
    words = f"import sys, llada_tui.serving.follow_process; print({heavy!r} & sys.modules.keys() or '')"
    ran = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, env=environment(), check=True)
    assert ran.stdout.strip() == ""
