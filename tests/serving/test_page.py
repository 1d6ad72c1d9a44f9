"""The page at ``/``, in a real browser: a question is typed, its run is drawn while it is made, and stepped back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from llada_tui.trace.cell import State
from tests.export.browser import Page, browsing, find_browser

from .support import TestServer, serving


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    async with serving("paced", token="secret") as opened:
        yield opened


def ask(page: Page, url: str, question: str) -> None:
    page.go(f"{url}/?token=secret")
    page.eval(f"document.querySelector('textarea').value = {question!r}")
    page.eval("document.querySelector('[name=gen_length]').value = 40")
    page.eval("document.querySelector('[name=steps]').value = 40")
    page.eval("document.querySelector('[name=block_length]').value = 40")
    page.eval("document.getElementById('ask').requestSubmit()")
    page.until("document.readyState === 'complete' && document.getElementById('slider')?.max === '40'")
    page.until("document.getElementById('state').textContent === ''")


def watch(browser: str, url: str, folder: Path) -> None:
    """What a person does."""
    with browsing(browser, folder / "profile") as page:
        ask(page, url, "<b>hi</b>")
        assert page.text("#canvas") == "a" * 40
        page.until("!document.getElementById('shared').hidden")
        assert page.text("#shared").endswith(f"llada-tui follow {url} class")
        assert page.text("#caption").startswith("step 40/40")
        assert page.text("textarea") == ""
        assert page.eval("document.querySelector('textarea').value") == "<b>hi</b>"
        page.eval("document.activeElement.blur()")
        page.press("ArrowLeft")
        assert page.text("#caption").startswith("step 39/40")
        assert page.eval("document.querySelectorAll('#canvas .predicted').length") == 1
        page.press("Home")
        assert page.eval("document.querySelectorAll('#canvas .masked').length") == 40
        page.press("End")
        page.point("#canvas .token")
        page.until("!document.getElementById('card').hidden")
        assert "kept in step" in page.text("#card")
        page.press("v")
        assert page.text("#colours span") == "confidence"
        page.picture(folder / "page.png")
        assert page.errors == []
        assert all(address.startswith(url) or address == "about:blank" for address in page.requests)
        page.eval("document.querySelector('[name=temperature]').value = 11")
        page.eval("document.querySelector('form').noValidate = true")
        page.eval("document.getElementById('ask').requestSubmit()")
        page.until("document.getElementById('state')?.textContent.startsWith('temperature must be')")


async def test_a_run_is_drawn_live(server: TestServer, tmp_path: Path) -> None:
    browser = find_browser()
    if browser is None:
        assert not os.environ.get("CI"), "CI has a browser"
        pytest.skip("no Chromium here")
    async with connect(server.url.replace("http", "ws") + "/v1/shared/class?token=secret") as shown:
        assert await shown.recv() == b'{"name":"class"}'
        await asyncio.to_thread(watch, browser, server.url, tmp_path)


async def test_the_page_loads_nothing_from_elsewhere_and_runs_no_text(server: TestServer) -> None:
    assert (await server.http.get("/")).status_code == 401
    answer = await server.http.get("/?token=secret")
    assert "default-src 'none'; script-src 'self'" in answer.headers["content-security-policy"]
    assert "http" not in answer.text.replace("http-equiv", "")
    assert "secret" not in answer.text
    assert 'name="gen_length" type="number" min="1" max="1024"' in answer.text
    assert "<option selected>low_confidence</option>" in answer.text
    assert all(f".{state.value.replace(' ', '-')} b" in answer.text for state in State)
    for name, status in (("page", 200), ("live", 200), ("other", 401)):
        assert (await server.http.get(f"/{name}.js")).status_code == status
    assert (await server.http.get("/other.js?token=secret")).status_code == 404
