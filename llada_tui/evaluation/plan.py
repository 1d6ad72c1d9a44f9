"""The plan of an evaluation: which tasks, each with its settings, and the number that was published for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from llada_tui.diffusion.chosen_parts import chosen_parts
from llada_tui.evaluation.authors_tables import AuthorsRow, AuthorsTable
from llada_tui.evaluation.errors import EvaluationError
from llada_tui.evaluation.reversal import CHANGES, DIRECTIONS
from llada_tui.settings.presets import choose
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import ModelInfo
from llada_tui.trace.model_blocks import in_blocks_of

PAIRS = "pairs"
"""The beginning of the names of the two tasks that a file of pairs becomes."""


class Overrides(msgspec.Struct, frozen=True):
    """The values that a person named, each instead of a table's; None: the table's, or the default.

    ``settings`` are sampler settings by name.
    """

    settings: dict[str, Any] = {}
    fewshot: int | None = None
    batch_size: int | None = None
    mc_num: int | None = None
    strata: int | None = None
    chat: bool | None = None


class PlannedTask(msgspec.Struct, frozen=True):
    """A task of the harness with all that decides its score. ``weights`` says how the model's are held: bfloat16, or
    bfloat16 nf4. ``published`` is the authors' number for ``metric`` with
    just these settings and this model, in percent; None if there is none."""

    task: str
    model: str
    weights: str
    settings: SamplerSettings
    fewshot: int | None
    batch_size: int
    mc_num: int
    strata: int
    chat: bool
    check_greedy: bool = False
    metric: str = ""
    published: float | None = None


@dataclass(frozen=True, slots=True)
class TaskChoice:
    """The tasks that a person asks for: ``table``'s, or ``tasks`` (with the table's settings where it has them), and
    those of a file of pairs."""

    table: AuthorsTable | None
    tasks: Sequence[str]
    pairs: bool
    overrides: Overrides
    check_greedy: bool = False


def chosen_rows(choice: TaskChoice) -> list[AuthorsRow]:
    """The rows that are asked for, in their order. Raises `EvaluationError` where there is none."""
    table_rows = {row.task: row for row in (choice.table.rows if choice.table else ())}
    names = dict.fromkeys(choice.tasks or table_rows)
    rows = [table_rows.get(name) or AuthorsRow(name, "") for name in names]
    if choice.pairs:
        rows += [AuthorsRow(f"{PAIRS}_{direction}", "hit", changes=CHANGES, chat=True) for direction in DIRECTIONS]
    if not rows:
        raise EvaluationError("Nothing is to be evaluated: name --tasks, a table (--preset) or a file of --pairs.")
    return rows


def plan(choice: TaskChoice, model: ModelInfo) -> list[PlannedTask]:
    """The tasks in their order. Raises `EvaluationError` where there is none, and `SettingsError`."""
    return [_planned(row, choice, model) for row in chosen_rows(choice)]


def _planned(row: AuthorsRow, choice: TaskChoice, model: ModelInfo) -> PlannedTask:
    overrides = choice.overrides
    as_published = _settings(row.changes, model)
    settings = choose(as_published, None, overrides.settings)
    chosen_parts(settings)
    unlisted = row.metric == ""  # a task that no table has: as the published code does unless it is told otherwise
    mc_num = overrides.mc_num or (128 if unlisted else row.mc_num)
    strata = min(overrides.strata or (32 if unlisted else row.strata), mc_num)
    task = PlannedTask(
        row.task,
        model.id,
        " ".join(part for part in (model.dtype, model.quantization) if part),
        settings,
        row.fewshot if overrides.fewshot is None else overrides.fewshot,
        overrides.batch_size or 1,
        mc_num,
        strata,
        (row.chat and model.chat) if overrides.chat is None else overrides.chat,
        choice.check_greedy,
        row.metric,
    )
    percent = None
    if choice.table is not None and choice.table.about(model.id) and _as_in(row, task):
        numbers = (
            measurement.percent
            for measurement in row.published
            if _compared(choose(as_published, None, measurement.changes)) == _compared(settings)
        )
        percent = next(numbers, None)
    return msgspec.structs.replace(task, published=percent)


def _settings(changes: dict[str, Any], model: ModelInfo) -> SamplerSettings:
    return in_blocks_of(model, choose(SamplerSettings(), None, changes), changes)


def _as_in(row: AuthorsRow, task: PlannedTask) -> bool:
    """Whether what is asked is what the row is about."""
    return (task.fewshot, task.chat, task.mc_num, task.strata) == (row.fewshot, row.chat, row.mc_num, row.strata)


def _compared(settings: SamplerSettings) -> SamplerSettings:
    """The settings without what changes no published number: a block is never longer than the canvas."""
    block = min(settings.block_length, settings.gen_length)
    return settings.replace(block_length=block, seed=0, top_k=0, look_ahead=False, recomputed=False)
