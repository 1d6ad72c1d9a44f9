"""The authors' tables, and what becomes of them where a person names other values."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from llada_tui.evaluation.authors_tables import TABLES, table_named
from llada_tui.evaluation.embedded_tasks import embedded_tasks
from llada_tui.evaluation.errors import EvaluationError
from llada_tui.evaluation.plan import Overrides, PlannedTask, TaskChoice, plan
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.events import ModelInfo

BASE = ModelInfo("GSAI-ML/LLaDA-8B-Base", "llada", "bfloat16", "cuda", 126336)
INSTRUCT = msgspec.structs.replace(BASE, id="GSAI-ML/LLaDA-8B-Instruct", chat=True)


def planned(
    table: str | None, model: ModelInfo, tasks: str = "", pairs: bool = False, **overrides: Any
) -> list[PlannedTask]:
    choice = TaskChoice(table_named(table) if table else None, tasks.split(), pairs, Overrides(**overrides))
    return plan(choice, model)


def test_a_table_has_the_authors_settings_and_numbers() -> None:
    tasks = {task.task: task for task in planned("base-likelihood", BASE)}
    piqa, mmlu = tasks["piqa"], tasks["mmlu"]
    assert (piqa.fewshot, piqa.strata, piqa.mc_num, piqa.settings.cfg_scale) == (0, 8, 128, 0.5)
    assert (mmlu.fewshot, mmlu.strata, mmlu.mc_num, mmlu.settings.cfg_scale) == (5, 1, 1, 0.0)
    assert (piqa.published, mmlu.published) == (74.4, 65.9)
    gsm8k = {task.task: task for task in planned("instruct-blocks", INSTRUCT)}["gsm8k"]
    assert gsm8k.chat
    assert gsm8k.settings == SamplerSettings(steps=256, gen_length=256, block_length=8)
    assert gsm8k.published == 78.6
    for table in TABLES:
        for row in table.rows:
            assert all(0 < number.percent < 100 for number in row.published), row


@pytest.mark.parametrize(
    ("changes", "published"),
    [
        ({}, 70.3),
        ({"settings": {"gen_length": 512, "seed": 3}}, 70.8),
        ({"settings": {"gen_length": 256}, "batch_size": 16}, 70.0),
        ({"settings": {"gen_length": 128}}, None),
        ({"settings": {"steps": 512}}, None),
        ({"settings": {"remasking": "threshold"}}, None),
        ({"fewshot": 8}, None),
        ({"chat": True}, None),
    ],
    ids=str,
)
def test_a_number_is_published_for_its_settings_alone(changes: dict[str, Any], published: float | None) -> None:
    (task,) = planned("base-generation", BASE, "gsm8k", **changes)
    assert task.published == published
    assert task.settings.steps == task.settings.gen_length or changes == {"settings": {"steps": 512}}


def test_guidance_chooses_the_number_of_a_likelihood() -> None:
    def number(**changes: Any) -> float | None:
        return planned("base-likelihood", BASE, "arc_challenge", **changes)[0].published

    assert number() == 47.9
    assert number(settings={"cfg_scale": 0.0}) == 45.9
    assert number(settings={"cfg_scale": 1.0}) is None
    assert number(mc_num=64) is None
    assert number(strata=16) is None
    assert number(batch_size=16) == 47.9


def test_a_number_is_published_for_its_model_alone() -> None:
    assert planned("base-likelihood", INSTRUCT, "piqa")[0].published is None
    folder = msgspec.structs.replace(BASE, id="/models/LLaDA-8B-Base")
    assert planned("base-likelihood", folder, "piqa")[0].published == 74.4


def test_tasks_that_no_table_has_take_the_defaults() -> None:
    (task,) = planned(None, BASE, "lambada", settings={"gen_length": 64, "block_length": 32})
    assert (task.fewshot, task.batch_size, task.mc_num, task.strata, task.published) == (None, 1, 128, 32, None)
    assert task.settings == SamplerSettings(steps=64, gen_length=64, block_length=32)


def test_the_weights_belong_to_the_plan() -> None:
    small = msgspec.structs.replace(BASE, quantization="nf4")
    assert [planned(None, model, "piqa")[0].weights for model in (BASE, small)] == ["bfloat16", "bfloat16 nf4"]


def test_pairs_are_two_tasks_with_the_published_settings() -> None:
    tasks = planned(None, INSTRUCT, pairs=True)
    assert [task.task for task in tasks] == ["pairs_forward", "pairs_backward"]
    expected = SamplerSettings(steps=28, gen_length=28, block_length=28, logits_eos_inf=True)
    assert [(task.chat, task.settings) for task in tasks] == [(True, expected)] * 2


def test_what_cannot_be_planned_is_told() -> None:
    with pytest.raises(EvaluationError, match="name --tasks"):
        planned(None, BASE)
    with pytest.raises(SettingsError, match="no_such"):
        planned(None, BASE, "piqa", settings={"remasking": "no_such"})


def test_the_embedded_model_s_table_has_its_tasks() -> None:
    table = table_named("embedded")
    assert table is not None
    assert {row.task for row in table.rows} == set(embedded_tasks())
