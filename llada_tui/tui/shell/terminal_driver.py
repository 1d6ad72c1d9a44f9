"""The things that Textual (8.2.8) does not do for a terminal, in one place. Each part goes once Textual does it itself.

`TerminalDriver` replaces the input thread of Textual's Linux driver, through the methods it is meant to be subclassed
by, because there

- a byte that is not UTF-8, a number too large in a key's report, or any other error of the parser ends the program;
- an escape sequence that comes in pieces, or is not known, is typed character by character after 0.1 s;
- the end of the terminal's input is polled without a pause, and an error of its output stops the thread that writes,
  after which the program waits for ever;
- a report of the size in pixels makes it divide the mouse's cells by pixels, and SIGWINCH is not heard any more;
- ``COLUMNS`` and ``LINES`` count more than the terminal's real size;
- SIGCONT without a SIGTSTP before it starts a second input thread;
- a stop (ctrl+z, SIGTSTP) in the middle of a write waits for ever for the lock that the write holds: here such signals
  are followed between two things that the program does;
- SIGTERM, SIGHUP and other signals end the process with the terminal left as it is.
"""

from __future__ import annotations

import contextlib
import contextvars
import fcntl
import logging
import os
import select
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Iterator
from typing import IO, Any, Protocol, cast

from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.message import Message
from textual.messages import InBandWindowResize

from llada_tui.tui.shell.terminal_input import Kind, TerminalInput, Token


class LeavingApp(Protocol):
    """An application that can be told to end."""

    def leave_soon(self, code: int) -> None:
        """Leave in order, with an exit code."""


