"""Several runs, on one prompt or on several: through the model together where they may, or one after another.

This is for commands, which want the last of the runs soon. The screen's lanes take turns instead (`Engine.compare`):
rows of a batch share their cache and guidance and come and go together, while lanes on show may each have a cache, a
canvas and an end of their own. All are run by `llada_tui.worker.run_loop`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from llada_tui.diffusion.batches import batches
from llada_tui.models.errors import OutOfMemory
from llada_tui.settings.sampler_settings import NO_CACHE
from llada_tui.trace.events import StepData
from llada_tui.trace.resume import Resume
from llada_tui.trace.text import TokenBytes
from llada_tui.worker.backend import Backend
from llada_tui.worker.engine import Engine
from llada_tui.worker.protocol import Compare, Failure, Generate
from llada_tui.worker.replies import RequestError
from llada_tui.worker.run_control import RunControl
from llada_tui.worker.run_in_progress import RunBatch, RunInProgress
from llada_tui.worker.run_plan import RunPlan, around, prompt_ids, run_event, seeing


class OpenLanes(NamedTuple):
    """Lanes that go through the model together, and what each of their forward passes does to each of them.
    ``cancelled_rows``: the numbers of those that were cancelled by themselves."""

    lanes: list[Generate]
    prompts: list[list[int]]
    steps: Iterator[list[StepData | None]]
    cancelled_rows: set[int]


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
    loop = engine.run_loop(control)
    for lanes, prompts, steps, cancelled_rows in opened:
        runs = [
            _begin(backend, lane, prompt, engine.replies.token_bytes)
            for lane, prompt in zip(lanes, prompts, strict=True)
        ]
        backend.reset_peak()
        loop.start(RunBatch(runs, steps, cancelled_rows=cancelled_rows))
        loop.run()


def _parts(backend: Backend, command: Compare) -> list[list[tuple[Generate, list[int]]]]:
    """The lanes, each with its prompt, in the groups that go through the model together."""
    lanes = [(lane, _prompt(backend, lane)) for lane in command.lanes]
    if command.order == "apart":
        return [[lane] for lane in lanes]
    alike: dict[str, list[tuple[Generate, list[int]]]] = {}
    for lane, prompt in lanes:
        alike.setdefault(repr(_common(backend, lane, prompt)), []).append((lane, prompt))
    return [
        [group[number] for number in part]
        for group in alike.values()
        for part in batches([lane.settings for lane, _ in group])
    ]


def _common(backend: Backend, lane: Generate, prompt: list[int]) -> tuple[object, ...]:
    """The common part of lanes that go through the model together, beside their settings.

    Shorter prompts are padded. Blocks that count from the sequence's start would begin elsewhere then, and so would the
    windows of a cache: there the prompts have one length. Lanes with pictures have one prompt.
    """
    padded = not backend.info.block_size and lane.settings.cache == NO_CACHE
    common_prompt = prompt if lane.prompt.picture_names else 0 if padded else len(prompt)
    return common_prompt, lane.prompt.picture_names, lane.prompt.stop, lane.prompt.suffix


def _prompt(backend: Backend, lane: Generate) -> list[int]:
    """The prompt's ids of a lane that begins with a canvas of masks. Raises for one that does not."""
    if lane.resume != Resume() or lane.prompt.template is not None or lane.parent is not None:
        raise RequestError("Lanes that are batched or apart begin with a canvas of masks.")
    return prompt_ids(backend, lane.prompt)


def _open(backend: Backend, part: list[tuple[Generate, list[int]]]) -> OpenLanes:
    """Raises `SettingsError` and `ModelError` for what cannot be denoised."""
    lanes, prompts = [lane for lane, _ in part], [prompt for _, prompt in part]
    for lane in lanes:
        backend.check(lane.settings)
    asked, ids = seeing(backend, lanes[0].prompt, prompts[0])
    rows = [ids] * len(prompts) if lanes[0].prompt.picture_names else prompts
    stop, suffix = around(backend, lanes[0].prompt)
    settings, cancelled_rows = [lane.settings for lane in lanes], set[int]()
    return OpenLanes(lanes, prompts, asked.batch_steps(rows, settings, stop, suffix, cancelled_rows), cancelled_rows)


def _begin(backend: Backend, lane: Generate, prompt: list[int], token_bytes: TokenBytes) -> RunInProgress:
    canvas = [backend.info.mask_id] * lane.settings.gen_length
    plan = RunPlan(lane.settings, prompt, canvas, lane.resume, *around(backend, lane.prompt))
    start = run_event(lane, backend, plan)
    return RunInProgress(backend, start, token_bytes)
