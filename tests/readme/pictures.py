"""The pictures in README.md, drawn by the program itself from recorded sessions.

    python -m tests.readme.pictures

draws them into docs/; a test checks that what is there is what the program draws.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from llada_tui.trace.run import Run
from llada_tui.trace.session import read_session
from llada_tui.tui.app import LladaApp
from llada_tui.tui.chat.chat import Chat
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.replay.replay import Replay
from llada_tui.tui.shell.options import ChatOptions, ReplayOptions
from llada_tui.worker.server import hello

HERE = Path(__file__).parent
DOCS = HERE.parent.parent / "docs"
SESSION = HERE / "session.jsonl"


def _middle(run: Run) -> int:
    """A frame in which masks, guesses and kept tokens are all to be seen."""
    return max(1, run.last * 2 // 5)


async def draw_chat() -> str:
    """The chat, two fifths through its last answer."""
    app = LladaApp(ChatOptions(resume=SESSION, worker="sleep 600"))
    async with app.run_test(size=(120, 36)) as pilot:
        while not isinstance(app.screen, Chat) or not app.screen.is_mounted:
            await pilot.pause()
        chat = app.screen
        run = chat.worker.session.last_run()
        assert run is not None
        chat.link.take(hello())
        chat.link.model, chat.link.phase, chat.link.progress = run.start.model, Phase.READY, None
        chat.link.memory = run.end.peak_memory if run.end else 0
        chat.workbench.show_run(run, play=False, frame=_middle(run))
        await pilot.pause()
        chat.header.refresh()
        chat.update_keys()
        await pilot.pause()
        picture = app.export_screenshot(title="llada-tui")
        await chat.worker.close()
    return picture


async def draw_replay() -> str:
    """The replay of the same run, coloured by confidence, with its least sure word selected."""
    app = LladaApp(replay=ReplayOptions(SESSION, read_session(SESSION)))
    async with app.run_test(size=(100, 30)) as pilot:
        while not isinstance(app.screen, Replay) or not app.screen.is_mounted:
            await pilot.pause()
        run = app.screen.session.last_run()
        assert run is not None
        app.screen.show_run(run, play=False, frame=run.last)
        app.screen.stage.action_colours()
        special = run.token_bytes.special
        choices = [choice for step in run.steps for choice in step.commits if choice.token not in special]
        app.screen.stage.canvas.selected = min(choices, key=lambda choice: choice.confidence).position
        await pilot.pause()
        return app.export_screenshot(title="llada-tui replay")


PICTURES = {"chat.svg": draw_chat, "replay.svg": draw_replay}


def draw(name: str) -> str:
    """Draw a picture with nothing of the user's own configuration in it. Returns SVG."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LLADA_TUI_CONFIG"] = os.environ["LLADA_TUI_SESSIONS"] = folder
        return asyncio.run(PICTURES[name]())


if __name__ == "__main__":
    DOCS.mkdir(exist_ok=True)
    for name in PICTURES:
        (DOCS / name).write_text(draw(name), "utf-8")
        print(f"drew docs/{name}")
