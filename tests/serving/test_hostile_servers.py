"""Servers that are hostile, or none: what they send a sharer or a follower is bounded, and ends in a sentence."""

from __future__ import annotations

import asyncio
import json

import pytest
from websockets.asyncio.server import ServerConnection, serve

from llada_tui.serving.follow_process import shared_names
from llada_tui.serving.server_socket import ServerUnusable

from .sharing import HEADER, running


async def test_what_a_server_sends_is_bounded_and_printable() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + HEADER)
        writer.write(b'{"event":"unshared","message":"\\u001b[31mred' + b"x" * 1000 + b'"}\n')
        writer.close()

    false_server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with false_server:
        url = f"http://127.0.0.1:{false_server.sockets[0].getsockname()[1]}"
        async with running("follow_process", url, "chat") as follower:
            assert await follower.read_line() == HEADER
            words = await follower.last_words()
        with pytest.raises(ServerUnusable, match="of another version"):
            await asyncio.to_thread(shared_names, url)
    assert words.isprintable()
    assert len(words) <= 200


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"[" * 100_000 + b"\n", None),
        (b'{"event":"unshared" rubbish\n', "The session is on show no longer."),
        (b'{"event":"unshared","message":' + b"[" * 100_000 + b"\n", "The session is on show no longer."),
    ],
)
async def test_rubbish_of_a_server_ends_in_a_sentence(answer: bytes, words: str | None) -> None:
    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        status = b"500 No" if b"missing" in head else b"200 OK"
        writer.write(b"HTTP/1.1 " + status + b"\r\nconnection: close\r\n\r\n" + answer)
        writer.close()

    async with await asyncio.start_server(send, "127.0.0.1", 0) as hostile:
        address = f"127.0.0.1:{hostile.sockets[0].getsockname()[1]}"
        with pytest.raises(ServerUnusable, match="of another version"):
            await asyncio.to_thread(shared_names, f"http://{address}")
        async with running("follow_process", f"http://{address}", "missing") as follower:
            assert await follower.last_words() == f"The server at {address} answered with status 500."
        async with running("follow_process", f"http://{address}", "chat") as follower:
            assert await follower.last_words() == (words or f"The connection to the server at {address} broke.")


@pytest.mark.parametrize(
    "answers", [['{"name":"x; rm -rf ~"}'], ['{"name":3}'], ["[" * 100_000], ['{"name":"chat"}', '{"watchers":1e999}']]
)
async def test_a_name_or_number_that_is_none_is_not_told_to_the_sharer(answers: list[str]) -> None:
    async def answer(socket: ServerConnection) -> None:
        for message in answers:
            await socket.send(message)
        await socket.wait_closed()

    async with serve(answer, "127.0.0.1", 0) as hostile:
        address = f"127.0.0.1:{hostile.sockets[0].getsockname()[1]}"
        async with running("share_process", "chat", f"http://{address}") as sharer:
            words = f"The server at {address} shows no sessions: it is of another version."
            assert await sharer.last_words() == words
            names = [json.loads(line)["name"] for line in (await sharer.stdout.read()).splitlines()]
            assert names == ["chat"] * (len(answers) - 1)
