"""Runs at work: a pass of each batch in turn, until the last has ended. What goes wrong in one ends that one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec

from llada_tui.diffusion.chosen_parts import check_same_noise
from llada_tui.diffusion.last_pass import LastPass
from llada_tui.settings.sampler_settings import KNOBS, SamplerSettings, SettingsError
from llada_tui.trace.events import CANCELLED, FAILED, FINISHED, InterveneEvent, RetuneEvent
from llada_tui.worker.protocol import CancelLane, Generate, Held, Question
from llada_tui.worker.reading_messages import Rank, Read, Reading
from llada_tui.worker.readings import read
from llada_tui.worker.replies import ReplySender, RequestError
from llada_tui.worker.run_control import HoldChanged, NextMove, RunControl
from llada_tui.worker.run_in_progress import RunBatch, RunInProgress
from llada_tui.worker.run_plan import make_plan, run_event, seeing


class RunLoop:
    """Takes runs from their RunEvent to their EndEvent. ``control`` carries what is asked of all of them together;
    ``answer`` answers questions between two steps, ``tidy`` gives memory back after a failure."""

    def __init__(
        self,
        replies: ReplySender,
        control: RunControl,
        answer: Callable[[Question], None],
        tidy: Callable[[], None],
    ) -> None:
        self._replies = replies
        self._control = control
        self._answer = answer
        self._tidy = tidy
        self._batches: list[RunBatch] = []

    def begin(self, command: Generate) -> None:
        """Begin a run by itself, or say why it cannot be."""
        replies = self._replies
        try:
            backend = replies.ready()
            plan = make_plan(backend, command)
            run = RunInProgress(backend, run_event(command, backend, plan), replies.token_bytes, LastPass())
            backend.reset_peak()
            asked, prompt = seeing(backend, command.prompt, plan.prompt)
            steps = asked.steps(prompt, plan.resume, lambda: run.settings, plan.stop, plan.suffix, run.last_pass)
        except Exception as error:
            replies.refuse(error, "generate", command.run)
            return
        self.start(RunBatch([run], ([step] for step in steps), can_retune=True), command.resume.changes)

    def start(self, batch: RunBatch, changes: Sequence[tuple[int, int]] = ()) -> None:
        """Tell that runs begin, with ``changes`` set by hand in each, and have `run` make their steps."""
        replies = self._replies
        for run in batch.runs:
            replies.send(run.start)
            if changes:
                event = InterveneEvent(run.start.run, run.start.step, list(changes))
                run.change(event)
                replies.send(event)
        try:
            for run in batch.runs:
                replies.send_token_bytes(run.token_ids())
        except Exception as error:
            self._end(batch, FAILED, replies.explain(error, batch.runs[0].start.run))
        else:
            self._batches.append(batch)
            for name in self._control.cancelled_lanes():
                self._cancel_lane(name)

    def run(self) -> None:
        """Make the steps, a pass of each batch in turn."""
        while self._batches:
            # A canvas that is done is neither held nor cancelled: the sampler has to be asked whether that was all.
            if any(batch.unfinished for batch in self._batches):
                self._follow_commands()
            for batch in list(self._batches):
                if batch.has_ended:
                    self._batches.remove(batch)
                    batch.close()
                    continue
                going_on = not batch.unfinished or not self._control.cancelled
                over = self._step(batch) if going_on else (CANCELLED, "")
                if over is not None:
                    self._batches.remove(batch)
                    self._end(batch, *over)

    def _step(self, batch: RunBatch) -> tuple[str, str] | None:
        """Make a batch's next pass. Where this was its end, gives the reason, and what to say of a failure."""
        try:
            steps = batch.step()
            while steps == [] and not self._control.cancelled:  # of an earlier step, or of cancelled runs
                steps = batch.step()
            if steps is None:
                return FINISHED, ""
            for step in steps:
                self._replies.send_token_bytes(step.token_ids())
                self._replies.send(step)
            for run in batch.runs if len(batch.runs) > 1 else ():
                if run.is_complete and not run.has_ended:
                    self._replies.send(run.end(FINISHED, ""))
        except Exception as error:
            return FAILED, self._replies.explain(error, batch.runs[0].start.run)
        return None

    def _end(self, batch: RunBatch, reason: str, message: str) -> None:
        batch.close()
        if reason == FAILED:
            self._tidy()
        for run in batch.runs:
            if not run.has_ended:
                self._replies.send(run.end(reason, message))

    # -- what is asked meanwhile --------------------------------------------------------------------------------------

    def _follow_commands(self) -> None:
        """Follow what was asked since the last step."""
        while not isinstance(item := self._control.next(), NextMove):
            match item:
                case HoldChanged(held):
                    self._replies.send(Held(self._batches[0].runs[0].start.run, held))
                case SamplerSettings():
                    for batch in self._batches:
                        self._retune(batch, item)
                case CancelLane():
                    self._cancel_lane(item.run)
                    if not any(batch.unfinished for batch in self._batches):
                        return
                case Read() | Rank():
                    self._read(item)
                case question:
                    self._answer(question)

    def _cancel_lane(self, name: str) -> None:
        """End one of the runs, which goes through the model no more."""
        for batch in self._batches:
            for number, run in enumerate(batch.runs):
                if run.start.run == name and not run.has_ended:
                    batch.cancelled_rows.add(number)
                    self._replies.send(run.end(CANCELLED, ""))

    def _read(self, question: Read | Rank) -> None:
        """Answer what is asked of a run's last pass."""
        replies, began = self._replies, time.perf_counter()
        try:
            runs = [run for batch in self._batches for run in batch.runs if run.start.run == question.run]
            if not runs:
                raise RequestError("This run is not at work: there is no pass to read.")
            last_pass = runs[0].last_pass
            if last_pass is None:
                raise RequestError("The passes of lanes that are batched or apart are not kept: there is none to read.")
            answer = read(last_pass, question)
            if isinstance(answer, Reading):
                replies.send_token_bytes(answer.data.token_ids())
                answer = msgspec.structs.replace(answer, seconds=round(time.perf_counter() - began, 6))
            replies.send(answer)
        except Exception as error:
            replies.refuse(error, str(question.__struct_config__.tag), None)

    def _retune(self, batch: RunBatch, settings: SamplerSettings) -> None:
        run = batch.runs[0]
        try:
            if not batch.can_retune:
                raise RequestError("Lanes that are batched or apart cannot be retuned.")
            for name in settings.changes_from(run.start.settings):
                if not KNOBS[name].live:
                    raise SettingsError(name, f"{KNOBS[name].label.capitalize()} cannot change during a run.")
            run.backend.check(settings)
            check_same_noise(settings, run.start.settings)
        except (SettingsError, RequestError) as error:
            self._replies.refuse(error, "retune", run.start.run)
            return
        run.settings = settings
        self._replies.send(RetuneEvent(run.start.run, run.next_step, settings))
