"""ScoreTokens: how likely a model finds an answer, token by token."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from llada_tui.settings.sampler_settings import check
from llada_tui.worker.job_messages import MAX_BATCH, MAX_JOB_SAMPLES, ScoreTokens, TokensScored
from llada_tui.worker.jobs import answer_job, job_progress
from llada_tui.worker.replies import RequestError
from llada_tui.worker.run_control import RunControl
from llada_tui.worker.run_plan import check_ids, prompt_ids, seeing

if TYPE_CHECKING:
    from llada_tui.worker.engine import Engine


def score_tokens(engine: Engine, command: ScoreTokens, control: RunControl) -> None:
    """Answer with a TokensScored, or with a Failure."""

    def work() -> TokensScored:
        _check(command)
        backend = engine.replies.ready()
        backend, prompt = seeing(backend, command.prompt, prompt_ids(backend, command.prompt, needed=True))
        answer = command.answer_ids
        if answer is None:
            answer = backend.tokens(command.answer, raw=command.prompt.raw_tokens)
        check_ids(backend, answer)
        if not answer:
            raise RequestError("The answer is empty: there is nothing to score.")
        progress = job_progress(engine, control, "score")
        score = backend.score(
            prompt,
            answer,
            command.samples,
            command.seed,
            cfg_scale=command.cfg_scale,
            batch_size=command.batch_size,
            progress=progress,
        )
        engine.replies.send_token_bytes(set(answer))
        error = None if isnan(score.standard_error) else score.standard_error
        return TokensScored(command.run, score.total, error, answer, score.tokens, score.samples)

    answer_job(engine, command, work)


def _check(command: ScoreTokens) -> None:
    if command.answer_ids is not None and command.answer:
        raise RequestError("An answer is a text or ids, not both.")
    for value, most, what in ((command.samples, MAX_JOB_SAMPLES, "samples"), (command.batch_size, MAX_BATCH, "in one")):
        if not 1 <= value <= most:
            raise RequestError(f"There can be 1 to {most} {what}, not {value}.")
    check("cfg_scale", command.cfg_scale)
    check("seed", command.seed)
