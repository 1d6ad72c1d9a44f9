"""The steps before the point where a run goes on, as a command brings them: what is refused, and what is kept."""

from __future__ import annotations

from llada_tui.diffusion.chosen_parts import chosen_parts
from llada_tui.settings.sampler_settings import MAX_CANVAS, SamplerSettings
from llada_tui.trace.resume import EarlierSteps, Resume
from llada_tui.worker.replies import RequestError

MAX_EARLIER = 2 * MAX_CANVAS
"""Most earlier steps that a command can bring."""


def needed_earlier(resume: Resume, canvas: list[int], settings: SamplerSettings) -> EarlierSteps | None:
    """The earlier steps, where a part that ``settings`` name looks back at them, and nothing is changed by hand on the
    canvas that they lead to."""
    parts = chosen_parts(settings)
    looks_back = parts.strategy.looks_back or parts.cache.looks_back
    return resume.earlier if looks_back and all(canvas[at] == token for at, token in resume.changes) else None


def check_earlier(resume: Resume, canvas: list[int], mask: int) -> None:
    """Raises `RequestError` for earlier steps that do not lead to the canvas: those of another run, or of a file that
    was changed. Raises `SettingsError` for settings of theirs that there are not."""
    if (earlier := resume.earlier) is None:
        return
    start, steps = earlier.start, earlier.steps
    before = list(start.canvas or ())
    lists = (before, start.block_start_canvas or before)
    fits = all(len(ids) == len(canvas) for ids in lists) and len(start.commit_confidence) in (0, len(canvas))
    if not fits or len(steps) > MAX_EARLIER or resume.step != start.step + len(steps):
        raise RequestError("The earlier steps are not those of this canvas.")
    for step in steps:
        places = [*(choice.position for choice in (*step.commits, *step.edits)), *step.remasked]
        if not all(0 <= place < len(canvas) for place in places):
            raise RequestError("An earlier step names a position outside the canvas.")
        if step.settings is not None:
            chosen_parts(step.settings)
        step.apply(before, mask)
    if before != canvas:
        raise RequestError("The earlier steps do not lead to the canvas to go on from.")
