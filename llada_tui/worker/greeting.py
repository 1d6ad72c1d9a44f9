"""The first line of a worker: the hello of one that we can use, or why it is none."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from llada_tui.worker.codec import decode_reply
from llada_tui.worker.process import printable_line
from llada_tui.worker.protocol import PROTOCOL, Hello
from llada_tui.worker.worker_errors import WorkerError


def read_hello(line: bytes | None, command: Sequence[str]) -> Hello:
    """The hello in the first line that ``command`` printed; None is a line that was too long. Raises `WorkerError`."""
    try:
        item = decode_reply(line) if line is not None else None
    except Exception:
        item = None
    if not isinstance(item, Hello):
        printed = printable_line((line or b"")[:400].decode("utf-8", "replace"), 60) or "something unreadable"
        raise WorkerError(f"The command {shlex.join(command)[:200]!r} is no worker: it printed {printed!r}.")
    if item.protocol != PROTOCOL:
        raise WorkerError(
            f"The worker is of version {printable_line(item.tool, 40)} and speaks protocol {item.protocol}, not "
            f"{PROTOCOL}: install the same version of llada-tui on both sides."
        )
    return item
