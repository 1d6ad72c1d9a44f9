"""Carries commands out on the checkpoint in memory, and tells what happens. The main thread of the worker."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import msgspec

from llada_tui.models.errors import DoesNotFit, ModelError, OutOfMemory, out_of_memory
from llada_tui.trace.events import Event
from llada_tui.worker import protocol
from llada_tui.worker.backend import Backend, Loader, Progress, Quantizer
from llada_tui.worker.influences import influences
from llada_tui.worker.messages import Reply
from llada_tui.worker.protocol import (
    Compare,
    Count,
    Counted,
    Encode,
    Encoded,
    Failure,
    Generate,
    Influence,
    Load,
    Loaded,
    Question,
    Score,
    Scored,
)
from llada_tui.worker.reading_messages import Rank, Read
from llada_tui.worker.replies import ReplySender, RequestError, brief, trace
from llada_tui.worker.run_control import RunControl
from llada_tui.worker.run_loop import RunLoop
from llada_tui.worker.run_plan import fill, prompt_ids, seeing

PROGRESS_PAUSE = 0.05
"""Seconds between two Progress replies of the same stage."""


class GivenUp(BaseException):
    """A load is not wanted any more. Not an `Exception`, which libraries catch and carry on from."""


class Engine:
    """A checkpoint, and what can be asked of it. ``send`` takes every reply and event, in order.

    No method raises: what goes wrong is sent, and the engine stays usable.
    """

    def __init__(
        self, loader: Loader, send: Callable[[Reply | Event], None], quantizer: Quantizer | None = None
    ) -> None:
        self.quantizer = quantizer
        """Saves quantised copies; None where that cannot be done."""
        self._loader = loader
        self.replies = ReplySender(send)
        self._loaded: Load | None = None

    # -- loading ------------------------------------------------------------------------------------------------------

    def load(self, command: Load, control: RunControl | None = None) -> None:
        """Load a checkpoint in place of the one in memory, which is kept until the new one's weights are read."""
        control, before = control or RunControl(), self._loaded
        if self._try_to_load(command, control) or control.cancelled:
            return
        if before is not None and self.replies.backend is None:
            self._try_to_load(before, control, again=True)

    def _try_to_load(self, command: Load, control: RunControl, again: bool = False) -> bool:
        name = "" if again else "load"
        began = last = time.perf_counter()
        last_stage = ""

        def progress(stage: str, done: int, total: int, detail: str = "") -> None:
            nonlocal last, last_stage
            if control.cancelled:
                raise GivenUp
            if stage == "load":
                self._unload()
            now = time.perf_counter()
            if stage != last_stage or now - last >= PROGRESS_PAUSE or done == total > 0:
                last, last_stage = now, stage
                self.replies.send(protocol.Progress(stage, done, total, detail))

        try:
            progress("import", 0, 0)
            backend = self._read(command, progress)
        except GivenUp:
            message = f"Loading {command.source} was given up."
            self.replies.send(Failure("request", message, command=name))
        except ModelError as error:
            code = "fit" if isinstance(error, DoesNotFit) else "memory" if isinstance(error, OutOfMemory) else "model"
            self.replies.send(Failure("request" if control.cancelled else code, str(error), command=name))
        except Exception as error:
            if out_of_memory(error):
                advice = "choose 4-bit or a smaller model, or close other programs that use memory"
                message = f"There is not enough memory to load {command.source}: {advice}."
                self.replies.send(Failure("memory", message, trace(error), command=name))
            else:
                message = f"Loading {command.source} failed unexpectedly: {brief(error)}"
                self.replies.send(Failure("internal", message, trace(error), command=name))
        else:
            self._unload()
            self.replies.change_backend(backend)
            self._loaded = command
            # What is loaded stays: to look through it again and again for garbage costs many steps' time.
            gc.collect()
            gc.freeze()
            self.replies.send(Loaded(backend.info, time.perf_counter() - began, backend.memory(), again))
            return True
        self.tidy()
        return False

    def _read(self, command: Load, read_on: Progress) -> Backend:
        """Load, and once more without the earlier checkpoint if there is no room for both."""
        try:
            return self._loader(command, read_on)
        except OutOfMemory:
            if self.replies.backend is None:
                raise
        # Only now is what the failed attempt held free.
        self._unload()
        return self._loader(command, read_on)

    def _unload(self) -> None:
        if self.replies.backend is not None:
            kind = type(self.replies.backend)
            self.replies.change_backend(None)
            self._loaded = None
            gc.unfreeze()
            gc.collect()
            kind.tidy()  # of the class: a method of the backend would keep it, and its weights, where they are

    def tidy(self) -> None:
        """Give memory back that is held without need."""
        gc.collect()
        if self.replies.backend is not None:
            self.replies.backend.tidy()

    # -- questions ----------------------------------------------------------------------------------------------------

    def answer(self, question: Question, control: RunControl | None = None) -> None:
        """Answer what can be asked while a run is going on, too. What takes long is given up when the run that
        ``control`` is about is cancelled."""
        match question:
            case Count():
                self.count(question)
            case Encode():
                self.encode(question)
            case Score():
                self.score(question, control or RunControl())
            case Influence():
                self.influence(question, control or RunControl())
            case Read() | Rank():
                name = str(question.__struct_config__.tag)
                self.replies.refuse(RequestError("This run is not at work: there is no pass to read."), name, None)

    def encode(self, command: Encode) -> None:
        """Tell the tokens of a text, with masks where it says so."""
        try:
            tokens = fill(self.replies.ready(), command.text)
            self.replies.send_token_bytes(set(tokens))
            self.replies.send(Encoded(command.text, tokens))
        except Exception as error:
            self.replies.refuse(error, "encode", None)

    def count(self, command: Count) -> None:
        """Tell how many tokens a conversation or text makes, with the positions of its pictures."""
        try:
            backend = self.replies.ready()
            tokens = len(prompt_ids(backend, command.prompt, needed=True))
            if sizes := command.sizes:
                if len(sizes) > len(command.prompt.picture_names) or not all(min(size) > 0 for size in sizes):
                    raise RequestError("The sizes are not those of the prompt's pictures.")
                tokens += backend.picture_positions(sizes) - len(sizes)  # each has a place in the prompt
            self.replies.send(Counted(tokens))
        except Exception as error:
            self.replies.refuse(error, "count", None)

    def score(self, command: Score, control: RunControl) -> None:
        """Tell how likely an answer is."""

        def progress(done: int, total: int, detail: str) -> None:
            if control.cancelled:
                raise GivenUp

        try:
            if not 2 <= command.samples <= protocol.MAX_SAMPLES:
                raise RequestError(f"There can be 2 to {protocol.MAX_SAMPLES} samples, not {command.samples}.")
            if not 0 <= command.seed < 2**63:
                raise RequestError("A seed is a whole number from 0 to 2**63 - 1.")
            backend = self.replies.ready()
            backend, prompt = seeing(backend, command.prompt, prompt_ids(backend, command.prompt, needed=True))
            answer = backend.tokens(command.answer, raw=command.prompt.raw_tokens)
            score = backend.score(prompt, answer, command.samples, command.seed, progress=progress)
            self.replies.send(Scored(command.answer, command.seed, score.total, score.standard_error))
        except GivenUp:
            self.replies.send(Failure("request", "The question was given up with its run.", command="score"))
        except Exception as error:
            self.replies.refuse(error, "score", None)

    def influence(self, command: Influence, control: RunControl) -> None:
        """Tell which tokens a prediction leans on."""

        def go_on() -> None:
            if control.gave_up(command.asked):
                raise GivenUp

        try:
            began = time.perf_counter()
            answer = influences(self.replies.ready(), command, go_on)
            self.replies.send_token_bytes({command.token, *(lean.token for lean in answer.leans)})
            seconds = round(time.perf_counter() - began, 6)
            self.replies.send(msgspec.structs.replace(answer, seconds=seconds))
        except GivenUp:
            self.replies.send(Failure("request", "The question was given up.", command="influence"))
        except Exception as error:
            self.replies.refuse(error, "influence", None)

    # -- generating ---------------------------------------------------------------------------------------------------

    def generate(self, command: Generate, control: RunControl) -> None:
        """Denoise, from RunEvent to EndEvent."""
        self.compare(Compare([command]), control)

    def compare(self, command: Compare, control: RunControl) -> None:
        """Denoise several canvases in turns, each from RunEvent to EndEvent."""
        loop = self.run_loop(control)
        for lane in command.lanes:
            loop.begin(lane)
        loop.run()

    def run_loop(self, control: RunControl) -> RunLoop:
        """The loop that takes runs from their begin to their end; ``control`` carries what is asked of them."""
        return RunLoop(self.replies, control, lambda question: self.answer(question, control), self.tidy)
