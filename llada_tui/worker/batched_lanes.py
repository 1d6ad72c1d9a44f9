"""Several runs on one prompt, through the model together where their settings let them, or one after another.

This is for commands, which want the last of the runs soon. The screen's lanes take turns instead
(`llada_tui.worker.run_loop`): rows of a batch share their cache and guidance and come and go together, while lanes on
show may each have a cache, a canvas and an end of their own. How a step is told is the same for both.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

from llada_tui.diffusion.batches import batches
from llada_tui.models.errors import OutOfMemory
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import CANCELLED, FAILED, FINISHED, StepData, StepEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from llada_tui.worker.backend import Backend
from llada_tui.worker.engine import Engine
from llada_tui.worker.protocol import Compare, Failure, Generate, Held
from llada_tui.worker.replies import RequestError
from llada_tui.worker.run_control import HoldChanged, NextMove, RunControl
from llada_tui.worker.run_in_progress import text_of
from llada_tui.worker.run_plan import RunPlan, prompt_ids, run_event


class Batch(NamedTuple):
    """Lanes that go through the model together, and what each of their forward passes does to each of them."""

    lanes: list[Generate]
    prompt: list[int]
    steps: Iterator[list[StepData | None]]


def denoise_lanes(engine: Engine, command: Compare, control: RunControl) -> None:
    """Denoise lanes, each from its RunEvent to its EndEvent; if one cannot begin, all are answered by a Failure."""
    try:
        backend = engine.replies.ready()
        opened = [_open(backend, lanes) for lanes in _parts(backend, command)]
    except Exception as error:
        for lane in command.lanes:
            if isinstance(error, OutOfMemory):
                engine.replies.send(Failure("memory", str(error), run=lane.run, command="generate"))
            else:
                engine.replies.refuse(error, "generate", lane.run)
        return
    for batch in opened:
        _denoise(engine, backend, batch, control)


def _parts(backend: Backend, command: Compare) -> list[list[tuple[Generate, list[int]]]]:
    """The lanes, each with its prompt, in the groups that go through the model together."""
    lanes = [(lane, _prompt(backend, lane)) for lane in command.lanes]
    if command.order == "apart" or any(prompt != lanes[0][1] for _, prompt in lanes):
        return [[lane] for lane in lanes]
    return [[lanes[number] for number in part] for part in batches([lane.settings for lane, _ in lanes])]


def _prompt(backend: Backend, lane: Generate) -> list[int]:
    """The prompt's ids of a lane that begins with a canvas of masks. Raises for one that does not."""
    if lane.resume != Resume() or lane.prompt.template is not None or lane.parent is not None:
        raise RequestError("Lanes that are batched or apart begin with a canvas of masks.")
    return prompt_ids(backend, lane.prompt)


def _open(backend: Backend, part: list[tuple[Generate, list[int]]]) -> Batch:
    """Raises `SettingsError` and `ModelError` for what cannot be denoised."""
    lanes, prompt = [lane for lane, _ in part], part[0][1]
    for lane in lanes:
        backend.check(lane.settings)
    return Batch(lanes, prompt, backend.batch_steps(prompt, [lane.settings for lane in lanes]))


def _denoise(engine: Engine, backend: Backend, batch: Batch, control: RunControl) -> None:
    """Make the steps of a batch and tell them.

    A step's seconds are its share of the time that all rows at work took together. A run's end is told when all are
    done.
    """
    runs = [_begin(engine, backend, lane, batch.prompt) for lane in batch.lanes]
    reason, message = CANCELLED, ""
    backend.reset_peak()
    try:
        engine.replies.send_token_bytes({*batch.prompt, backend.info.mask_id})
        while _goes_on(engine, runs, control):
            began = time.perf_counter()
            rows = next(batch.steps, None)
            if rows is None:
                reason = FINISHED
                break
            seconds = (time.perf_counter() - began) / max(1, sum(row is not None for row in rows))
            for run, step in zip(runs, rows, strict=True):
                if step is not None:
                    event = StepEvent.of(step, run=run.id, index=run.last, seconds=seconds)
                    run.add(event)
                    engine.replies.send_token_bytes(event.token_ids())
                    engine.replies.send(event)
    except Exception as error:
        reason, message = FAILED, engine.replies.explain(error, runs[0].id)
        engine.tidy()
    peak = backend.peak()
    for run in runs:
        engine.replies.send(run.end_event(reason, message, peak, text=text_of(backend, run)))


def _begin(engine: Engine, backend: Backend, lane: Generate, prompt: list[int]) -> Run:
    canvas = [backend.info.mask_id] * lane.settings.gen_length
    start = run_event(lane, backend.info, RunPlan(lane.settings, prompt, canvas, lane.resume))
    engine.replies.send(start)
    return Run(start, TokenBytes())


def _goes_on(engine: Engine, runs: list[Run], control: RunControl) -> bool:
    """Follow what was asked since the last pass. False once the lanes are cancelled."""
    if not any(run.masks_left(run.last) for run in runs):
        return True  # a canvas that is done is neither held nor cancelled
    while not isinstance(request := control.next(), NextMove):
        match request:
            case HoldChanged(held):
                engine.replies.send(Held(runs[0].id, held))
            case SamplerSettings():
                engine.replies.refuse(
                    RequestError("Lanes that are batched or apart cannot be retuned."), "retune", runs[0].id
                )
            case question:
                engine.answer(question, control)
    return request is NextMove.STEP
