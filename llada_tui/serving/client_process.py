"""The output and the end of a process that speaks to a server for a screen: lines that are written whole, an exit code,
and where something went wrong a sentence on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from llada_tui.serving import NOT_INSTALLED
from llada_tui.serving.server_socket import ServerUnusable

_NEEDED = ("starlette", "uvicorn", "websockets")


def write_whole(data: bytes) -> None:
    """Write to the standard output, all of it. Raises `BrokenPipeError` where nobody reads."""
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def run_and_exit(work: Callable[[], object]) -> NoReturn:
    """Do the work of a process, then end it at once: with 1 and a sentence where the server cannot be used."""
    code = 0
    try:
        work()
    except ServerUnusable as error:
        print(error, file=sys.stderr)
        code = 1
    except ModuleNotFoundError as error:
        print(NOT_INSTALLED if error.name in _NEEDED else error, file=sys.stderr)
        code = 1
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(code)
