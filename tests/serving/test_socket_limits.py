"""Jobs over the socket, and the limits of what one client may ask for there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from llada_tui.settings.prompt import Prompt
from llada_tui.trace.events import FINISHED, EndEvent
from llada_tui.worker.job_messages import ScoreTokens
from llada_tui.worker.protocol import Cancel, Count, Failure, Held, Influence, Load, Loaded, Progress, Score
from tests.worker.client_screen import Screen
from tests.worker.driver import ask

from .support import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def screen() -> AsyncIterator[Screen]:
    """A client whose worker is a server."""
    async with serving("paced") as server:
        opened = Screen(server.url)
        await opened.client.load(Load("paced"))
        await opened.until(Loaded)
        yield opened
        await opened.client.stop()


async def test_a_job_is_cancelled(screen: Screen) -> None:
    await screen.client.send(ScoreTokens("scored", Prompt(text="hi"), "there", samples=200_000))
    await screen.until(Progress, stage="score")
    await screen.client.send(Cancel("scored"))
    failure = await screen.until(Failure, command="score_tokens")
    assert (failure.run, failure.message) == ("scored", "The job was given up.")
    await screen.client.generate(ask("next"))
    assert (await screen.until(EndEvent)).reason == FINISHED


async def test_a_worker_whose_job_does_not_end_when_it_is_cancelled_is_ended() -> None:
    async with serving("stops", cancel=0.1) as server:
        other = Screen(server.url)
        await other.client.load(Load("stops"))
        await other.client.send(ScoreTokens("scored", Prompt(text="hi"), "there", samples=10))
        await other.until(Progress, stage="score")
        await other.client.send(Cancel("scored"))
        failure = await other.until(Failure, command="score_tokens")
        assert (failure.run, failure.message) == ("scored", "The worker did not cancel within 0 seconds and was ended.")
        await other.client.stop()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (ScoreTokens("s", Prompt(text="hi"), "there", samples=10**6), "allows 209,715 samples of so long an answer at"),
        (ScoreTokens("s", Prompt(text="hi"), answer_ids=[97] * 10**5, samples=11), "allows 10 samples"),
        (ScoreTokens("s", Prompt(text="x" * 100_001), "there"), "takes 100 kB of text at most"),
        (Score("x" * 5000, Prompt(text="hi"), samples=1024), "allows 209 samples of so long an answer at most"),
        (Influence(1, list(b"hi"), [256] * 1025, 1, 97), "allows a canvas of 1024 tokens at most, not 1025."),
        (Count(Prompt(text="x" * 100_001)), "takes 100 kB of text at most"),
    ],
)
async def test_questions_and_jobs_have_the_limits_of_runs(screen: Screen, command: Any, words: str) -> None:
    await screen.client.send(command)
    failure = await screen.until(Failure)
    assert words in failure.message
    assert failure.command == str(command.__struct_config__.tag)


async def test_connections_of_one_address_are_one_client() -> None:
    async with serving("paced", queue_of_client=1) as server:
        screens = [Screen(server.url) for _ in range(3)]
        for screen in screens:
            await screen.client.load(Load("paced"))
        await screens[0].client.generate(ask("first", hold=True))
        await screens[0].until(Held)
        await screens[1].client.generate(ask("second"))
        await screens[1].until(Progress, stage="queue")
        await screens[2].client.generate(ask("third"))
        failure = await screens[2].until(Failure, run="third")
        assert failure.message == "1 of your requests are waiting already: wait for one to end."
        for screen in screens:
            await screen.client.stop()
