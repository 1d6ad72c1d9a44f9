"""Jobs of the worker: scores, benches and copies, each answered whatever happens."""

from __future__ import annotations

from typing import Any

import pytest

from llada_tui.models.errors import ModelError, OutOfMemory
from llada_tui.settings.prompt import Prompt
from llada_tui.worker import quantize_job, score_job
from llada_tui.worker.backend import AnswerScore
from llada_tui.worker.bench_job import bench
from llada_tui.worker.codec import encode
from llada_tui.worker.engine import Engine
from llada_tui.worker.job_messages import (
    MAX_BATCH,
    MAX_JOB_SAMPLES,
    MAX_ROUNDS,
    Bench,
    Benched,
    Quantize,
    Quantized,
    ScoreTokens,
    TokensScored,
)
from llada_tui.worker.protocol import Cancel, Failure, Load, Loaded, Progress
from llada_tui.worker.run_control import RunControl

from .driver import RawWorker, ask, short, still_answers
from .fakes import FakeBackend

HI = Prompt(text="hi")


def engine_with(backend: FakeBackend, **more: Any) -> tuple[Engine, list[Any]]:
    items: list[Any] = []
    engine = Engine(lambda command, progress: backend, items.append, **more)
    engine.load(Load("x"))
    items.clear()
    return engine, items


def test_a_score_tells_each_tokens_part(worker: RawWorker) -> None:
    worker.send(Load("fake"), ScoreTokens("j", HI, "abc", samples=4))
    answer = worker.until(TokensScored)
    assert (answer.run, answer.ids, answer.tokens, answer.samples) == ("j", [97, 98, 99], [-1.0] * 3, 4)
    assert (answer.total, answer.per_token, answer.standard_error) == (-3.0, -1.0, 0.25)
    counted = [item for item in worker.items if isinstance(item, Progress) and item.stage == "score"]
    assert (counted[-1].done, counted[-1].total) == (4, 4)
    worker.send(ScoreTokens("k", Prompt(ids=[104]), answer_ids=[97], samples=1))
    assert worker.until(TokensScored, run="k").standard_error is None


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (ScoreTokens("j", HI, "a", samples=0), f"There can be 1 to {MAX_JOB_SAMPLES} samples, not 0."),
        (ScoreTokens("j", HI, "a", samples=MAX_JOB_SAMPLES + 1), "samples, not"),
        (ScoreTokens("j", HI, "a", batch_size=MAX_BATCH + 1), f"There can be 1 to {MAX_BATCH}"),
        (ScoreTokens("j", HI, "a", cfg_scale=-1.0), "cfg_scale must be"),
        (ScoreTokens("j", HI, "a", seed=-1), "seed must be"),
        (ScoreTokens("j", Prompt(), "a"), "A prompt is messages, a text or ids"),
        (ScoreTokens("j", Prompt([], "hi"), "a"), "A prompt is messages, a text or ids"),
        (ScoreTokens("j", Prompt(ids=[300]), "a"), "a token id that this model does not have"),
        (ScoreTokens("j", HI, "a", answer_ids=[97]), "An answer is a text or ids"),
        (ScoreTokens("j", HI, ""), "The answer is empty"),
        (ScoreTokens("j", HI, answer_ids=[300]), "a token id that this model does not have"),
    ],
)
def test_a_score_that_cannot_be_is_refused(command: ScoreTokens, words: str) -> None:
    engine, items = engine_with(FakeBackend())
    score_job.score_tokens(engine, command, RunControl())
    (failure,) = items
    assert (failure.code, failure.run, failure.command) == ("request", "j", "score_tokens")
    assert words in failure.message


@pytest.mark.parametrize("rounds", [0, MAX_ROUNDS + 1])
def test_a_bench_has_so_many_rounds(rounds: int) -> None:
    engine, items = engine_with(FakeBackend())
    bench(engine, Bench("j", "hi", short(), rounds), RunControl())
    (failure,) = items
    assert failure.message == f"There can be 1 to {MAX_ROUNDS} rounds, not {rounds}."
    bench(engine, Bench("j", "hi", short(), 2), RunControl())
    assert isinstance(items[-1], Benched)


