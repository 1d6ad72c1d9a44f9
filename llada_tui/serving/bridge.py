"""The worker of ``--worker http://...``: a process whose stdin and stdout are a server's WebSocket.

Run as ``python -m llada_tui.serving.bridge URL``. The token is in the environment (`TOKEN_VARIABLE`), or in the URL
(``?token=...``).
"""

from __future__ import annotations

import asyncio
import os
import sys

from llada_tui.server_address import WORKER_PATH
from llada_tui.serving.client_process import run_and_exit, write_whole
from llada_tui.serving.server_socket import ServerUnusable, address_of, name_of_server, open_socket
from llada_tui.trace.bounds import MAX_LINE
from llada_tui.worker.line_splitter import LineSplitter
from llada_tui.worker.process import printable_line


async def bridge(url: str) -> None:
    """Carry lines both ways until either side ends. Raises `ServerUnusable`."""
    from websockets.exceptions import ConnectionClosed

    name = name_of_server(address_of(url, WORKER_PATH)[0])
    socket = await open_socket(url, WORKER_PATH)
    reading = asyncio.ensure_future(_send_stdin(socket.send))
    try:
        async for line in socket:
            data = line.encode() if isinstance(line, str) else line
            await asyncio.to_thread(write_whole, data + b"\n")
    except ConnectionClosed as error:
        reason = printable_line(error.rcvd.reason, 100) if error.rcvd else ""
        raise ServerUnusable(reason or f"The connection to the server at {name} broke.") from None
    finally:
        reading.cancel()
        await socket.close()
    if not reading.done():
        raise ServerUnusable(f"The server at {name} ended.")


async def _send_stdin(send: object) -> None:
    """Send each line of the standard input; at its end the process ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    lines = LineSplitter(MAX_LINE)
    while chunk := await reader.read(2**16):
        for line in lines.feed(chunk):
            if line is not None:
                await send(line.decode("utf-8", "replace"))  # type: ignore[operator]
    os._exit(0)


if __name__ == "__main__":
    run_and_exit(lambda: asyncio.run(bridge(sys.argv[1])))
