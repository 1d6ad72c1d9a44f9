"""The whole program in a browser's tab: a question is typed, watched, and stepped back; copy, paste and links work."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pyte
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from llada_tui import cli
from llada_tui.serving.limits import ServeLimits
from llada_tui.serving.listening import Listener, http_server, listen
from llada_tui.serving.web_application import web_application
from llada_tui.trace.session import read_session
from tests.cli.support import command, environment
from tests.conftest import Home
from tests.export.browser import PATIENCE, Page, browsing, find_browser

from .support import FAKE

TOKEN = "s3cret"
SOCKET = {"max_size": None, "open_timeout": PATIENCE}


def program(*more: str) -> str:
    options = ("--worker", FAKE, "--model", "paced", "--gen-length", "40", "--steps", "40", "--block-length", "40")
    return shlex.join([sys.executable, "-m", "llada_tui", "chat", *options, *more])


@asynccontextmanager
async def opened(monkeypatch: pytest.MonkeyPatch, command: str | None = None, tabs: int = 3) -> AsyncIterator[Listener]:
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    limits = ServeLimits()
    listener = listen("127.0.0.1", 0, TOKEN)
    server = http_server(web_application(command or program(), TOKEN, tabs, limits), limits)
    serving = asyncio.ensure_future(server.serve(sockets=[listener.socket]))
    try:
        yield listener
    finally:
        server.should_exit = True
        await serving
        listener.socket.close()


class Shown:
    """The terminal of a page, as a person sees it: what its WebSocket got, on a screen of the same size."""

    def __init__(self, page: Page) -> None:
        self._page = page
        address = next(url for url in page.requests if url.startswith("ws://"))
        self.columns, self.rows = (int(number) for number in re.findall(r"(?:width|height)=(\d+)", address))
        self.screen = pyte.Screen(self.columns, self.rows)
        self._stream = pyte.ByteStream(self.screen)

    @property
    def lines(self) -> list[str]:
        self._page.eval("1")
        for frame in self._page.frames:
            self._stream.feed(frame.replace(b"\x1b[?2026h", b"").replace(b"\x1b[?2026l", b""))
        self._page.frames.clear()
        return list(self.screen.display)

    def until(self, condition: Callable[[str], object], what: str) -> str:
        end = time.monotonic() + PATIENCE
        while not condition(text := "\n".join(self.lines)):
            assert time.monotonic() < end, f"Never happened: {what}\n{text}"
        return text

    def cell(self, text: str) -> tuple[float, float]:
        """The middle of the first cell of a text, in the page's pixels."""
        row = next(row for row, line in enumerate(self.lines) if text in line)
        column = self.lines[row].index(text)
        left, top, width, height = self._page.eval(
            "(() => { const box = document.querySelector('.xterm-screen').getBoundingClientRect();"
            "return [box.left, box.top, box.width, box.height]; })()"
        )
        return left + (column + 0.5) * width / self.columns, top + (row + 0.5) * height / self.rows

    def click_until(self, text: str, code: str) -> None:
        """Click on a text until an expression is true: it is a link only once the terminal has seen the mouse on it."""
        end = time.monotonic() + PATIENCE
        while not self._page.eval(code):
            assert time.monotonic() < end, f"Never happened: {code}"
            x, y = self.cell(text)
            for kind, count in (("mouseMoved", 0), ("mousePressed", 1), ("mouseReleased", 1)):
                self._page.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=count)


