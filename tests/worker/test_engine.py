"""The engine in this process: memory that runs out, models that change places, and what telling a step costs."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from llada_tui.models.errors import ModelError, OutOfMemory, out_of_memory
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import FAILED, FINISHED, EndEvent, RunEvent, StepData, StepEvent
from llada_tui.trace.resume import Resume
from llada_tui.worker.backend import Progress
from llada_tui.worker.batched_lanes import denoise_lanes
from llada_tui.worker.engine import Engine
from llada_tui.worker.protocol import Advance, Compare, Failure, Hold, LaneOrder, Load, Loaded, Release, Retune
from llada_tui.worker.run_control import HoldChanged, NextMove, RunControl

from .driver import ask, short
from .fakes import FakeBackend


class Sent(list[Any]):
    """The replies that an engine sent."""

    def all(self, kind: type[Any]) -> list[Any]:
        return [item for item in self if isinstance(item, kind)]


class Failing(FakeBackend):
    """Makes two steps, then raises."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error: BaseException | None = error

    def _steps(self, resume: Resume, settings: Callable[[], SamplerSettings]) -> Iterator[StepData]:
        for count, made in enumerate(super()._steps(resume, settings)):
            if count == 2 and self.error is not None:
                raise self.error
            yield made


def engine_with(backend: FakeBackend) -> tuple[Engine, Sent]:
    sent = Sent()
    engine = Engine(lambda command, progress: backend, sent.append)
    engine.load(Load("x"))
    return engine, sent


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "4-bit"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), "shorter canvas"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), "4-bit"),
        (OutOfMemory("Out of memory: use a shorter canvas, or load the model in 4-bit."), "4-bit"),
    ],
)
def test_memory_that_runs_out_ends_the_run_with_advice(error: BaseException, words: str) -> None:
    backend = Failing(error)
    engine, sent = engine_with(backend)
    before = backend.tidied
    engine.generate(ask("a"), RunControl())
    end = sent.all(EndEvent)[0]
    assert (end.reason, end.steps) == (FAILED, 2)
    assert words in end.message
    assert sent.all(Failure) == []
    assert backend.tidied > before
    backend.error = None
    engine.generate(ask("b"), RunControl())
    assert sent.all(EndEvent)[1].reason == FINISHED


def test_memory_errors_of_torch_are_known() -> None:
    torch = pytest.importorskip("torch")
    assert out_of_memory(torch.OutOfMemoryError("x"))
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert out_of_memory(caught.value)
    assert not out_of_memory(RuntimeError("shapes differ"))


def test_another_model_frees_the_first_before_its_weights_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[bool] = []
    first: list[weakref.ref[FakeBackend]] = []

    def loader(command: Load, progress: Progress) -> FakeBackend:
        if first:
            progress("download", 1, 1, "")
            alive.append(first[0]() is not None)
            progress("load", 0, 2, "")
            alive.append(first[0]() is not None)
        backend = FakeBackend(command.source)
        first.append(weakref.ref(backend))
        return backend

    engine = Engine(loader, Sent().append)
    engine.load(Load("one"))
    gone_when_tidied: list[bool] = []
    monkeypatch.setattr(FakeBackend, "tidy", classmethod(lambda cls: gone_when_tidied.append(first[0]() is None)))
    engine.load(Load("two"))
    assert alive == [True, False]
    assert gone_when_tidied[0], "the device can only take back what is free"


def test_where_there_is_no_room_for_both_the_first_makes_room() -> None:
    loads: list[str] = []

    def loader(command: Load, progress: Progress) -> FakeBackend:
        loads.append(command.source)
        if loads == ["one", "two"]:
            raise OutOfMemory("No room.")
        return FakeBackend(command.source)

    sent = Sent()
    engine = Engine(loader, sent.append)
    engine.load(Load("one"))
    engine.load(Load("two"))
    assert loads == ["one", "two", "two"]
    assert [loaded.model.id for loaded in sent.all(Loaded)] == ["one", "two"]
    assert sent.all(Failure) == []


@pytest.mark.slow
def test_a_load_that_fails_twice_is_not_tried_for_ever() -> None:
    def loader(command: Load, progress: Progress) -> FakeBackend:
        progress("load", 0, 1, "")
        if sent.all(Loaded):
            raise ModelError("No.")
        return FakeBackend()

    sent = Sent()
    engine = Engine(loader, sent.append)
    engine.load(Load("one"))
    engine.load(Load("two"))
    assert [failure.command for failure in sent.all(Failure)] == ["load", ""]
    engine.generate(ask("a"), RunControl())
    assert sent.all(Failure)[-1].run == "a"


@pytest.mark.parametrize("order", ["turns", "batched", "apart"])
def test_text_that_cannot_be_decoded_is_that_of_the_bytes(order: LaneOrder) -> None:
    class Mute(FakeBackend):
        def decode(self, canvas: list[int], head: bytes = b"") -> str:
            raise ModelError("The tokenizer's process has ended.")

    engine, sent = engine_with(Mute())
    command = Compare([ask("a"), ask("b")], order)
    if order == "turns":
        engine.compare(command, RunControl())
    else:
        denoise_lanes(engine, command, RunControl())
    assert [(end.run, end.reason, end.text) for end in sent.all(EndEvent)] == [
        ("a", FINISHED, "a" * 12), ("b", FINISHED, "a" * 12),
    ]  # fmt: skip


def test_pieces_that_cannot_be_had_end_the_run() -> None:
    class Wordless(FakeBackend):
        def token_bytes(self, ids: object) -> Any:
            raise ValueError("no pieces")

    engine, sent = engine_with(Wordless())
    engine.generate(ask("a"), RunControl())
    assert sent.all(RunEvent)
    assert sent.all(EndEvent)[0].reason == FAILED


def test_a_canvas_without_masks_is_finished_at_once() -> None:
    engine, sent = engine_with(FakeBackend())
    engine.generate(ask("a", canvas=[97] * 12), RunControl())
    end = sent.all(EndEvent)[0]
    assert (end.reason, end.steps, end.text, end.tokens_per_second) == (FINISHED, 0, "a" * 12, 0.0)


def test_commands_are_followed_in_a_sensible_order() -> None:
    control = RunControl()
    assert control.next() is NextMove.STEP
    control.take(Hold("a"))
    control.take(Advance("a"))
    control.take(Retune("a", short(temperature=1.0)))
    control.take(Retune("a", short(temperature=2.0)))
    assert control.next() == short(temperature=2.0)
    assert control.next() is NextMove.STEP
    assert control.next() == HoldChanged(True)
    control.take(Release("a"))
    assert control.next() == HoldChanged(False)
    assert control.next() is NextMove.STEP
    control.cancel()
    assert control.next() is NextMove.END
    assert control.next() is NextMove.END


def test_a_long_canvas_is_told_with_few_digits() -> None:
    engine, sent = engine_with(FakeBackend())
    engine.generate(ask("a", 64), RunControl())
    for step in sent.all(StepEvent):
        for choice in (*step.commits, *step.predictions):
            assert choice.confidence == round(choice.confidence, 5)
