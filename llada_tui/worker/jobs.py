"""The frame of all jobs: progress on the way, and an answer whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable

from llada_tui.models.errors import DoesNotFit, ModelError, OutOfMemory
from llada_tui.worker.backend import JobProgress
from llada_tui.worker.engine import PROGRESS_PAUSE, Engine, GivenUp
from llada_tui.worker.job_messages import JobCommand, JobReply
from llada_tui.worker.protocol import Failure, Progress
from llada_tui.worker.run_control import RunControl


def answer_job(engine: Engine, command: JobCommand, work: Callable[[], JobReply]) -> None:
    """Send the reply of ``work``, or the Failure that says why there is none."""
    name = str(command.__struct_config__.tag)
    try:
        engine.replies.send(work())
    except GivenUp:
        engine.replies.send(Failure("request", "The job was given up.", run=command.run, command=name))
    except OutOfMemory as error:
        code = "fit" if isinstance(error, DoesNotFit) else "memory"
        engine.replies.send(Failure(code, str(error), run=command.run, command=name))
        engine.tidy()
    except Exception as error:
        engine.replies.refuse(error, name, command.run)
        if not isinstance(error, ModelError):
            engine.tidy()


def job_progress(engine: Engine, control: RunControl, stage: str) -> JobProgress:
    """Sends Progress of a stage, but not too often. Raises `GivenUp` once the job is cancelled."""
    sent_at, sent = 0.0, ""

    def progress(done: int, total: int, detail: str) -> None:
        nonlocal sent_at, sent
        if control.cancelled:
            raise GivenUp
        now = time.perf_counter()
        if now - sent_at >= PROGRESS_PAUSE or done == total > 0 or detail != sent:
            sent_at, sent = now, detail
            engine.replies.send(Progress(stage, done, total, detail))

    return progress
