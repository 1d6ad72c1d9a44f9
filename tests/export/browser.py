"""A headless browser, driven over a pipe with the protocol of its own developer tools; no driver, no library.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE = 150.0
_KEYS = {
    "Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38,
    "ArrowRight": 39, "ArrowDown": 40, "F10": 121,
}  # fmt: skip


def find_browser() -> str | None:
    """A Chromium or Chrome on this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """An open page. Requests that it made are noted in ``requests``, what went wrong in it in ``errors``; what came
    through its WebSockets in ``frames``."""

    def __init__(self, process: subprocess.Popen[bytes], write: int, read: int) -> None:
        self._process, self._write, self._read = process, write, read
        self._session: str | None = None
        self._buffer, self._number = b"", 0
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.frames: list[bytes] = []

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol, and wait for its result."""
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            message_back = self._next()
            if message_back.get("id") == number:
                assert "error" not in message_back, message_back
                result: dict[str, Any] = message_back["result"]
                return result

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._buffer:
            assert time.monotonic() < end, "The browser does not answer"
            if select.select([self._read], [], [], 0.2)[0]:
                data = os.read(self._read, 1 << 20)
                assert data, "The browser has gone"
                self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        elif message.get("method") == "Network.webSocketCreated":
            self.requests.append(message["params"]["url"])
        elif message.get("method") == "Network.webSocketFrameReceived":
            frame = message["params"]["response"]
            if frame["opcode"] == 2:
                self.frames.append(base64.b64decode(frame["payloadData"]))
        elif message.get("method") == "Runtime.exceptionThrown":
            self.errors.append(message["params"]["exceptionDetails"].get("exception", {}).get("description", "?"))
        elif message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
            self.errors.append(message["params"]["entry"]["text"])
        return message

    def attach(self) -> None:
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def open(self, path: Path, *, dark: bool = False, still: bool = True, size: tuple[int, int] = (1200, 800)) -> None:
        """Open a file, and wait until its script has run."""
        features = {"prefers-color-scheme": "dark" if dark else "light"}
        features["prefers-reduced-motion"] = "reduce" if still else "no-preference"
        self.send(
            "Emulation.setEmulatedMedia", features=[{"name": key, "value": value} for key, value in features.items()]
        )
        width, height = size
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.send("Page.navigate", url=path.as_uri())
        self.until("document.readyState === 'complete' && location.protocol === 'file:'")

    def go(self, url: str) -> None:
        """Open an address, and wait until its script has run."""
        self.send("Page.navigate", url=url)
        self.until(f"document.readyState === 'complete' && location.href.startsWith({url!r})")

    def eval(self, code: str) -> Any:
        """The value of an expression in the page."""
        reply = self.send("Runtime.evaluate", expression=code, returnByValue=True)
        assert "exceptionDetails" not in reply, reply["exceptionDetails"]
        return reply["result"].get("value")

    def until(self, code: str) -> None:
        """Wait for an expression to be true."""
        end = time.monotonic() + PATIENCE
        while not self.eval(code):
            assert time.monotonic() < end, f"Never happened: {code}"

    def text(self, selector: str) -> str:
        return str(self.eval(f"document.querySelector({selector!r}).textContent"))

    def press(self, key: str, *, control: bool = False, **more: Any) -> None:
        """Press a key, as a person does."""
        code = _KEYS.get(key, ord(key.upper()[0]))
        more |= {"modifiers": 2} if control else {"text": key} if len(key) == 1 else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **more)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def point(self, selector: str, *, click: bool = False, across: float = 0.5) -> None:
        """Point at an element, at a share of its width, and click there if wanted."""
        box = self.eval(
            f"(() => {{ const box = document.querySelector({selector!r}).getBoundingClientRect();"
            "return [box.left, box.top, box.width, box.height]; })()"
        )
        x, y = box[0] + box[2] * across, box[1] + box[3] / 2
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ("mousePressed", "mouseReleased") if click else ():
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, path: Path) -> None:
        """Save what is seen as a PNG."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))


@contextmanager
def browsing(browser: str, profile: Path) -> Iterator[Page]:
    """A page in a browser of its own."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    moved = {3: theirs_in, 4: theirs_out}  # where the protocol is spoken with --remote-debugging-pipe

    def place() -> None:
        saved = {number: fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for number, fd in moved.items()}
        for number, fd in saved.items():
            os.dup2(fd, number)

    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    process = subprocess.Popen(
        [browser, *arguments, f"--user-data-dir={profile}", "--remote-debugging-pipe"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=place,
        close_fds=False,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    page = Page(process, ours_out, ours_in)
    try:
        page.attach()
        yield page
    finally:
        process.kill()
        process.wait()
        os.close(ours_out)
        os.close(ours_in)
