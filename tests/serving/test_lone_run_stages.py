"""What a run that left its batch makes of answers that come in an order which only a busy machine brings about."""

from __future__ import annotations

from typing import Any

from llada_tui.serving.lone_run import LoneRun
from llada_tui.serving.metrics import Metrics
from llada_tui.serving.run_request import Change, QueuePlace, RunItem, RunRequest
from llada_tui.serving.runs_at_work import RunsAtWork
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import Choice, RetuneEvent, RunEvent, StepData, StepEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.text import TokenBytes
from llada_tui.worker.protocol import Advance, CancelLane, Failure, Generate, Held, Hold, Release, Retune
from tests.worker.driver import short
from tests.worker.fakes import MASK, FakeBackend

LENGTH = 12
SETTINGS = short(block_length=LENGTH)


class ScriptedWorker:
    """A run at work as a row of a batch, whose worker says what the test has it say. It leaves the batch, held, after
    three steps."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        """What the client was told."""
        self.heard: list[Change | CancelLane] = []
        """What the worker was told."""
        self.waits = False
        """Whether the run waits for the worker."""
        self._runs = RunsAtWork(TokenBytes(), Metrics())
        row, other = [
            RunRequest(name, Generate("mine", SETTINGS, Prompt(text="hi")), deliver)
            for name, deliver in (("one", self.items.append), ("other", lambda _: None))
        ]
        self.other = other
        self._runs.begin([row, other])
        for request in (row, other):
            self._say_begin(request)
        for index in range(3):
            self._say_step(row, index)
        self.run = row.lone = LoneRun(row, self)
        self.run.change(Hold(""))
        self.say_cancelled()

    def tell_worker(self, command: Change | CancelLane) -> None:
        self.heard.append(command)

    def go_on(self, request: RunRequest) -> None:
        self.waits = True

    def take_back(self, request: RunRequest) -> None:
        self.waits = False

    @property
    def name(self) -> str:
        """The server's name of the run."""
        (name,) = self.run.request.names
        return name

    def asks(self, *changes: Change) -> None:
        """The client asks for something."""
        for change in changes:
            self.run.change(change)

    def say(self, item: RunItem) -> None:
        self._runs.take(item.run or "", item)

    def say_cancelled(self) -> None:
        self.say(self.run.request.runs[self.name].end_event("cancelled"))

    def cancel_other(self) -> None:
        """The other row's client goes away; the worker has not ended that row."""
        self._runs.leave(self.other)

    def say_step(self, index: int) -> None:
        self._say_step(self.run.request, index)

    def begin_again(self) -> None:
        """The worker begins with the run by itself, and makes the last step again."""
        assert self.waits
        self.waits = False
        self._runs.begin([self.run.request])
        self._say_begin(self.run.request)
        self.say(Held(self.name, True))
        assert self.heard.pop() == Advance(self.name)
        self.say_step(self.run.request.command.resume.step)  # type: ignore[union-attr]

    def _say_begin(self, request: RunRequest) -> None:
        (name,), command = request.names, request.command
        assert isinstance(command, Generate)
        resume = command.resume if command.resume != Resume() else Resume(canvas=[MASK] * LENGTH)
        self.say(RunEvent(name, FakeBackend().info, command.settings, [104, 105], resume, time=0.0))

    def _say_step(self, request: RunRequest, index: int) -> None:
        (name,) = request.names
        step = StepData(block=0, block_step=index, commits=[Choice(index, 97, 0.5)], predictions=[], entropy=0.5)
        self.say(StepEvent.of(step, run=name, index=index, seconds=0.1))


def stepped() -> ScriptedWorker:
    """A run that is held by the worker, after a step that its client asked for once it had left its batch."""
    worker = ScriptedWorker()
    assert worker.items[-1] == Held("mine", True)
    assert not worker.waits
    worker.asks(Advance(""))
    worker.begin_again()
    worker.say_step(3)
    assert worker.heard == [CancelLane("r1.0"), Advance(worker.name)]
    assert [item.index for item in worker.items if isinstance(item, StepEvent)] == [0, 1, 2, 3]
    worker.heard.clear()
    return worker


def test_a_run_that_is_parked_while_the_worker_answers_a_hold_goes_on_when_it_is_released() -> None:
    worker = stepped()
    worker.asks(Hold(""))
    worker.run.park()
    assert worker.heard == [Hold(worker.name), CancelLane(worker.name)]
    worker.say(Held(worker.name, True))
    worker.say_cancelled()
    assert worker.run.is_outside
    worker.asks(Release(""))
    assert worker.waits
    worker.heard.clear()
    worker.begin_again()
    assert worker.heard == [Release(worker.name)]
    assert [item for item in worker.items if isinstance(item, Held)] == [Held("mine", True), Held("mine", False)]


