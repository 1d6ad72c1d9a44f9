"""However much a worker is sent, it answers soon and its memory is what it was."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psutil
import pytest

from llada_tui.settings.prompt import Prompt, has_holes
from llada_tui.trace.bounds import MAX_LINE
from llada_tui.trace.events import CANCELLED, FINISHED, EndEvent, Message
from llada_tui.worker.command_limits import MAX_IDS, MAX_TEXT
from llada_tui.worker.command_queue import MAX_QUESTIONS
from llada_tui.worker.job_messages import Bench, ScoreTokens
from llada_tui.worker.messages import Command
from llada_tui.worker.process import default_command
from llada_tui.worker.protocol import (
    Cancel,
    Compare,
    Count,
    Counted,
    Encode,
    Failure,
    GiveUp,
    Held,
    Influence,
    Load,
    Loaded,
    Release,
    Score,
    Scored,
)
from tests.conftest import first_quick
from tests.cpu_time import cpu_seconds

from .driver import PATIENCE, RawWorker, ask, short, still_answers

SOON = 5.0
"""Seconds of the worker's processor: it takes one at most."""
MB = 10**6


@pytest.fixture(scope="module")
def demo() -> Iterator[RawWorker]:
    """The worker itself, with the embedded model in it."""
    with RawWorker(default_command()) as worker:
        worker.send(Load("demo"), Count(Prompt(text="warm")))
        worker.until(Counted)
        yield worker


def memory(worker: RawWorker) -> int:
    """Bytes that the worker and the processes that it started hold."""
    process = psutil.Process(worker.process.pid)
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))


