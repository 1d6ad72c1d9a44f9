"""Pictures of the screen, compared with those in ``__snapshots__``: of one part, or of all but the lines that list
what the registries hold. ``pytest ... --snapshot-update`` makes them anew, for someone to look at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from io import StringIO
from typing import Any, Protocol

from rich.console import Console
from textual._compositor import LayoutUpdate
from textual.app import App
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import TextArea

from llada_tui.tui.shell.terminal_app import TerminalApp
from tests.tui.support import is_open

Before = Callable[[Pilot[Any]], Awaitable[None]]
"""The actions before the picture is taken."""
LISTS = "PanelTabs, Footer"
"""The line of tabs and the footer: a page more or an action more must change no picture but their own."""
SIZES = [(80, 24), (120, 40), (200, 50)]


class Picture(Protocol):
    """Whether an application looks as before."""

    def __call__(self, app: App[Any], size: tuple[int, int], before: Before, part: str = "") -> bool:
        """``part`` is the selector of what to look at; without one it is the whole screen but for `LISTS`."""


def comparing(snap_compare: Callable[..., bool]) -> Picture:
    """Compare pictures by Textual's own fixture."""

    def compare(app: App[Any], size: tuple[int, int], before: Before, part: str = "") -> bool:
        async def then_hide(pilot: Pilot[Any]) -> None:
            await before(pilot)
            if part not in ("PanelTabs", "Footer"):
                for screen in app.screen_stack:
                    for bar in screen.query(LISTS):
                        bar.visible = False
                await pilot.pause()

        if isinstance(app, TerminalApp):
            app._shutdown = partial(_leave, app, app._shutdown)  # type: ignore[method-assign]
        if part:
            app.export_screenshot = partial(_cut, app, part)  # type: ignore[method-assign]
        return snap_compare(app, terminal_size=size, run_before=then_hide)

    return compare


async def _leave(app: TerminalApp, shut_down: Callable[[], Awaitable[None]]) -> None:
    """End what an application has started, before the event loop of its picture ends."""
    await app.close_down()
    await shut_down()


def _cut(app: App[Any], part: str, *, title: str | None = None, simplify: bool = False) -> str:
    """A part of the screen as an SVG, in the way of `App.export_screenshot`."""
    region = app.screen.query_one(part).region
    whole = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens, simplify=simplify)
    assert isinstance(whole, LayoutUpdate)
    lines = whole.strips[region.y : region.bottom]
    cut: list[Any] = [[Strip.join(line).crop(region.x, region.right)] for line in lines]
    console = Console(
        width=region.width,
        height=region.height,
        file=StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
        safe_box=False,
    )
    console.print(LayoutUpdate(cut, Region(0, 0, region.width, region.height)))
    return console.export_svg(title=title or app.title)


async def opened(pilot: Pilot[Any]) -> None:
    """Wait for the first screen."""
    while not is_open(pilot.app):
        await pilot.pause(0.01)
    for area in pilot.app.screen.query(TextArea):
        area.cursor_blink = False
    await pilot.pause()


def pressed(*keys: str) -> Before:
    """Press keys on the first screen."""

    async def before(pilot: Pilot[Any]) -> None:
        await opened(pilot)
        await pilot.press(*keys)
        await pilot.pause()

    return before
