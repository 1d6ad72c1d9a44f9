"""``llada-tui follow`` as a command, and the options of docs/watching.md."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from llada_tui import cli

from .sharing import shown
from .support import TestServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[TestServer]:
    async with serving("paced") as opened:
        yield opened


async def test_every_option_of_the_page_is_one_of_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "watching.md").read_text("utf-8")
    helps = {}
    for name in ("chat", "lesson", "follow", "web"):
        assert cli.run([name, "--help"]) == 0
        helps[name] = capsys.readouterr().out
    for option in set(re.findall(r"(?<=[ `])--[a-z][a-z-]+", page)):
        assert any(option in text for text in helps.values()), option
    assert all(option in helps[name] for name in ("chat", "lesson") for option in ("--share-name", "--share-at"))


async def follow(*arguments: str) -> int:
    return await asyncio.to_thread(cli.run, ["follow", *arguments])


async def test_what_cannot_be_followed_is_a_sentence(server: TestServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert await follow("box:8000") == 2
    assert "'box:8000' is no address of a server" in capsys.readouterr().err
    assert await follow("http://127.0.0.1:1") == 1
    assert "No llada-tui serve answers at 127.0.0.1:1." in capsys.readouterr().err
    assert await follow(server.url) == 1
    assert "No session is on show there" in capsys.readouterr().err
    async with shown(server.url, "one"):
        assert await follow(server.url, "other") == 1
        assert "No session 'other' is on show there: there is one." in capsys.readouterr().err
        assert await follow(server.url) == 2
        assert "The screen needs a terminal" in capsys.readouterr().err
        async with shown(server.url, "two"):
            assert await follow(server.url) == 0
            printed = capsys.readouterr()
            assert printed.out.splitlines() == ["one", "two"]
            assert f"Name one: llada-tui follow {server.url} NAME." in printed.err


async def test_followers_give_a_token(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving("paced", token="s3cret") as server, shown(f"{server.url}?token=s3cret"):
        assert await follow(server.url) == 1
        assert "needs its token" in capsys.readouterr().err
        for arguments in (("--token", "s3cret"), ("--token", " s3cret ")):
            assert await follow(server.url, *arguments) == 2
            assert "The screen needs a terminal" in capsys.readouterr().err
        monkeypatch.setenv("LLADA_TUI_TOKEN", "s3cret")
        assert await follow(server.url) == 2


@pytest.mark.parametrize("command", ["chat", "lesson"])
async def test_a_name_that_cannot_be_is_told_before_anything_opens(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run([command, "--share", "--share-name", "../x"]) == 2
    assert "1 to 32 small letters, digits and hyphens" in capsys.readouterr().err
