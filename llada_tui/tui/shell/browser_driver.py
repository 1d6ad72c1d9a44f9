"""The driver for a browser's tab (``llada-tui web``): Textual's own, with what it lacks.

Input goes the way of a terminal's (`terminal_input`), so that nothing that comes ends the thread that reads; the
program leaves in order when its tab is closed, and when the server is gone; a size that cannot be drawn is none.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import os
import select
import sys
import threading
import time
from typing import Any, cast

from textual.app import App
from textual.drivers._byte_stream import ByteStream
from textual.drivers.web_driver import WebDriver

from llada_tui.tui.shell.terminal_driver import GRACE, LeavingApp, Parser, bounded
from llada_tui.tui.shell.terminal_input import TerminalInput, Token

_log = logging.getLogger(__name__)
_HANGUP = 129
"""The exit code of a program whose terminal is gone."""


class BrowserDriver(WebDriver):
    """Textual's driver for a browser, which survives what comes. Whoever owns it is asked to leave with an exit
    code."""

    def __init__(self, app: App[Any], *, size: tuple[int, int] | None = None, **options: Any) -> None:
        super().__init__(app, size=size, **options)
        self._size = bounded(*(self._size or (80, 24)))
        self._terminal_app = cast(LeavingApp, app)
        self._context = contextvars.copy_context()
        self._watchdog: threading.Timer | None = None

    def write(self, data: str) -> None:
        """Send to the page; to nobody once the server is gone."""
        with contextlib.suppress(OSError, UnicodeError):
            super().write(data)

    def write_meta(self, data: dict[str, object]) -> None:
        with contextlib.suppress(OSError):
            super().write_meta(data)

    def run_input_thread(self) -> None:
        """Read what the server sends until it is over; when the server goes, so does the program."""
        packets, stream, parser = ByteStream(), TerminalInput(), Parser()
        file = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
        while not self.exit_event.is_set():
            try:
                left = stream.seconds_left(time.monotonic())
                ready, _, _ = select.select([file], [], [], 0.1 if left is None else min(left, 0.1))
                data = os.read(file, 2**16) if ready else None
                if data == b"":
                    self._leave(_HANGUP)
                    return
                tokens: list[Token] = []
                for kind, payload in packets.feed(data) if data else ():
                    if kind == "D":
                        tokens += stream.feed(payload, time.monotonic())
                    else:
                        self._on_meta(kind, payload)
                tokens += stream.tick(time.monotonic())
                for token in tokens:
                    for event in parser.events(token):
                        self.process_message(event)
            except Exception:
                _log.exception("What the browser sent could not be taken")
                stream, parser = TerminalInput(), Parser()

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """Take a message of the server: a size that can be drawn, or that the tab is closed."""
        if packet_type == "quit":
            self._leave(0)
            return
        if packet_type == "resize":
            payload["width"], payload["height"] = bounded(int(str(payload["width"])), int(str(payload["height"])))
        super().on_meta(packet_type, payload)

    def _leave(self, code: int) -> None:
        """Ask the application to leave. If it does not, because something waits for ever, end it here."""
        self.limit_leaving(code)
        with contextlib.suppress(RuntimeError):  # it is leaving by itself
            self._loop.call_soon_threadsafe(self._terminal_app.leave_soon, code, context=self._context)

    def limit_leaving(self, code: int) -> None:
        """The program leaves: end it with a code where that takes too long."""
        if self._watchdog is None:
            self._watchdog = threading.Timer(GRACE, os._exit, [code])
            self._watchdog.daemon = True
            self._watchdog.start()