def test_a_text_of_fifteen_megabytes_is_refused_at_once(demo: RawWorker) -> None:
    before, began = memory(demo), cpu_seconds(demo.process.pid)
    demo.send(Count(Prompt(text="The quick brown fox. " * (15 * MB // 21))))
    failure = demo.until(Failure)
    assert cpu_seconds(demo.process.pid) - began < SOON
    assert (failure.code, failure.command) == ("request", "count")
    assert failure.message == "This is too long: 15 MB of text, and a model can be asked 400 kB at most."
    demo.send(Count(Prompt(text="and")))
    assert demo.until(Counted).tokens == 1
    assert memory(demo) - before < 20 * MB


@pytest.mark.parametrize("letter", ["x", "漢", " ", "e\u0301"])
def test_the_longest_text_is_answered_soon(demo: RawWorker, letter: str) -> None:
    began = cpu_seconds(demo.process.pid)
    demo.send(Count(Prompt(text=letter * (MAX_TEXT // len(letter.encode())))))
    assert demo.until(Counted).tokens > 1000
    assert cpu_seconds(demo.process.pid) - began < SOON


def test_a_line_without_end_takes_no_memory(demo: RawWorker) -> None:
    before = memory(demo)
    peak = before
    for _ in range(60):
        demo.send(b"x" * MB)
        peak = max(peak, memory(demo))
    demo.send(b"\n")
    assert "ignored" in demo.until(Failure).message
    demo.send(Count(Prompt(text="and")))
    demo.until(Counted)
    assert peak - before < 3 * MAX_LINE
    assert memory(demo) - before < 8 * MB


LONG = "x" * (MAX_TEXT + 1)
IDS = [97] * (MAX_IDS + 1)


@pytest.mark.parametrize(
    ("command", "name", "runs"),
    [
        (Encode(LONG), "encode", [None]),
        (Score(LONG, Prompt(text="x")), "score", [None]),
        (Score("x", Prompt(messages=[Message("user", LONG)])), "score", [None]),
        (Count(Prompt(messages=[Message("user", "")] * 20_000)), "count", [None]),
        (Influence(1, IDS, [256], 0, 97), "influence", [None]),
        (Influence(1, [97], IDS, 0, 97), "influence", [None]),
        (ask("a", text=LONG), "generate", ["a"]),
        (ask("a", text=None, messages=[Message("user", LONG)]), "generate", ["a"]),
        (ask("a", template=LONG), "generate", ["a"]),
        (ask("a", text=None, ids=IDS), "generate", ["a"]),
        (Compare([ask("a"), ask("b", text=LONG)]), "generate", ["a", "b"]),
        (ScoreTokens("a", Prompt(text="x"), LONG), "score_tokens", ["a"]),
        (ScoreTokens("a", Prompt(text="x"), answer_ids=IDS), "score_tokens", ["a"]),
        (Bench("a", LONG, short()), "bench", ["a"]),
        (Load("x" * 5000), "load", [None]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Command) else "",
)
def test_what_is_too_long_is_refused_for_each_run(
    tough: RawWorker, command: Command, name: str, runs: list[str | None]
) -> None:
    tough.send(command)
    for run in runs:
        failure = tough.until(Failure)
        assert (failure.code, failure.command, failure.run) == ("request", name, run)
        assert "at most" in failure.message
    still_answers(tough)


def get_stuck(worker: RawWorker) -> None:
    """Bring the made-up model to a step that never ends."""
    worker.send(Load("stuck"), ask("a"))
    until_logged(worker, b"stuck")


def until_logged(worker: RawWorker, words: bytes) -> None:
    end = time.monotonic() + PATIENCE
    while words not in worker.log:
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("at_step", [False, True])
def test_questions_that_wait_are_bounded(worker: RawWorker, at_step: bool) -> None:
    """The made-up model is at a step that never ends, or at a load."""
    if at_step:
        get_stuck(worker)
    else:
        worker.send(Load("endless"))
    began = cpu_seconds(worker.process.pid)
    worker.send(*[Count(Prompt(text="x"))] * (MAX_QUESTIONS + 20))
    for _ in range(20):
        failure = worker.until(Failure)
        assert (failure.command, failure.message) == ("count", "Too many questions are waiting already.")
    assert cpu_seconds(worker.process.pid) - began < SOON


def test_questions_that_wait_are_bounded_in_their_texts_together(worker: RawWorker) -> None:
    get_stuck(worker)
    worker.send(*[Encode("x" * 150_000)] * 4)
    for _ in range(2):
        failure = worker.until(Failure)
        assert (failure.command, failure.message) == ("encode", "Too many questions are waiting already.")


def test_every_question_taken_in_is_answered(worker: RawWorker) -> None:
    """None of them pushes out another."""
    worker.send(Load("fake"), ask("a", hold=True))
    worker.until(Held)
    worker.send(*[Count(Prompt(text="x" * number)) for number in range(1, 200)])
    answers = 0
    while answers < 199:
        answers += isinstance(item := worker.next(), Counted) or (isinstance(item, Failure) and item.command == "count")
    counted = [item.tokens for item in worker.items if isinstance(item, Counted)]
    assert counted == sorted(counted)
    assert len(counted) >= MAX_QUESTIONS


def test_an_answer_does_not_repeat_what_a_line_held(tough: RawWorker) -> None:
    long = b"y" * 5 * MB
    tough.send(b'{"command":"generate","run":"a","settings":{"remasking":"' + long + b'"}}\n')
    tough.send(b'{"command":"' + long + b'"}\n')
    for _ in range(2):
        failure = tough.until(Failure)
        assert len(failure.message) + len(failure.details) < 3000
    still_answers(tough)


def test_blanks_are_searched_for_holes_in_no_time() -> None:
    began = time.process_time()
    assert not has_holes(" " * MAX_TEXT)
    assert has_holes(" " * MAX_TEXT + "{mask:3}")
    assert time.process_time() - began < 1


def test_a_question_that_takes_long_is_given_up_with_its_run(worker: RawWorker) -> None:
    """All samples would take three seconds here, and hours where a model is large."""
    worker.send(Load("paced"), ask("a", hold=True))
    worker.until(Held)
    worker.send(Score("there", Prompt(text="hi"), samples=1024))
    until_logged(worker, b"scoring")
    worker.send(Cancel("a"))
    assert worker.until(EndEvent).reason == CANCELLED
    (answer,) = (item for item in worker.items if isinstance(item, Failure | Scored))
    assert answer == Failure("request", "The question was given up with its run.", command="score")
    still_answers(worker)


@pytest.mark.parametrize("held", first_quick([True, False]))
def test_what_is_asked_about_a_word_is_given_up_whether_a_run_is_held_or_none(worker: RawWorker, held: bool) -> None:
    """This model never answers: each question is given up by its number, at work or waiting."""
    worker.send(Load("ponders"), *([ask("a", hold=True)] if held else []))
    worker.until(Held if held else Loaded)
    worker.send(*[Influence(number, [97, 98], [256], 0, 97) for number in (1, 2, 3)])
    worker.send(GiveUp(7), GiveUp(2), GiveUp(1), GiveUp(3))
    answers = []
    while len(answers) < 3:
        answers += [item] if isinstance(item := worker.next(), Failure) else []
    assert answers == [Failure("request", "The question was given up.", command="influence")] * 3
    if held:
        worker.send(Release("a"))
        assert worker.until(EndEvent).reason == FINISHED
    still_answers(worker)


@pytest.mark.slow
def test_a_model_is_loaded_while_it_is_flooded(worker: RawWorker) -> None:
    worker.send(*[b'{"command":"count","text":"' + b"x" * 300_000 + b'"}\n'] * 60, Load("fake"))
    assert worker.until(Loaded).model.id == "fake"
