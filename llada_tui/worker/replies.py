"""The sender of a worker's answers: replies, events, the bytes of tokens before their first use, refusals."""

from __future__ import annotations

import traceback
from collections.abc import Callable

from llada_tui.models.errors import ModelError, one_line, out_of_memory
from llada_tui.settings.sampler_settings import SettingsError
from llada_tui.trace.events import Event, PiecesEvent
from llada_tui.trace.text import TokenBytes
from llada_tui.worker.backend import Backend, memory_advice
from llada_tui.worker.messages import Reply
from llada_tui.worker.protocol import Failure

DEFECT = "The worker failed unexpectedly; details tell where."


class RequestError(ValueError):
    """Something was asked for that cannot be; the message is one sentence."""


class ReplySender:
    """Sends replies and events about the checkpoint in memory. ``send`` takes each of them, in order."""

    def __init__(self, send: Callable[[Reply | Event], None]) -> None:
        self.send = send
        self.backend: Backend | None = None
        """The checkpoint in memory."""
        self.token_bytes = TokenBytes()
        """The bytes of tokens that were sent."""

    def change_backend(self, backend: Backend | None) -> None:
        """Another checkpoint is in memory, or none: no bytes of its tokens were sent yet."""
        self.backend = backend
        self.token_bytes = TokenBytes()

    def ready(self) -> Backend:
        """The checkpoint in memory. Raises `RequestError` where there is none."""
        if self.backend is None:
            raise RequestError("No model is loaded yet.")
        return self.backend

    def send_token_bytes(self, ids: set[int]) -> None:
        """Send the bytes of ids that were not sent before."""
        fresh = sorted(token for token in ids if token not in self.token_bytes)
        if fresh and self.backend is not None:
            event = PiecesEvent(*self.backend.token_bytes(fresh), model=self.backend.info.id)
            self.token_bytes.add(event)
            self.send(event)

    def refuse(self, error: Exception, command: str, run: str | None) -> None:
        """Say why something that was asked for is not done."""
        if isinstance(error, SettingsError):
            self.send(Failure("request", str(error), run=run, field=error.field, command=command))
        elif isinstance(error, RequestError | ModelError):
            self.send(Failure("request", str(error), run=run, command=command))
        elif out_of_memory(error):
            device = self.backend.info.device if self.backend else ""
            self.send(Failure("memory", memory_advice(device), trace(error), run=run, command=command))
        else:
            self.send(Failure("internal", DEFECT, trace(error), run=run, command=command))

    def explain(self, error: Exception, run: str) -> str:
        """Why a run failed, in a sentence; the details of a defect are sent as a `Failure`."""
        if isinstance(error, ModelError):
            return str(error)
        if out_of_memory(error):
            return memory_advice(self.ready().info.device)
        self.send(Failure("internal", DEFECT, trace(error), run=run, command="generate"))
        return f"The worker failed unexpectedly: {brief(error)}"


def brief(error: BaseException) -> str:
    """The error in one line, its kind first."""
    kind, words = type(error).__name__, one_line(error)
    return kind if words == kind else f"{kind}: {words}"


def trace(error: BaseException) -> str:
    """The trace of an error, for whoever mends it."""
    return "".join(traceback.format_exception(error))[-20_000:]