_log = logging.getLogger(__name__)
MIN_COLUMNS, MIN_ROWS = 30, 8
"""On a smaller terminal the screen is cut: Textual's lists cannot be laid out without a column."""
MAX_COLUMNS, MAX_ROWS = 1000, 500
"""A larger size is no terminal's, and would take the memory that it says."""
MAX_CELL = 400
"""More pixels are no cell's."""
GRACE = 10.0
"""Seconds that the program has to leave in order once it was told to, by a key or a signal; then it is ended."""
_RESTORE = (
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?2004l\x1b[?2048l\x1b[?1004l"
    "\x1b[?7h\x1b[<u\x1b[?1049l\x1b[?25h\x1b[0m"
)
"""The mouse, pastes in brackets, reports of size and focus, lines that wrap, kitty's keys, screen and cursor."""
_ASK_CELL = "\x1b[16t"
_SIGNALS = (
    *(signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2),
    *(signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGXCPU),
)
"""Those that end a process in order unless it does something else."""


class DeviceAttributes(Message):
    """The terminal says what it can do (https://vt100.net/docs/vt510-rm/DA1.html), or, ``secondary``, what it is
    (https://vt100.net/docs/vt510-rm/DA2.html)."""

    def __init__(self, numbers: list[int], *, secondary: bool) -> None:
        super().__init__()
        self.numbers, self.secondary = numbers, secondary


class CellSize(Message):
    """The terminal says how large a cell is, in pixels."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self.width, self.height = width, height


class _Output:
    """The terminal's output. What cannot be written, because the terminal is gone, is passed over."""

    def __init__(self, file: IO[str], gone: threading.Event) -> None:
        self._file, self._gone = file, gone

    def write(self, text: str) -> int:
        with contextlib.suppress(UnicodeError):
            try:
                return self._file.write(text)
            except (OSError, ValueError):
                self._gone.set()
        return len(text)

    def flush(self) -> None:
        try:
            self._file.flush()
        except (OSError, ValueError):
            self._gone.set()

    def fileno(self) -> int:
        return self._file.fileno()


class Parser:
    """Textual's parser, which is only given what is whole, and begins anew after whatever it does not understand."""

    def __init__(self) -> None:
        self._parser = XTermParser()

    def events(self, token: Token) -> list[Message]:
        """The events that a token means for the application."""
        match token.kind:
            case Kind.PASTE:
                return [events.Paste(token.text)]
            case Kind.SIZE:
                rows, columns = map(int, token.text.split())
                size = Size(*bounded(columns, rows))
                return [events.Resize(size, size)] if 0 < columns <= MAX_COLUMNS and 0 < rows <= MAX_ROWS else []
            case Kind.ATTRIBUTES:
                numbers = [int(number or 0) for number in token.text[1:].split(";")]
                return [DeviceAttributes(numbers, secondary=token.text[0] == ">")]
            case Kind.CELL:
                height, width = map(int, token.text.split())
                return [CellSize(width, height)] if 0 < width <= MAX_CELL and 0 < height <= MAX_CELL else []
            case Kind.TEXT:
                if _is_joined(token.text):
                    return [events.Paste(token.text)]
                return [event for character in token.text for event in self._key(character)]
            case Kind.ALT:
                return self._feed(f"\x1b{token.text}") or [_with_alt(event) for event in self._key(token.text)]
            case Kind.SEQUENCE:
                return [event for event in self._feed(token.text) if not _is_private(event)]

    def _key(self, character: str) -> list[Message]:
        """A character as a key. An escape alone is only one for the parser after a time."""
        return [events.Key("escape", "\x1b")] if character == "\x1b" else self._feed(character)

    def _feed(self, text: str) -> list[Message]:
        try:
            messages = list(self._parser.feed(text))
        except Exception:
            _log.debug("The terminal sent what cannot be parsed: %r", text, exc_info=True)
            messages = []
        if text.startswith("\x1b") and not messages:
            self._parser = XTermParser()  # it may still wait for the rest of the sequence
        return messages


def bounded(columns: int, rows: int) -> tuple[int, int]:
    """A size that can be drawn."""
    return max(MIN_COLUMNS, min(columns, MAX_COLUMNS)), max(MIN_ROWS, min(rows, MAX_ROWS))


def _is_joined(text: str) -> bool:
    """Whether a text holds what is no key, such as the joiners within an emoji; as single keys these would be lost."""
    return all(c >= " " for c in text) and any(c >= "\xa0" and not c.isprintable() for c in text)


def _is_private(event: Message) -> bool:
    """Whether a key has a number of kitty's own that the parser does not know, and would type."""
    return isinstance(event, events.Key) and "\ue000" <= (event.character or "") <= "\uf8ff"


def _with_alt(event: Message) -> Message:
    if not isinstance(event, events.Key):
        return event
    key = f"shift+{event.key.lower()}" if len(event.key) == 1 and event.key.isupper() else event.key
    return events.Key(f"alt+{key}", None)


class TerminalDriver(LinuxDriver):
    """Textual's Linux driver, which survives its terminal. Whoever owns it is asked to ``leave`` with an exit code."""

    def __init__(self, app: App[Any], *, size: tuple[int, int] | None = None, **options: Any) -> None:
        super().__init__(app, size=size or self._get_terminal_size(), **options)
        self._terminal_app = cast(LeavingApp, app)
        self._context = contextvars.copy_context()
        self._gone = threading.Event()
        self._output = _Output(cast(Any, self._file), self._gone)
        self._file = cast(Any, self._output)
        self._size_reports = False
        self._is_suspended = False
        self._reported_cell: tuple[int, int] | None = None
        """The width and height of a cell, as the terminal said."""
        self._handlers: dict[int, Any] = {}
        """The handlers of signals from before."""
        self._watchdog: threading.Timer | None = None

    def _get_terminal_size(self) -> tuple[int, int]:
        """The terminal's real size; what the environment says only if the terminal does not know its own."""
        for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__):
            with contextlib.suppress(AttributeError, OSError, ValueError):
                columns, rows = os.get_terminal_size(cast(Any, stream).fileno())
                if columns and rows:
                    return bounded(columns, rows)
        return super()._get_terminal_size()

    def start_application_mode(self) -> None:
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if number not in self._handlers and handler != signal.SIG_IGN:
                self._handlers[number] = handler
                signal.signal(number, self._told_to_leave)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._loop.add_signal_handler(signal.SIGTSTP, self._sigtstp_application)
        self._loop.add_signal_handler(signal.SIGCONT, self._sigcont_application)

    def suspend_application_mode(self) -> None:
        self._is_suspended = True
        super().suspend_application_mode()

    def resume_application_mode(self) -> None:
        """Go on after a stop. Before one without a warning (SIGSTOP) nothing was left in order: that is done now, else
        two threads would read the terminal, and its settings would not be those from before the program."""
        if not self._is_suspended:
            self.suspend_application_mode()
        self._is_suspended = False
        super().resume_application_mode()

    def stop_application_mode(self) -> None:
        if not self._is_suspended and signal.SIGINT in self._handlers:
            # a ctrl+c that was pressed on the screen may come when the terminal is given back already
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        if self._size_reports:
            self.write("\x1b[?2048l")
            self._size_reports = False
        super().stop_application_mode()

    def close(self) -> None:
        super().close()
        while self._handlers:
            number, handler = self._handlers.popitem()
            if number != signal.SIGINT or self._is_suspended:  # else it is ignored, as below
                signal.signal(number, handler)

    def process_message(self, message: Message) -> None:
        """Ask for reports of the size where there are such; the mouse's stay in cells."""
        if isinstance(message, InBandWindowResize):
            if message.supported and not message.enabled and not self._size_reports:
                self._size_reports = True
                self.write("\x1b[?2048h")
            return
        if isinstance(message, CellSize):
            self._reported_cell = message.width, message.height
        elif isinstance(message, events.Resize) and self._reported_cell is not None:
            self.write(_ASK_CELL)  # letters may be larger now
        super().process_message(message)

    def ask_for_sixels(self) -> None:
        """Ask the terminal whether it draws sixels, and how large its cells are where that is not known. The answers
        come as `DeviceAttributes` and `CellSize`; nobody waits for them."""
        self.write((_ASK_CELL if self.cell_size() is None else "") + "\x1b[c")

    def ask_for_version(self) -> None:
        """Ask the terminal what it is. The answer comes as secondary `DeviceAttributes`."""
        self.write("\x1b[>c")

    def cell_size(self) -> tuple[int, int] | None:
        """The width and height of a cell in pixels; None where nobody knows them."""
        with contextlib.suppress(OSError, termios.error, ValueError):
            size = fcntl.ioctl(self.fileno, termios.TIOCGWINSZ, bytes(8))
            rows, columns, width, height = struct.unpack("HHHH", size)
            if rows and columns and width >= columns and height >= rows:
                return min(width // columns, MAX_CELL), min(height // rows, MAX_CELL)
        return self._reported_cell

    def run_input_thread(self) -> None:
        """Read the terminal until it is over; when the terminal goes, so does the program."""
        stream, parser = TerminalInput(), Parser()
        while not self.exit_event.is_set():
            try:
                for token in self._read(stream):
                    for event in parser.events(token):
                        self.process_message(event)
            except Exception:
                _log.exception("What the terminal sent could not be taken")
                stream, parser = TerminalInput(), Parser()
            if self._gone.is_set():
                self._leave(128 + signal.SIGHUP)
                return

    def _read(self, stream: TerminalInput) -> Iterator[Token]:
        """The bytes that came within a moment."""
        left = stream.seconds_left(time.monotonic())
        try:
            readable, _, _ = select.select([self.fileno], [], [], 0.1 if left is None else min(left, 0.1))
            data = os.read(self.fileno, 4096) if readable else None
        except (OSError, ValueError):
            data = b""
        if data == b"":
            self._gone.set()
        elif data is not None:
            yield from stream.feed(data, time.monotonic())
        yield from stream.tick(time.monotonic())

    # -- leaving ------------------------------------------------------------------------------------------------------

    def _told_to_leave(self, number: int, _: object) -> None:
        self._leave(128 + number)

    def _leave(self, code: int) -> None:
        """Ask the application to leave. If it does not, because something waits for ever, end it here."""
        if self._watchdog is not None:
            return
        self.limit_leaving(code)
        with contextlib.suppress(RuntimeError):  # it is leaving by itself
            self._loop.call_soon_threadsafe(self._terminal_app.leave_soon, code, context=self._context)

    def limit_leaving(self, code: int) -> None:
        """The program leaves: end it with a code where that takes too long."""
        if self._watchdog is None:
            self._watchdog = threading.Timer(GRACE, self._end, [code])
            self._watchdog.daemon = True
            self._watchdog.start()

    def _end(self, code: int) -> None:
        """Restore the terminal, as far as it listens, and end the process. The workers end with it."""
        with contextlib.suppress(OSError, termios.error):
            if self.attrs_before is not None:
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
            if select.select([], [self._output.fileno()], [], 0)[1]:
                os.write(self._output.fileno(), _RESTORE.encode())
        os._exit(code)