def test_without_a_checkpoint_there_is_nothing_to_score_or_time(worker: RawWorker) -> None:
    worker.send(ScoreTokens("j", HI, "a"), Bench("k", "hi", short()))
    assert worker.until(Failure, run="j").message == "No model is loaded yet."
    assert worker.until(Failure, run="k").message == "No model is loaded yet."


@pytest.mark.parametrize(
    "command", [ScoreTokens("j", HI, "abc", samples=MAX_JOB_SAMPLES), Bench("j", "hi", short(), MAX_ROUNDS)]
)
def test_a_job_can_be_cancelled_and_the_next_is_done(worker: RawWorker, command: ScoreTokens | Bench) -> None:
    worker.send(Load("paced"))
    worker.until(Loaded)
    worker.send(command)
    worker.until(Progress)
    worker.send(Cancel("j"))
    failure = worker.until(Failure)
    assert (failure.code, failure.run) == ("request", "j")
    assert failure.message.endswith("was given up.")
    still_answers(worker)


def test_a_jobs_name_is_taken_while_it_is_at_work(worker: RawWorker) -> None:
    worker.send(Load("paced"))
    worker.until(Loaded)
    worker.send(ScoreTokens("j", HI, "abc", samples=MAX_JOB_SAMPLES))
    worker.until(Progress)
    worker.send(ask("j"), Bench("j", "hi", short()), ScoreTokens("", HI, "a"))
    for words in ("already at work", "already at work", "1 to 200 characters"):
        assert words in worker.until(Failure).message
    worker.send(Cancel("j"))
    assert worker.until(Failure, run="j").message.endswith("was given up.")


class Failing(FakeBackend):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def score(self, *asked: Any, **more: Any) -> AnswerScore:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (OutOfMemory("Out of memory on this machine: use a shorter canvas."), "memory", "shorter canvas"),
        (MemoryError(), "memory", "4-bit"),
        (ModelError("These are too many."), "request", "These are too many."),
        (KeyError("made up"), "internal", "failed unexpectedly"),
    ],
)
def test_what_goes_wrong_in_a_job_is_one_sentence(error: Exception, code: str, words: str) -> None:
    engine, items = engine_with(Failing(error))
    score_job.score_tokens(engine, ScoreTokens("j", HI, "a"), RunControl())
    (failure,) = items
    assert (failure.code, failure.run) == (code, "j")
    assert words in failure.message
    assert "\n" not in failure.message


def test_a_copy_is_made_without_a_checkpoint_in_memory() -> None:
    items: list[Any] = []

    def save(command: Quantize, progress: Any) -> Quantized:
        progress("load", 1, 2, "")
        progress("save", 2, 2, "")
        return Quantized(command.run, command.folder, 7)

    engine = Engine(lambda command, progress: FakeBackend(), items.append, save)
    quantize_job.quantize(engine, Quantize("j", "acme/tiny", "nf4", "here"), RunControl())
    assert items == [Progress("load", 1, 2), Progress("save", 2, 2), Quantized("j", "here", 7)]
    cancelled = RunControl()
    cancelled.cancel()
    quantize_job.quantize(engine, Quantize("j", "acme/tiny", "nf4", "here"), cancelled)
    assert items[-1] == Failure("request", "The job was given up.", run="j", command="quantize")
    engine.quantizer = None
    quantize_job.quantize(engine, Quantize("j", "acme/tiny", "nf4"), RunControl())
    assert items[-1].message == "This worker makes no quantised copies."


def test_a_job_ends_with_the_workers_input(worker: RawWorker) -> None:
    worker.send(Load("paced"))
    worker.until(Loaded)
    worker.send(encode(ScoreTokens("j", HI, "abc", samples=MAX_JOB_SAMPLES)))
    worker.until(Progress)
    assert worker.close() == 0
