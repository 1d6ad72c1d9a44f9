"""Runs at work: a step of each in turn, until the last of them has ended. What goes wrong in one ends that one."""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING, NamedTuple

from llada_tui.models.errors import ModelError
from llada_tui.settings.sampler_settings import KNOBS, SamplerSettings, SettingsError
from llada_tui.trace.events import CANCELLED, FAILED, FINISHED, EndEvent, InterveneEvent, RetuneEvent, RunEvent
from llada_tui.worker.backend import memory_advice, out_of_memory
from llada_tui.worker.protocol import Failure, Generate, Held
from llada_tui.worker.run_control import Control, NowHeld, Order
from llada_tui.worker.run_plan import make_plan
from llada_tui.worker.running import Progressing

if TYPE_CHECKING:
    from llada_tui.worker.engine import Engine

DEFECT = "The worker failed unexpectedly; details tell where."


class _Lane(NamedTuple):
    command: Generate
    run: Progressing


class RunLoop:
    """Takes runs from their RunEvent to their EndEvent. ``control`` carries what is asked of all of them together."""

    def __init__(self, engine: Engine, control: Control) -> None:
        self._engine = engine
        self._control = control
        self._lanes: list[_Lane] = []

    def begin(self, command: Generate) -> None:
        """Begin a run, or say why it cannot be."""
        engine = self._engine
        try:
            backend = engine.ready()
            plan = make_plan(backend, command)
            lane = _Lane(command, Progressing(backend, plan))
        except Exception as error:
            engine.refuse(error, "generate", command.run)
            return
        resume = command.resume
        engine.send(
            RunEvent(
                command.run,
                backend.info,
                plan.settings,
                plan.prompt,
                plan.canvas,
                time=time.time(),
                messages=command.prompt.messages or [],
                text=command.prompt.text,
                parent=command.parent,
                step=resume.step,
                block_step=resume.block_step,
                initial_canvas=resume.initial_canvas,
                block_start_canvas=resume.block_start_canvas,
                commit_confidence=resume.commit_confidence,
                group=command.group,
            )
        )
        if resume.changes:
            engine.send(InterveneEvent(command.run, resume.step, resume.changes))
        try:
            engine.tell_pieces({*plan.prompt, *(plan.resume.canvas or ())})
        except Exception as error:
            self._end(lane, FAILED, self._blame(lane, error))
        else:
            self._lanes.append(lane)

    def take(self) -> None:
        """Make the steps."""
        while self._lanes:
            # A canvas that is done is neither held nor cancelled: the sampler has to be asked whether that was all.
            if any(lane.run.unfinished for lane in self._lanes):
                self._go_on()
            for lane in list(self._lanes):
                wanted = not lane.run.unfinished or not self._control.cancelled
                over = self._step(lane) if wanted else (CANCELLED, "")
                if over is not None:
                    self._lanes.remove(lane)
                    self._end(lane, *over)

    def _step(self, lane: _Lane) -> tuple[str, str] | None:
        """Make a run's next step. Gives the reason of its end, and what to say of a failure, where this is its end."""
        engine, (command, run) = self._engine, lane
        began = time.perf_counter()
        try:
            step = run.step(command.run)
            if step is None:
                return FINISHED, ""
            engine.tell_pieces(step.token_ids())
            engine.send(step)
            run.seconds += time.perf_counter() - began
        except Exception as error:
            return FAILED, self._blame(lane, error)
        return None

    def _blame(self, lane: _Lane, error: Exception) -> str:
        """What to say of a failure; of a defect its details are told as well."""
        if isinstance(error, ModelError):
            return str(error)
        if out_of_memory(error):
            return memory_advice(lane.run.backend.info.device)
        self._engine.send(Failure("internal", DEFECT, trace(error), run=lane.command.run, command="generate"))
        return f"The worker failed unexpectedly: {brief(error)}"

    def _end(self, lane: _Lane, reason: str, message: str) -> None:
        command, run = lane
        run.close()
        if reason == FAILED:
            self._engine.tidy()
        rate = run.filled / run.seconds if run.seconds else 0.0
        self._engine.send(
            EndEvent(
                command.run, reason, run.text(), run.made, run.made, run.seconds, rate, run.backend.peak(), message
            )
        )

    # -- what is asked meanwhile --------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Follow what was asked since the last turn."""
        while not isinstance(wish := self._control.next(), Order):
            match wish:
                case NowHeld(held):
                    self._engine.send(Held(self._lanes[0].command.run, held))
                case SamplerSettings():
                    for lane in self._lanes:
                        self._retune(lane, wish)
                case question:
                    self._engine.answer(question)

    def _retune(self, lane: _Lane, settings: SamplerSettings) -> None:
        command, run = lane
        try:
            for name in settings.changes_from(run.plan.settings):
                if not KNOBS[name].live:
                    raise SettingsError(name, f"{KNOBS[name].label.capitalize()} cannot change during a run.")
            run.backend.check(settings)
        except SettingsError as error:
            self._engine.refuse(error, "retune", command.run)
            return
        run.settings = settings
        self._engine.send(RetuneEvent(command.run, run.index, settings))


def brief(error: BaseException) -> str:
    """The error in one line."""
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def trace(error: BaseException) -> str:
    """Where the error came from, for whoever mends it."""
    return "".join(traceback.format_exception(error))[-20_000:]
