"""What the screen's side knows of the runs in progress, so that each gets its end even if the worker does not."""

from __future__ import annotations

from asyncio import Event as Flag

from llada_tui.trace.events import AnyEvent, EndEvent, InterveneEvent, PiecesEvent, RunEvent, StepEvent
from llada_tui.worker.protocol import AnyReply, Failure, Loaded


class Started:
    """A run that was asked for: what arrived of it so far."""

    def __init__(self) -> None:
        self.over = Flag()
        self.began: RunEvent | None = None
        self.slowest = 0.0
        self._canvas: list[int] = []
        self._masks = 0
        self._steps = 0
        self._seconds = 0.0

    def begin(self, event: RunEvent) -> None:
        """The worker has begun it."""
        self.began = event
        self._canvas = list(event.canvas)
        self._masks = self._canvas.count(event.model.mask_id)

    def change(self, event: InterveneEvent) -> None:
        """Tokens of it were set by hand."""
        for position, token in event.tokens:
            if 0 <= position < len(self._canvas):
                self._canvas[position] = token
        if self.began is not None and not self._steps:
            self._masks = self._canvas.count(self.began.model.mask_id)

    def step(self, event: StepEvent) -> None:
        """Another step of it."""
        if self.began is None:
            return
        for choice in (*event.commits, *event.edits):
            if 0 <= choice.position < len(self._canvas):
                self._canvas[choice.position] = choice.token
        for position in event.remasked:
            if 0 <= position < len(self._canvas):
                self._canvas[position] = self.began.model.mask_id
        self._steps += 1
        self._seconds += event.seconds
        self.slowest = max(self.slowest, event.seconds)

    def end(self, reason: str, message: str, pieces: dict[int, bytes], special: set[int]) -> EndEvent:
        """The end that the worker did not send, with what there is."""
        assert self.began is not None
        model = self.began.model
        text = bytearray()
        for token in self._canvas:
            if token is not None and token in (model.eos_id, model.eot_id):
                break
            if token != model.mask_id and token not in special:
                text += pieces.get(token, b"")
        filled = self._masks - self._canvas.count(model.mask_id)
        return EndEvent(
            self.began.run,
            reason,
            text.decode("utf-8", "replace"),
            self._steps,
            self._steps,
            round(self._seconds, 6),
            filled / self._seconds if self._seconds else 0.0,
            message=message,
        )


class Ledger:
    """The runs asked for and not over, and the tokens' bytes."""

    def __init__(self) -> None:
        self.runs: dict[str, Started] = {}
        self._pieces: dict[int, bytes] = {}
        self._special: set[int] = set()

    def ask(self, run: str) -> None:
        """A run is asked for."""
        self.runs.setdefault(run, Started())

    def note(self, item: AnyReply | AnyEvent) -> None:
        """Something came from the worker."""
        match item:
            case PiecesEvent():
                self._pieces.update(item.pieces)
                self._special.update(item.special)
            case Loaded():
                self._pieces.clear()
                self._special.clear()
            case RunEvent():
                self.runs.setdefault(item.run, Started()).begin(item)
            case StepEvent() if item.run in self.runs:
                self.runs[item.run].step(item)
            case InterveneEvent() if item.run in self.runs:
                self.runs[item.run].change(item)
            case EndEvent():
                self._close(item.run)
            case Failure(command="generate", run=str(run)) if run in self.runs and not self.runs[run].began:
                self._close(run)
            case _:
                pass

    def break_off(self, reason: str, message: str) -> list[EndEvent | Failure]:
        """End every run that is open: what is to be told of each."""
        told: list[EndEvent | Failure] = []
        for run, started in list(self.runs.items()):
            if started.began is not None:
                told.append(started.end(reason, message, self._pieces, self._special))
            else:
                told.append(Failure("died", message, run=run, command="generate"))
            self._close(run)
        return told

    def _close(self, run: str) -> None:
        if started := self.runs.pop(run, None):
            started.over.set()
