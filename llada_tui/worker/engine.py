"""Carries commands out on the checkpoint in memory, and tells what happens. The main thread of the worker."""

from __future__ import annotations

import gc
import time
import traceback
from collections.abc import Callable

from llada_tui.models.errors import DoesNotFit, ModelError, OutOfMemory
from llada_tui.trace.events import (
    CANCELLED,
    FAILED,
    FINISHED,
    EndEvent,
    Event,
    InterveneEvent,
    PiecesEvent,
    RetuneEvent,
    RunEvent,
)
from llada_tui.trace.settings import KNOBS, SamplerSettings, SettingsError
from llada_tui.worker import protocol
from llada_tui.worker.backend import Backend, Loader, Progress, memory_advice, out_of_memory
from llada_tui.worker.control import Control, NowHeld, Order
from llada_tui.worker.plan import RequestError, fill, make_plan, settled
from llada_tui.worker.protocol import (
    Count,
    Counted,
    Encode,
    Encoded,
    Failure,
    Generate,
    Held,
    Load,
    Loaded,
    Question,
    Reply,
)
from llada_tui.worker.run import Progressing, named

_PROGRESS_PAUSE = 0.05
"""Seconds between two Progress replies of the same stage."""
_DEFECT = "The worker failed unexpectedly; details tell where."


class GivenUp(BaseException):
    """A load is not wanted any more. Not an `Exception`, which libraries catch and carry on from."""


