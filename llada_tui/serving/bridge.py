"""The worker of ``--worker http://...``: a process whose stdin and stdout are a server's WebSocket.

Run as ``python -m llada_tui.serving.bridge URL``. The token is in the environment (`TOKEN_VARIABLE`), or in the URL
(``?token=...``).
"""

from __future__ import annotations

import asyncio
import os
import sys
from urllib.parse import urlsplit, urlunsplit

from llada_tui.server_address import TOKEN_VARIABLE, WORKER_PATH, split_token
from llada_tui.serving import NOT_INSTALLED
from llada_tui.worker.line_splitter import LineSplitter
from llada_tui.worker.process import printable_line
from llada_tui.worker.protocol import MAX_LINE

_PATIENCE = 20


class BridgeError(Exception):
    """The server cannot be used. The message is one sentence."""


def address_of(url: str) -> tuple[str, str]:
    """The WebSocket's address and the token, from the address of a server. Raises `BridgeError`."""
    url, token = split_token(url)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BridgeError("This is no address of a server: it looks like http://127.0.0.1:8000.") from None
    if not parts.hostname:
        raise BridgeError("This is no address of a server: it looks like http://127.0.0.1:8000.")
    token = token or os.environ.get(TOKEN_VARIABLE, "").strip()
    scheme = "wss" if parts.scheme == "https" else "ws"
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit((scheme, netloc, parts.path.rstrip("/") + WORKER_PATH, "", "")), token


async def bridge(url: str) -> None:
    """Carry lines both ways until either side ends. Raises `BridgeError`."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

    address, token = address_of(url)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    name = printable_line(urlsplit(address).netloc, 100)
    try:
        socket = await connect(
            address, additional_headers=headers, max_size=MAX_LINE, open_timeout=_PATIENCE, ping_interval=_PATIENCE
        )
    except InvalidStatus as error:
        code = error.response.status_code
        words = {
            401: f"needs its token: set {TOKEN_VARIABLE}, or put ?token=... behind its address",
            403: "does not let this machine in, or is no llada-tui serve",
            404: "is no llada-tui serve",
        }
        raise BridgeError(f"The server at {name} {words.get(code, f'answered with status {code}')}.") from None
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI):
        raise BridgeError(f"No llada-tui serve answers at {name}.") from None
    reading = asyncio.ensure_future(_send_stdin(socket.send))
    try:
        async for line in socket:
            data = line.encode() if isinstance(line, str) else line
            await asyncio.to_thread(_write, data + b"\n")
    except ConnectionClosed as error:
        reason = printable_line(error.rcvd.reason, 100) if error.rcvd else ""
        raise BridgeError(reason or f"The connection to the server at {name} broke.") from None
    finally:
        reading.cancel()
        await socket.close()
    if not reading.done():
        raise BridgeError(f"The server at {name} ended.")


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


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def main() -> int:
    """The process. Returns its exit code; what went wrong is a sentence on stderr."""
    try:
        asyncio.run(bridge(sys.argv[1]))
    except BridgeError as error:
        print(error, file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(NOT_INSTALLED if error.name == "websockets" else error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)
