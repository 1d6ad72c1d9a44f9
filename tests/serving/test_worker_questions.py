"""Questions of many clients to one worker: each answer goes to the client that asked for it, or to nobody."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

from websockets.asyncio.client import connect

from llada_tui.server_address import WORKER_PATH
from llada_tui.serving.worker_questions import WorkerQuestions
from llada_tui.settings.prompt import Prompt
from llada_tui.worker.codec import decode_reply, encode
from llada_tui.worker.messages import Command
from llada_tui.worker.protocol import Count, Counted, Encode, Encoded, Failure, Ping, Pong, Question, Score, Scored
from llada_tui.worker.reading_messages import Rank

from .support import PATIENCE, serving


async def _until(socket: Any, kind: Any) -> Any:
    """The next message of this kind."""
    while not isinstance(item := decode_reply(str(await socket.recv()).encode()), kind):
        pass
    return item


async def _send(socket: Any, command: Command) -> None:
    await socket.send(encode(command).decode())


async def test_the_answer_to_a_client_that_left_goes_to_no_other() -> None:
    async with serving("paced") as server, asyncio.timeout(PATIENCE):
        address = server.url.replace("http", "ws") + WORKER_PATH
        async with connect(address) as socket:
            await _send(socket, Score("there", Prompt(text="hi"), samples=100))
            await _send(socket, Ping())
            await _until(socket, Pong)  # the question was given to the worker before
        async with connect(address) as socket:
            await _send(socket, Count(Prompt(text="four")))
            await _send(socket, Encode("zz"))
            answers = [await _until(socket, Scored | Counted | Encoded) for _ in range(2)]
        assert answers == [Counted(4), Encoded("zz", list(b"zz"))]


async def test_a_question_that_needs_a_run_is_answered_where_the_worker_is_gone() -> None:
    async with serving() as server, asyncio.timeout(PATIENCE):
        os.kill(server.host.worker_pid, signal.SIGKILL)
        await server.until(lambda host: not host.is_ready)
        answer = await server.host.questions.ask(Rank(1, "r1.0", 0, 97))
        assert answer == Failure("died", "The worker is not there.", command="rank")
        assert await server.host.questions.ask(Count(Prompt(text="four"))) == Counted(4)


async def test_a_question_takes_its_own_kind_of_answer_alone() -> None:
    sent: list[Question] = []

    async def send(question: Question) -> bool:
        sent.append(question)
        questions.take(Counted(3))
        questions.take(Failure("request", "No.", command="count"))
        questions.take(Encoded("zz", [1]))
        return True

    questions = WorkerQuestions(send)
    assert await questions.ask(Encode("zz")) == Encoded("zz", [1])
    assert questions.take(Counted(3))
    assert not questions.take(Failure("request", "No.", command="generate"))
    assert sent == [Encode("zz")]
