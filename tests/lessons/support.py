"""Runs of the embedded model as a screen would have them, made with the library."""

from __future__ import annotations

from functools import cache

from llada_tui import SamplerSettings, load_model
from llada_tui.api import Model
from llada_tui.trace.events import FINISHED, EndEvent, PiecesEvent, RunEvent, StepEvent
from llada_tui.trace.run import Run
from llada_tui.trace.text import Pieces


@cache
def demo() -> Model:
    return load_model("demo", device="cpu")


_made: dict[tuple[str, str], Run] = {}


def record(prompt: str, settings: SamplerSettings) -> Run:
    """The whole run of a prompt on the embedded model; made once."""
    key = (prompt, repr(settings))
    if key not in _made:
        _made[key] = _record(prompt, settings)
    return _made[key]


def _record(prompt: str, settings: SamplerSettings) -> Run:
    model = demo().loaded
    asked = model.encode_prompt(prompt)
    steps = list(demo().denoise(prompt, settings))
    known = {model.mask_id, model.eos_id, model.eot_id}
    for step in steps:
        known.update(step.canvas[0].tolist())
        row = step.rows[0]
        for choice in (*row.commits, *row.predictions, *row.edits):
            known.add(choice.token)
    ids = sorted(token for token in known if token is not None)
    pieces = Pieces()
    pieces.add(PiecesEvent(model.pieces(ids), model.special(ids)))
    run = Run(RunEvent("run", model.info, settings, asked, [model.mask_id] * settings.gen_length, text=prompt), pieces)
    for step in steps:
        row = step.rows[0]
        run.add(
            StepEvent(
                "run",
                step.index,
                step.block,
                step.block_step,
                0.0,
                row.commits,
                row.predictions,
                row.remasked,
                row.edits,
            )
        )
    text = model.decode(steps[-1].canvas[0, len(asked) :].tolist())
    run.add(EndEvent("run", FINISHED, text, len(steps), len(steps), 0.0, 0.0))
    return run
