"""Runs at work: a step of each in turn, until the last of them has ended. What goes wrong in one ends that one."""

from __future__ import annotations

from collections.abc import Callable

from llada_tui.settings.sampler_settings import KNOBS, SamplerSettings, SettingsError
from llada_tui.trace.events import CANCELLED, FAILED, FINISHED, InterveneEvent, RetuneEvent
from llada_tui.worker.protocol import Generate, Held, Question
from llada_tui.worker.replies import ReplySender
from llada_tui.worker.run_control import HoldChanged, NextMove, RunControl
from llada_tui.worker.run_in_progress import RunInProgress
from llada_tui.worker.run_plan import make_plan, run_event


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
        self._runs: list[RunInProgress] = []

    def begin(self, command: Generate) -> None:
        """Begin a run, or say why it cannot be."""
        replies = self._replies
        try:
            backend = replies.ready()
            plan = make_plan(backend, command)
            run = RunInProgress(backend, plan, run_event(command, backend.info, plan))
        except Exception as error:
            replies.refuse(error, "generate", command.run)
            return
        replies.send(run.start)
        if command.resume.changes:
            changed = InterveneEvent(command.run, command.resume.step, command.resume.changes)
            run.change(changed)
            replies.send(changed)
        try:
            replies.send_token_bytes({*plan.prompt, *(plan.resume.canvas or ())})
        except Exception as error:
            self._end(run, FAILED, self._replies.explain(error, run.start.run))
        else:
            self._runs.append(run)

    def run(self) -> None:
        """Make the steps, one of each run in turn."""
        while self._runs:
            # A canvas that is done is neither held nor cancelled: the sampler has to be asked whether that was all.
            if any(run.unfinished for run in self._runs):
                self._follow_commands()
            for run in list(self._runs):
                going_on = not run.unfinished or not self._control.cancelled
                over = self._step(run) if going_on else (CANCELLED, "")
                if over is not None:
                    self._runs.remove(run)
                    self._end(run, *over)

    def _step(self, run: RunInProgress) -> tuple[str, str] | None:
        """Make a run's next step. Gives the reason of its end, and what to say of a failure, where this is its end."""
        try:
            step = run.step()
            if step is None:
                return FINISHED, ""
            self._replies.send_token_bytes(step.token_ids())
            self._replies.send(step)
        except Exception as error:
            return FAILED, self._replies.explain(error, run.start.run)
        return None

    def _end(self, run: RunInProgress, reason: str, message: str) -> None:
        run.close()
        if reason == FAILED:
            self._tidy()
        self._replies.send(run.end(reason, message))

    # -- what is asked meanwhile --------------------------------------------------------------------------------------

    def _follow_commands(self) -> None:
        """Follow what was asked since the last step."""
        while not isinstance(item := self._control.next(), NextMove):
            match item:
                case HoldChanged(held):
                    self._replies.send(Held(self._runs[0].start.run, held))
                case SamplerSettings():
                    for run in self._runs:
                        self._retune(run, item)
                case question:
                    self._answer(question)

    def _retune(self, run: RunInProgress, settings: SamplerSettings) -> None:
        try:
            for name in settings.changes_from(run.start.settings):
                if not KNOBS[name].live:
                    raise SettingsError(name, f"{KNOBS[name].label.capitalize()} cannot change during a run.")
            run.backend.check(settings)
        except SettingsError as error:
            self._replies.refuse(error, "retune", run.start.run)
            return
        run.settings = settings
        self._replies.send(RetuneEvent(run.start.run, run.next_step, settings))