def test_a_run_is_not_parked_before_the_worker_has_answered_its_release() -> None:
    worker = stepped()
    worker.asks(Hold(""), Release(""))
    worker.say(Held(worker.name, True))
    worker.run.park()
    assert worker.heard == [Hold(worker.name), Release(worker.name)]
    worker.say(Held(worker.name, False))
    assert worker.items[-1] == Held("mine", False)


def settings(temperature: float) -> SamplerSettings:
    return SETTINGS.replace(temperature=temperature)


def test_a_run_is_not_parked_before_the_worker_has_answered_the_last_of_two_retunes() -> None:
    worker = stepped()
    worker.asks(Retune("", settings(1.0)), Retune("", settings(2.0)))
    worker.heard.clear()
    worker.say(RetuneEvent(worker.name, 4, settings(1.0)))
    worker.run.park()
    assert not worker.heard
    worker.say(RetuneEvent(worker.name, 4, settings(2.0)))
    worker.run.park()
    assert worker.heard == [CancelLane(worker.name)]
    temperatures = [item.settings.temperature for item in worker.items if isinstance(item, RetuneEvent)]
    assert temperatures == [1.0, 2.0]


def test_a_run_that_was_retuned_and_parked_keeps_its_settings_when_others_are_refused() -> None:
    worker = stepped()
    worker.asks(Retune("", settings(1.0)))
    worker.say(RetuneEvent(worker.name, 4, settings(1.0)))
    worker.run.park()
    worker.say_cancelled()
    worker.heard.clear()
    worker.asks(Retune("", SETTINGS.replace(steps=20)))
    worker.begin_again()
    assert worker.heard.pop() == Retune(worker.name, SETTINGS.replace(steps=20))
    worker.say(Failure("request", "Steps cannot change during a run.", run=worker.name, command="retune"))
    assert worker.heard == [Retune(worker.name, settings(1.0))]
    worker.say(RetuneEvent(worker.name, 4, settings(1.0)))
    assert isinstance(worker.items[-1], Failure), "its client knows these settings"


def test_a_held_run_is_told_its_place_while_a_step_of_it_waits_for_others() -> None:
    worker = ScriptedWorker()
    before = len(worker.items)
    worker.run.request.deliver(QueuePlace(1, 2))
    assert worker.items[before:] == [], "nothing of it waits"
    worker.asks(Advance(""))
    worker.run.request.deliver(QueuePlace(1, 2))
    worker.begin_again()
    worker.say_step(3)
    assert worker.items[before : before + 2] == [QueuePlace(1, 2), Held("mine", True)]
    assert [item.index for item in worker.items[before + 2 :]] == [3]


def test_a_held_run_whose_step_is_taken_back_waits_no_more() -> None:
    worker = ScriptedWorker()
    before = len(worker.items)
    worker.asks(Advance(""))
    worker.run.request.deliver(QueuePlace(1, 2))
    worker.asks(Hold(""))
    assert worker.items[before:] == [QueuePlace(1, 2), Held("mine", True)]
    assert worker.run.is_outside


def test_a_row_that_was_cancelled_is_no_row_while_the_worker_ends_it() -> None:
    worker = ScriptedWorker()
    assert worker.other.is_row
    worker.cancel_other()
    assert worker.other.runs
    assert not worker.other.is_row


def test_runs_that_left_their_batches_and_the_queue_take_turns() -> None:
    runs = RunsAtWork(TokenBytes(), Metrics())
    requests = [RunRequest(name, Generate(name, SETTINGS, Prompt(text="hi")), lambda _: None) for name in "abc"]
    runs.again.extend(requests)
    queued = [RunRequest(name, Generate(name, SETTINGS, Prompt(text="hi")), lambda _: None) for name in "de"]
    a, b, c, d, e = *requests, *queued
    assert [*runs.in_turn(queued)] == [a, d, b, e, c]
    assert runs.take_again(others_wait=True) is requests[0]
    assert [*runs.in_turn(queued)] == [d, b, e, c]
    assert runs.take_again(others_wait=True) is None
    assert runs.take_again(others_wait=True) is requests[1]
    assert runs.take_again(others_wait=False) is requests[2]
    assert runs.take_again(others_wait=False) is None