def promise(page: Page, code: str) -> Any:
    reply = page.send("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
    assert "exceptionDetails" not in reply, reply["exceptionDetails"]
    return reply["result"].get("value")


def use(browser: str, url: str, folder: Path) -> None:
    """What a person does."""
    with browsing(browser, folder / "profile") as page:
        page.send("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        page.send("Emulation.setDeviceMetricsOverride", width=1200, height=800, deviceScaleFactor=1, mobile=False)
        page.go(f"{url}/?token={TOKEN}")
        page.until("document.body.classList.contains('-first-byte')")
        shown = Shown(page)
        shown.until(lambda text: "ready" in text, "the model is loaded")
        page.until("document.activeElement.matches('.xterm-helper-textarea')")
        page.send("Input.insertText", text="schön?")
        shown.until(lambda text: "schön?" in text, "what is typed is shown")
        page.press("Enter")
        shown.until(lambda text: "step 40/40" in text and "done" in text, "it is answered, and shown to its end")
        page.press("ArrowLeft")
        shown.until(lambda text: "step 39/40" in text, "a step back")
        page.picture(folder / "web.png")

        page.press("F10")
        shown.until(lambda text: "Copied." in text, "the text on show is copied")
        copied = promise(page, "navigator.clipboard.readText()")
        assert copied.count("a") == 39
        promise(page, "navigator.clipboard.writeText('https://example.org/x pasted\\nin two lines')")
        page.press("v", control=True, commands=["paste"])
        shown.until(lambda text: "in two lines" in text and "https://example.org/x" in text, "it is pasted, not asked")
        page.eval("window.open = () => (window.opened = {location: {href: ''}})")
        shown.click_until("https://example.org/x", "window.opened?.location.href === 'https://example.org/x'")

        assert page.errors == []
        origin = url.removeprefix("http")
        allowed = (f"http{origin}/", f"ws{origin}/")
        assert all(address.startswith(allowed) or address == "about:blank" for address in page.requests)
        page.press("q", control=True)
        page.until("document.body.classList.contains('-closed')")
        assert page.eval("getComputedStyle(document.getElementById('over')).display") == "grid"


async def test_a_person_asks_watches_and_steps_back(
    monkeypatch: pytest.MonkeyPatch, home: Home, tmp_path: Path
) -> None:
    browser = find_browser()
    if browser is None:
        assert not os.environ.get("CI"), "CI has a browser"
        pytest.skip("no Chromium here")
    async with opened(monkeypatch) as listener:
        await asyncio.to_thread(use, browser, listener.url, tmp_path)
    (file,) = home.sessions.glob("*.jsonl")
    (run,) = read_session(file).runs.values()
    assert run.question == "schön?"
    assert run.end is not None
    assert run.end.reason == "finished"


@asynccontextmanager
async def tab(listener: Listener, query: str = f"?token={TOKEN}&size=?width=90&height=20") -> AsyncIterator[Terminal]:
    address = listener.url.replace("http", "ws") + "/ws" + query
    async with connect(address, **SOCKET) as socket:  # type: ignore[arg-type]
        yield Terminal(socket)


class Terminal:
    """The other end of a tab's WebSocket, without a browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.screen = pyte.Screen(90, 20)
        self._stream = pyte.ByteStream(self.screen)

    async def send(self, *message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def until(self, words: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while not any(words in line for line in self.screen.display):
                data = await self.socket.recv()
                if isinstance(data, bytes):
                    self._stream.feed(data.replace(b"\x1b[?2026h", b"").replace(b"\x1b[?2026l", b""))

    async def over(self) -> None:
        """Wait for the server to close it."""
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    await self.socket.recv()
            except ConnectionClosed:
                pass


def children() -> list[psutil.Process]:
    """The programs of tabs, at work."""
    programs = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "llada_tui" in process.cmdline() and "chat" in process.cmdline():
                programs.append(process)
        except psutil.Error:
            pass
    return programs


async def gone(processes: list[psutil.Process]) -> None:
    async with asyncio.timeout(PATIENCE):
        while any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes):
            await asyncio.sleep(0.02)


async def test_a_tab_that_is_closed_ends_its_program_in_order(monkeypatch: pytest.MonkeyPatch, home: Home) -> None:
    long = program("--gen-length", "1000", "--steps", "1000", "--block-length", "1000")
    async with opened(monkeypatch, long) as listener:
        async with tab(listener) as terminal:
            await terminal.until("ready")
            await terminal.send("stdin", "hi\r")
            await terminal.until("sampling")
            programs = children()
            assert len(programs) >= 1
        await gone(programs)
    (file,) = home.sessions.glob("*.jsonl")
    (run,) = read_session(file).runs.values()
    assert run.end is not None
    assert run.end.reason == "cancelled", "not interrupted: the file has its end"


async def test_a_message_that_is_none_is_passed_over(monkeypatch: pytest.MonkeyPatch, home: Home) -> None:
    async with opened(monkeypatch) as listener, tab(listener) as terminal:
        await terminal.until("ready")
        for message in (
            "",
            "[",
            "[]",
            "{}",
            "3",
            '"x"',
            "[1,2,3]",
            '["stdin",3]',
            '["resize",{"width":"x","height":1}]',
        ):
            await terminal.socket.send(message)
        await terminal.send("stdin", "\ud800")
        await terminal.send("stdin", "\x1b[<999999999999;1;1M\x1b[99999999999999u\x1b]52;c;!\x07")
        for size in (0, -1, 10**30):
            await terminal.send("resize", {"width": size, "height": size})
        await terminal.send("resize", {"width": 90, "height": 20})
        await terminal.send("stdin", "still there")
        await terminal.until("still there")


async def test_only_so_many_tabs_are_open(monkeypatch: pytest.MonkeyPatch, home: Home) -> None:
    async with opened(monkeypatch, tabs=1) as listener, tab(listener) as terminal:
        await terminal.until("Ask something")
        with pytest.raises(InvalidStatus, match="429"):
            async with tab(listener):
                pass


async def test_a_program_that_ends_by_itself_closes_its_tab(monkeypatch: pytest.MonkeyPatch, home: Home) -> None:
    async with opened(monkeypatch) as listener, tab(listener) as terminal:
        await terminal.until("ready")
        for process in children():
            process.kill()
        await terminal.over()
    ends = shlex.join([sys.executable, "-c", "raise SystemExit(3)"])
    async with opened(monkeypatch, ends) as listener, tab(listener) as terminal:
        await terminal.over()


async def test_a_program_ends_when_the_server_is_killed(monkeypatch: pytest.MonkeyPatch, home: Home) -> None:
    words = command("web", "--port", "0", "--", "chat", "--worker", FAKE, "--model", "fake")
    server = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE, env=environment())
    assert server.stdout is not None
    line = (await asyncio.wait_for(server.stdout.readline(), PATIENCE)).decode()
    match = re.fullmatch(r"llada-tui is at (http://127.0.0.1:\d+)/(\?token=[\w-]{32}); ctrl-C ends it.\n", line)
    assert match, line
    async with httpx.AsyncClient(base_url=match[1]) as http:  # as another account of this machine may
        assert (await http.get("/")).status_code == 401
    address = match[1].replace("http", "ws") + "/ws"
    with pytest.raises(InvalidStatus, match="401"):
        await connect(address)
    async with connect(address + match[2], **SOCKET) as socket:  # type: ignore[arg-type]
        await Terminal(socket).until("ready")
        programs = children()
        assert programs
        server.kill()
        await server.wait()
        await gone(programs)


async def test_who_comes_in_is_decided_as_for_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(monkeypatch) as listener, httpx.AsyncClient(base_url=listener.url) as http:
        assert (await http.get("/")).status_code == 401
        assert (await http.get("/?token=wrong")).status_code == 401
        page = await http.get(f"/?token={TOKEN}")
        assert page.status_code == 200
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert "connect-src 'self'" in page.headers["content-security-policy"]
        assert "http" not in page.text
        for name in ("terminal.js", "textual.js", "xterm.css", "font.ttf"):
            assert (await http.get(f"/{name}")).status_code == 200
        assert (await http.get(f"/other?token={TOKEN}")).status_code == 404
        assert (await http.get(f"/..%2fserver.py?token={TOKEN}")).status_code == 404
        for query, origin in (("", None), ("?token=wrong", None), (f"?token={TOKEN}", "https://example.org")):
            with pytest.raises(InvalidStatus, match=r"40[13]"):
                await connect(listener.url.replace("http", "ws") + "/ws" + query, origin=origin)  # type: ignore[arg-type]
        evil = await http.get(f"/?token={TOKEN}&x=%22%3E%3Cscript%3E", headers={"host": 'a"><script>'})
        assert "<script>" not in evil.text


@pytest.mark.parametrize(("value", "kept"), [(TOKEN, "none"), ("that-of-a-server", "that-of-a-server")])
async def test_a_program_does_not_know_the_token_of_its_page(
    monkeypatch: pytest.MonkeyPatch, value: str, kept: str
) -> None:
    monkeypatch.setenv("LLADA_TUI_TOKEN", value)
    code = "import os, pathlib; pathlib.Path('seen').write_text(os.environ.get('LLADA_TUI_TOKEN', 'none'))"
    monkeypatch.chdir(folder := Path(os.environ["HOME"]))
    async with opened(monkeypatch, shlex.join([sys.executable, "-c", code])) as listener, tab(listener) as terminal:
        await terminal.over()
    assert (folder / "seen").read_text() == kept


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host", "300.1.2.3"], "Nothing can listen at 300.1.2.3"),
        (["--token", " "], "The token is empty."),
        (["--token", "s\u00e9cret"], "A token has letters, digits and signs of ASCII, on one line."),
        (["--", "generate", "hi"], "A tab can open chat, lesson, replay, follow, not 'generate'."),
        (["--max-tabs", "0"], "--max-tabs must be a whole number from 1 to 1000, not 0."),
    ],
)
async def test_what_cannot_be_is_a_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["web", "--port", "0", *arguments]) in (1, 2)
    assert words in capsys.readouterr().err


async def test_without_the_extra_it_says_how_to_install_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llada_tui.cli.web.find_spec", lambda name: None)
    assert cli.run(["web"]) == 1
    assert 'pip install "llada-tui[web]"' in capsys.readouterr().err
