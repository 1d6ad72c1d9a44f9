"""Answers to many prompts, of different lengths, in batches."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from llada_tui.diffusion.batches import batches
from llada_tui.models.left_padding import left_padded
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import StepData


@dataclass
class Generation:
    """One canvas, denoised to its end, as it would be alone."""

    prompt: list[int]
    settings: SamplerSettings
    canvas: list[int] = field(default_factory=list)
    steps: list[tuple[StepData, float]] = field(default_factory=list)
    """The steps with their seconds, where they were to be kept."""
    passes: int = 0
    """Forward passes in which this row had a step to make; the two passes of guidance are one."""
    tokens: int = 0
    """Tokens that stand on the canvas at the end: with an early stop those behind the end of text are still masks."""
    seconds: float = 0.0
    """This row's share of the time."""


def generate(
    model: LoadedModel, prompts: Sequence[list[int]], settings: Sequence[SamplerSettings], *, keep_steps: int = 0
) -> list[Generation]:
    """Denoises a canvas behind each of ``prompts`` (ids), in one batch, or one after another where the strategy and the
    cache policy need it. The steps of the first ``keep_steps`` are kept. Raises `ModelError` and `SettingsError`."""
    rows = [Generation(prompt, each) for prompt, each in zip(prompts, settings, strict=True)]
    kept_rows = rows[:keep_steps]
    for numbers in batches([row.settings for row in rows]):
        _denoise(model, [rows[number] for number in numbers], kept_rows)
    return rows


def _denoise(model: LoadedModel, rows: list[Generation], kept_rows: list[Generation]) -> None:
    length = rows[0].settings.gen_length
    canvas, attention_mask = left_padded(model, [row.prompt for row in rows], length)
    columns = slice(canvas.shape[1] - length, None)
    began = time.perf_counter()
    steps = model.denoise(
        canvas, [row.settings for row in rows], prompt_length=columns.start, attention_mask=attention_mask
    )
    for step in steps:
        canvas = step.canvas
        seconds, began = time.perf_counter() - began, time.perf_counter()
        at_work = [
            (row, data) for row, data in zip(rows, step.rows, strict=True) if len(rows) == 1 or data.entropy is not None
        ]
        for row, data in at_work:
            row.passes += 1
            row.seconds += seconds / len(at_work)
            if any(row is kept for kept in kept_rows):
                row.steps.append((data, seconds / len(at_work)))
    for row, sequence in zip(rows, canvas[:, columns].tolist(), strict=True):
        row.canvas = sequence
        row.tokens = sum(token != model.mask_id for token in sequence)