class Engine:
    """A checkpoint, and what can be asked of it. ``send`` takes every reply and event, in order.

    No method raises: what goes wrong is sent, and the engine stays usable.
    """

    def __init__(self, loader: Loader, send: Callable[[Reply | Event], None]) -> None:
        self._loader = loader
        self._send = send
        self._backend: Backend | None = None
        self._loaded: Load | None = None
        self._known: set[int] = set()

    # -- loading ------------------------------------------------------------------------------------------------------

    def load(self, command: Load, control: Control | None = None) -> None:
        """Load a checkpoint in place of the one in memory, which is kept until the new one's weights are read."""
        control, before = control or Control(), self._loaded
        if self._try_to_load(command, control) or control.cancelled:
            return
        if before is not None and self._backend is None:
            self._try_to_load(before, control, again=True)

    def _try_to_load(self, command: Load, control: Control, again: bool = False) -> bool:
        name = "" if again else "load"
        began = last = time.perf_counter()
        told = ""

        def progress(stage: str, done: int, total: int, detail: str = "") -> None:
            nonlocal last, told
            if control.cancelled:
                raise GivenUp
            if stage == "load":
                self._unload()
            now = time.perf_counter()
            if stage != told or now - last >= _PROGRESS_PAUSE or done == total > 0:
                last, told = now, stage
                self._send(protocol.Progress(stage, done, total, detail))

        try:
            progress("import", 0, 0)
            backend = self._read(command, progress)
        except GivenUp:
            message = f"Loading {command.source} was given up."
            self._send(Failure("request", message, command=name))
        except ModelError as error:
            code = "fit" if isinstance(error, DoesNotFit) else "memory" if isinstance(error, OutOfMemory) else "model"
            self._send(Failure(code, str(error), command=name))
        except Exception as error:
            if out_of_memory(error):
                advice = "choose 4-bit or a smaller model, or close other programs that use memory"
                message = f"There is not enough memory to load {command.source}: {advice}."
                self._send(Failure("memory", message, _trace(error), command=name))
            else:
                message = f"Loading {command.source} failed unexpectedly: {_brief(error)}"
                self._send(Failure("internal", message, _trace(error), command=name))
        else:
            self._unload()
            self._backend, self._loaded = backend, command
            # What is loaded stays: to look through it again and again for garbage costs many steps' time.
            gc.collect()
            gc.freeze()
            self._send(Loaded(backend.info, time.perf_counter() - began, backend.memory(), again))
            return True
        self._tidy()
        return False

    def _read(self, command: Load, read_on: Progress) -> Backend:
        """Load, and once more without the earlier checkpoint if there is no room for both."""
        try:
            return self._loader(command, read_on)
        except OutOfMemory:
            if self._backend is None:
                raise
        # Only now is what the failed attempt held free.
        self._unload()
        return self._loader(command, read_on)

    def _unload(self) -> None:
        if self._backend is not None:
            backend, self._backend, self._loaded = self._backend, None, None
            self._known.clear()
            kind = type(backend)
            del backend
            gc.unfreeze()
            gc.collect()
            kind.tidy()  # of the class: a method of the backend would keep it, and its weights, where they are

    def _tidy(self) -> None:
        gc.collect()
        if self._backend is not None:
            self._backend.tidy()

    # -- questions ----------------------------------------------------------------------------------------------------

    def answer(self, question: Question) -> None:
        """Answer what can be asked while a run is going on, too."""
        match question:
            case Count():
                self.count(question)
            case Encode():
                self.encode(question)

    def encode(self, command: Encode) -> None:
        """Tell the tokens of a text, with masks where it says so."""
        try:
            tokens = fill(self._ready(), command.text)
            self._tell_pieces(set(tokens))
            self._send(Encoded(command.text, tokens))
        except Exception as error:
            self._refuse(error, "encode", None)

    def count(self, command: Count) -> None:
        """Tell how many tokens a conversation or text makes."""
        try:
            if (command.messages is None) == (command.text is None):
                raise RequestError("Either messages or a text can be counted.")
            self._send(Counted(len(self._ready().encode(command.messages, command.text))))
        except Exception as error:
            self._refuse(error, "count", None)

    # -- generating ---------------------------------------------------------------------------------------------------

    def generate(self, command: Generate, control: Control) -> None:
        """Denoise, from RunEvent to EndEvent."""
        try:
            backend = self._ready()
            plan = make_plan(backend, command)
            command, task = settled(command, plan), plan.task
            run = Progressing(backend, task, command.settings)
        except Exception as error:
            self._refuse(error, "generate", command.run)
            return
        self._send(
            RunEvent(
                command.run,
                backend.info,
                command.settings,
                task.prompt,
                plan.canvas,
                time=time.time(),
                messages=command.messages or [],
                text=command.text,
                parent=command.parent,
                step=command.step,
                block_step=command.block_step,
                origin=command.origin,
                opening=command.opening,
                confidences=command.confidences,
            )
        )
        if command.changes:
            self._send(InterveneEvent(command.run, command.step, command.changes))
        reason, message = self._denoise(command, control, run)
        run.close()
        if reason == FAILED:
            self._tidy()
        self._send(
            EndEvent(
                command.run,
                reason,
                run.text(),
                run.made,
                run.made,
                run.seconds,
                run.filled / run.seconds if run.seconds else 0.0,
                backend.peak(),
                message,
            )
        )

    def _denoise(self, command: Generate, control: Control, run: Progressing) -> tuple[str, str]:
        """Make the steps. Gives the reason of the end, and what to say of a failure."""
        try:
            self._tell_pieces({*run.task.prompt, *run.task.canvas})
            # A full canvas is not held: the sampler has to be asked whether that was all.
            while run.masks == 0 or self._go_on(command, control, run):
                began = time.perf_counter()
                step = run.step(command.run)
                if step is None:
                    return FINISHED, ""
                self._tell_pieces(named(step))
                self._send(step)
                run.seconds += time.perf_counter() - began
        except ModelError as error:
            return FAILED, str(error)
        except Exception as error:
            if out_of_memory(error):
                return FAILED, memory_advice(run.backend.info.device)
            self._send(Failure("internal", _DEFECT, _trace(error), run=command.run, command="generate"))
            return FAILED, f"The worker failed unexpectedly: {_brief(error)}"
        return CANCELLED, ""

    def _go_on(self, command: Generate, control: Control, run: Progressing) -> bool:
        """Follow what was asked since the last step. False ends the run."""
        while (wish := control.next()) is not Order.STEP:
            match wish:
                case NowHeld(held):
                    self._send(Held(command.run, held))
                case SamplerSettings():
                    self._retune(command, run, wish)
                case Order():
                    return False
                case question:
                    self.answer(question)
        return True

    def _retune(self, command: Generate, run: Progressing, settings: SamplerSettings) -> None:
        try:
            for name in settings.changes_from(command.settings):
                if not KNOBS[name].live:
                    raise SettingsError(name, f"{KNOBS[name].label.capitalize()} cannot change during a run.")
            run.backend.check(settings)
        except SettingsError as error:
            self._refuse(error, "retune", command.run)
            return
        run.settings = settings
        self._send(RetuneEvent(command.run, run.index, settings))

    # -- telling ------------------------------------------------------------------------------------------------------

    def _ready(self) -> Backend:
        if self._backend is None:
            raise RequestError("No model is loaded yet.")
        return self._backend

    def _tell_pieces(self, ids: set[int]) -> None:
        """Send the bytes of ids that were not sent before."""
        fresh = ids - self._known
        if fresh and self._backend is not None:
            self._known |= fresh
            self._send(PiecesEvent(*self._backend.pieces(sorted(fresh)), model=self._backend.info.id))

    def _refuse(self, error: Exception, command: str, run: str | None) -> None:
        if isinstance(error, SettingsError):
            self._send(Failure("request", str(error), run=run, field=error.field, command=command))
        elif isinstance(error, RequestError | ModelError):
            self._send(Failure("request", str(error), run=run, command=command))
        elif out_of_memory(error):
            device = self._backend.info.device if self._backend else ""
            self._send(Failure("memory", memory_advice(device), _trace(error), run=run, command=command))
        else:
            self._send(Failure("internal", _DEFECT, _trace(error), run=run, command=command))


def _brief(error: BaseException) -> str:
    """The error in one line."""
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-20_000:]
