"""The header of a chat or lesson: which model, what it does, how fast, and which run is on the stage."""

from __future__ import annotations

from pathlib import PurePath

from rich.cells import cell_len

from llada_tui.drawing.run_states import run_state
from llada_tui.trace.events import ModelInfo
from llada_tui.trace.run import Run
from llada_tui.trace.text import clean
from llada_tui.tui.model_link.worker_link import Phase
from llada_tui.tui.model_link.worker_session import WorkerSession
from llada_tui.tui.shell.bar import RUN_KINDS, Bar, BarText
from llada_tui.units import size_words

_KINDS = {
    Phase.OFF: "dim", Phase.STARTING: "warn", Phase.LOADING: "warn", Phase.READY: "good", Phase.WRITING: "accent",
    Phase.HELD: "warn", Phase.WAITING: "warn", Phase.FAILED: "error",
}  # fmt: skip
_BAR = 12


def count_words(number: int) -> str:
    """A number of parameters in words: 4.2M, 8B."""
    for size, unit in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if number >= size:
            value = number / size
            return f"{value:.1f}{unit}" if value < 10 and round(value, 1) != round(value) else f"{value:.0f}{unit}"
    return str(number)


def model_words(model: ModelInfo) -> str:
    """A model in a few words; the embedded one says what it is."""
    name = "demo" if model.demo else clean(PurePath(model.id).name)[:32]
    size = f" {count_words(model.parameters)}" if model.parameters else ""
    kind = model.quantization or model.dtype
    return f"{name}{size}{' (embedded)' if model.demo else ''} · {model.device} · {kind}"


class WorkbenchHeader(Bar):
    """Reads a `WorkerSession` and the run on the stage."""

    def __init__(self, worker: WorkerSession, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.worker = worker
        self.run: Run | None = None
        self.shown_as = ""
        """The name under which others follow the session, and how many do; empty where nobody can."""
        self.frame = 0
        self.playing = False
        """Whether the picture moves on by itself."""

    def parts(self, width: int) -> list[BarText]:
        link = self.worker.link
        parts = [BarText(" llada-tui ", "strong")] if width >= 60 else [BarText(" ")]
        state = self._state()
        room = width - sum(cell_len(part.text) for part in (*parts, state, *self.right_parts(width)))
        if link.model is not None:
            words = model_words(link.model)
            while cell_len(words) + 2 > room and " · " in words:  # what happens counts more than a number's type
                words = words.rpartition(" · ")[0]
            parts.append(BarText(f" {words} ", "text", "model"))
        else:
            parts.append(BarText(f" {clean(PurePath(link.checkpoint.source).name)[:32]} ", "dim", "model"))
        parts.append(state)
        if link.standstill:
            return parts
        if link.progress is not None:
            parts += self._progress(width)
        elif self.run is not None and self.run.steps:
            room = width - sum(cell_len(part.text) for part in (*parts, *self.right_parts(width)))
            parts.append(BarText(self._speed(room), "dim"))
        return parts

    def _state(self) -> BarText:
        """The state of the worker, or of the picture where the sampler has nothing to do."""
        link = self.worker.link
        if link.standstill:
            return BarText(f" {link.standstill} ", "error", "restart")
        state, kind = link.phase.value, _KINDS[link.phase]
        if link.phase is Phase.READY and self.run is not None:
            state = run_state(self.run, self.frame, playing=self.playing)
            kind = RUN_KINDS.get(state, "warn")
        return BarText(f" {state} ", kind, "hold" if self.worker.run is not None else None)

    def _progress(self, width: int) -> list[BarText]:
        progress = self.worker.link.progress
        assert progress is not None
        words = {
            "import": "torch",
            "download": "downloading",
            "load": "tensors",
            "compile": "compiling",
        }.get(progress.stage, progress.stage)
        if progress.stage == "queue":
            return [BarText(f" place {progress.done} of {progress.total}", "dim")]
        if not progress.total:
            return [BarText(f" {words} …", "dim")]
        full = round(_BAR * min(progress.done / progress.total, 1))
        share = f"{progress.done}/{progress.total} {words}"
        if progress.stage == "download":
            share = f"{size_words(progress.done)} of {size_words(progress.total)} {words}"
        return [BarText("━" * full, "accent"), BarText("┄" * (_BAR - full), "dim"), BarText(f" {share}", "dim")]

    def _speed(self, room: int) -> str:
        """The speed of the steps on show, in as many words as there is room for."""
        run, frame = self.run, self.frame
        assert run is not None
        steps = max(frame, 1)
        each = run.seconds(steps) / steps * 1000
        words = [f" {run.rate(steps):4.0f} tok/s", f"{each:6.1f} ms/step", size_words(self.worker.link.memory)]
        while words and sum(len(word) + 3 for word in words) > room:
            words.pop()
        return " · ".join(words)

    def share_parts(self) -> list[BarText]:
        """The name under which others follow the session."""
        return [BarText(f" shown as {self.shown_as} ", "accent", "share")] if self.shown_as else []

    def right_parts(self, width: int) -> list[BarText]:
        runs = self.worker.session.listed()
        parts = self.share_parts()
        if runs and width >= 76:
            at = runs.index(self.run) + 1 if self.run in runs else len(runs)
            parts.append(BarText(f"run {at} of {len(runs)} ", "text"))
        if width >= 110:
            if not self.worker.recording:
                parts.append(BarText("· not recorded ", "error", "details"))
            elif runs:
                parts.append(BarText("· recorded ", "dim", "sessions"))
        parts.append(BarText(" ? ", "accent", "help"))
        parts.append(BarText("help ", "text", "help"))
        return parts
