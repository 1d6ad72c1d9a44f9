"""Several runs on one prompt, through the model together where their settings let them.

This is for commands, which want the last of the runs soon. The screen's lanes take turns instead
(`llada_tui.worker.run_loop`): rows of a batch share their cache and guidance and come and go together, while lanes on
show may each have a cache, a canvas and an end of their own. How a step is told is the same for both.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from llada_tui.diffusion import strategies
from llada_tui.models.errors import ModelError
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import FAILED, FINISHED, AnyEvent, EndEvent, PiecesEvent, RunEvent, StepEvent
from llada_tui.trace.run import Run
from llada_tui.trace.text import Pieces
from llada_tui.worker.torch_backend import Checkpoint

if TYPE_CHECKING:
    from llada_tui.diffusion.sampler import Step
    from llada_tui.models.loaded_model import LoadedModel


def batches(settings: Sequence[SamplerSettings]) -> list[list[int]]:
    """Which lanes can go through the model together, by their numbers from 0, in the order of each's first.

    A strategy that edits goes by itself: a pass in which it changed nothing cannot be told from one that it sat out.
    Raises `SettingsError` for a strategy that there is not.
    """
    from llada_tui.diffusion.sampler import SHARED

    found: dict[object, list[int]] = {}
    for number, one in enumerate(settings):
        strategy = strategies.get(one.remasking, one.remasking_params)
        alone = number if strategy.edits else None
        found.setdefault((alone, *(repr(getattr(one, name)) for name in SHARED)), []).append(number)
    return [*found.values()]


def denoise(model: LoadedModel, lanes: Sequence[RunEvent]) -> Iterator[AnyEvent]:
    """The events of runs that begin on one prompt, with canvases of one length: `batches` says which ones can.

    A step's seconds are its share of the time that all rows at work took together. A run's end is told when all are
    done. Raises `SettingsError` and `ModelError`, before the first event, for what cannot be denoised.
    """
    import torch

    before = len(lanes[0].prompt_ids)
    canvas = torch.tensor([[*lane.prompt_ids, *lane.canvas] for lane in lanes])
    steps = model.denoise(canvas, [lane.settings for lane in lanes], prompt_length=before)
    return _events(Checkpoint(model), lanes, steps)


def _events(checkpoint: Checkpoint, lanes: Sequence[RunEvent], steps: Iterator[Step]) -> Iterator[AnyEvent]:
    runs = [Run(lane, Pieces()) for lane in lanes]
    known: set[int] = set()

    def pieces(ids: set[int]) -> Iterator[PiecesEvent]:
        if fresh := ids - known:
            known.update(fresh)
            yield PiecesEvent(*checkpoint.pieces(sorted(fresh)), model=checkpoint.info.id)

    checkpoint.reset_peak()
    yield from lanes
    yield from pieces({token for lane in lanes for token in (*lane.prompt_ids, *lane.canvas)})
    reason, message = FINISHED, ""
    while True:
        began = time.perf_counter()
        try:
            step = next(steps, None)
        except ModelError as error:
            reason, message, step = FAILED, str(error), None
        if step is None:
            break
        at_work = [row for row, own in enumerate(step.rows) if own.entropy is not None or len(lanes) == 1]
        seconds = (time.perf_counter() - began) / len(at_work)
        for row in at_work:
            run = runs[row]
            event = StepEvent.of(step.rows[row], run=run.id, index=run.last, seconds=seconds)
            run.add(event)
            yield from pieces(event.token_ids())
            yield event
    peak = checkpoint.peak()
    for run in runs:
        made, seconds = run.last, run.seconds(run.last)
        text = checkpoint.decode(run.ids(made))
        yield EndEvent(run.id, reason, text, made, made, seconds, run.rate(made), peak, message)
