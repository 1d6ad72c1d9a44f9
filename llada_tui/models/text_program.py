"""The program of the text process: a checkpoint's tokenizer and chat template. A JSON object a line, in and out.

Both are anybody's programs. `llada_tui.models.limited_process` bounds the time and the memory that they take.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from llada_tui.models.chat_template import rendered
from llada_tui.models.text_coder import Coder, Excess

_ALARM = 60
"""Seconds after which a request ends the process, should nobody else have done so."""
_KEPT = 2
"""Tokenizers that are kept, those used last: the model in use, and one that is loaded in its place."""


class UnknownTokenizer(Exception):
    """No tokenizer of this key is kept: it has to be sent first."""


class Program:
    """Answers requests about tokenizers, each known by its key."""

    def __init__(self, tell_stage: Callable[[str], None]) -> None:
        """``tell_stage`` is told what is at work: "tokenizer" or "chat template"."""
        self.stage = ""
        self._coders: dict[str, Coder] = {}
        self._tell_stage = tell_stage

    def answer(self, request: dict[str, Any]) -> Any:
        """The answer to a request: ids or a text. Raises `UnknownTokenizer`, `Excess`, and what the tokenizer or the
        template raise."""
        self._begin("tokenizer")
        match request["do"]:
            case "try":
                self._keep(request["path"], Coder(Path(request["path"]).read_text("utf-8")))
                return None
            case "reuse":  # what was tried is not parsed again, if it can be adapted to what became of it
                coder = self._coders.pop(request["path"], None)
                if coder is not None and coder.adapt(request["settings"]):
                    self._keep(request["key"], coder)
                return None
            case "open":
                self._keep(request["key"], Coder(request["state"]))
                return None
        coder = self._coder(request["key"])
        match request["do"]:
            case "encode":
                text = request["text"]
                ids = coder.encode(text, bare=request["bare"], raw=request["raw"], pictures=request.get("pictures", 0))
                return _bounded(ids, (1 << 20) + 32 * len(text.encode()))
            case "chat":
                ids = coder.encode_chat(
                    lambda messages: self._render(request, messages),
                    request["messages"],
                    raw=request["raw"],
                    pictures=request.get("pictures", ()),
                )
                return _bounded(ids, 1 << 20)
            case "decode":
                text = coder.decode(request["ids"], special=request.get("special", False))
                return _bounded(text, (1 << 20) + 512 * len(request["ids"]))
            case "render":
                return _bounded(self._render(request, request["messages"]), 1 << 24)
        raise ValueError(f"There is no request {request['do']}.")

    def _keep(self, key: str, coder: Coder) -> None:
        self._coders.pop(key, None)
        self._coders[key] = coder
        for oldest in [*self._coders][:-_KEPT]:
            del self._coders[oldest]

    def _coder(self, key: str) -> Coder:
        if key not in self._coders:
            raise UnknownTokenizer
        self._keep(key, self._coders[key])
        return self._coders[key]

    def _render(self, request: dict[str, Any], messages: list[dict[str, str]]) -> str:
        self._begin("chat template")
        text = rendered(request["template"], messages, request["variables"])
        self._begin("tokenizer")
        return text

    def _begin(self, stage: str) -> None:
        self.stage = stage
        self._tell_stage(stage)


def _bounded(result: Any, limit: int) -> Any:
    """Ids or a text. Raises `Excess` for more than ``limit`` of them."""
    if len(result) > limit:
        raise Excess("tokenizer")
    return result


def _answer(program: Program, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": program.answer(request)}
    except UnknownTokenizer:
        return {"error": "unknown"}
    except MemoryError:
        return {"error": "memory"}
    except Excess as excess:
        return {"error": "excess", "part": str(excess)}
    except BaseException as error:  # a panic within tokenizers is no Exception
        return {"error": "refused", "part": program.stage, "message": f"{error}"[:1000]}


# -- the process ------------------------------------------------------------------------------------------------------


def _bound_memory(memory: int) -> int:
    """Bound this process's address space, which Linux does. The bytes of the bound, or 0 where there is none."""
    if sys.platform != "linux" or not memory:
        return 0
    import resource

    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ValueError, OSError):
        return 0
    return limit


def _end_with(lifeline: int) -> None:
    """Have this process end with the one that started it, which holds the other end of a pipe that nobody writes to.

    Linux sends SIGIO when that end is closed, which ends the process whatever it is at: most of tokenizers and some of
    Python let no other thread run. On other systems `_read` does it, and the alarm.
    """
    if sys.platform != "linux" or lifeline < 0:
        return
    import fcntl
    import select

    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    poll = select.poll()
    poll.register(lifeline, 0)
    if poll.poll(0):
        os._exit(0)  # it was closed before


def _read(requests: SimpleQueue[dict[str, Any]]) -> None:
    """Read requests. When the input ends the process does, even if it is at work."""
    code = 1
    try:
        while line := sys.stdin.buffer.readline():
            requests.put(json.loads(line))
            del line
        code = 0
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Answer requests until the input ends. Arguments: the bytes of memory that this process may have (0: not bounded
    here), and the file descriptor of the pipe with whose end it ends (-1: none)."""
    memory, lifeline = map(int, sys.argv[-2:])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ctrl+c is for the process that asks
    _end_with(lifeline)
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    bound = _bound_memory(memory)

    def say(**message: Any) -> None:
        sink.write(json.dumps(message).encode() + b"\n")
        sink.flush()

    program = Program(lambda stage: say(stage=stage))
    requests: SimpleQueue[dict[str, Any]] = SimpleQueue()
    Thread(target=_read, args=[requests], daemon=True).start()
    alarm: Callable[[int], Any] = getattr(signal, "alarm", lambda seconds: None)
    say(ready=bound)
    while True:
        request = requests.get()
        alarm(_ALARM)
        answer = _answer(program, request)
        del request
        try:
            say(**answer)
        except MemoryError:
            say(error="memory")
        alarm(0)
