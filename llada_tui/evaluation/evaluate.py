"""Evaluates a plan, task by task, with lm-evaluation-harness."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import lm_eval
import numpy
import torch
from lm_eval.api.instance import Instance
from lm_eval.defaults import DEFAULT_OTHER_SEED, DEFAULT_RANDOM_SEED

from llada_tui.api import Model
from llada_tui.evaluation.harness_model import HarnessModel
from llada_tui.evaluation.kept_answers import KeptAnswers, times_before
from llada_tui.evaluation.observer import Observer
from llada_tui.evaluation.output_folder import TaskFolder
from llada_tui.evaluation.plan import PlannedTask
from llada_tui.evaluation.recorded_generations import RecordedGenerations
from llada_tui.evaluation.request_cost import RequestCost
from llada_tui.evaluation.result_table import ResultRow, result_rows
from llada_tui.models.generation import Generation
from llada_tui.models.loaded_model import LoadedModel


class TaskProgress(NamedTuple):
    """The progress of a task: ``done`` of ``total`` requests of one kind, and the seconds that the others may take."""

    task: str
    done: int
    total: int
    seconds_left: float


@dataclass
class Evaluation:
    """The planned tasks, and how they are evaluated.

    ``tasks`` are the planned ones by their names, as `llada_tui.evaluation.task_loading.load_tasks` gives them.
    ``limit`` bounds the documents of each task. ``out`` keeps the answers; None: they are not kept. ``recorded`` takes
    the first generations. ``run_code``: tasks may run code that the model wrote.
    """

    plan: Sequence[PlannedTask]
    tasks: Mapping[str, dict[str, Any]]
    limit: int | None = None
    out: Path | None = None
    recorded: RecordedGenerations | None = None
    run_code: bool = False

    def run(self, model: Model, tell: Callable[[TaskProgress], None] = lambda progress: None) -> list[ResultRow]:
        """The rows of the table, in the process of rank 0; none in the others. Raises `EvaluationError`, `ModelError`
        and `SettingsError`."""
        rows = []
        with TemporaryDirectory() as unkept:
            for task in self.plan:
                rows += self._evaluate(task, model, self.out or Path(unkept), tell)
        return rows

    def _evaluate(
        self,
        task: PlannedTask,
        model: Model,
        out: Path,
        tell: Callable[[TaskProgress], None],
    ) -> list[ResultRow]:
        observer = _TaskObserver(task.task, model.loaded, tell, self.recorded)
        harness_model = HarnessModel(
            model,
            task.settings,
            batch_size=task.batch_size,
            mc_num=task.mc_num,
            strata=task.strata,
            check_greedy=task.check_greedy,
            observer=observer,
        )
        folder = TaskFolder(out, task, harness_model.rank)
        observer.folder = folder
        _prepare(self.tasks[task.task]["tasks"].values(), task.fewshot)
        results = lm_eval.evaluate(
            lm=KeptAnswers(harness_model, folder.cache),
            task_dict=self.tasks[task.task],
            limit=self.limit,
            apply_chat_template=task.chat,
            fewshot_as_multiturn=task.chat,
            confirm_run_unsafe_code=self.run_code,
        )
        costs_of_all = harness_model.gather_object(folder.costs())
        if results is None or costs_of_all is None:
            return []
        documents = {(name, sample["doc_id"]) for name, samples in results["samples"].items() for sample in samples}
        costs = {
            (
                cost.task,
                cost.document,
                cost.number,
                cost.again,
            ): cost  # the last, where an interruption had it asked again
            for costs_of_one in costs_of_all
            for cost in costs_of_one
            if (cost.task, cost.document) in documents
        }
        return result_rows(task, results, [*costs.values()])


def _prepare(tasks: Iterable[Any], fewshot: int | None) -> None:
    """Seeds, and the number of examples: what `lm_eval.simple_evaluate` does before it calls `lm_eval.evaluate`; but it
    searches the machine too, for what a report may tell."""
    random.seed(DEFAULT_RANDOM_SEED)
    numpy.random.seed(DEFAULT_OTHER_SEED)
    torch.manual_seed(DEFAULT_OTHER_SEED)
    for task in tasks:
        default = task.get_config("num_fewshot")
        if default is None or (fewshot is not None and default != 0):  # a task's own 0 stays
            task.set_config(key="num_fewshot", value=fewshot or 0)
        task.set_fewshot_seed(seed=DEFAULT_OTHER_SEED)


class _TaskObserver(Observer):
    """Keeps what requests cost, tells the progress, and records generations."""

    def __init__(
        self,
        task: str,
        model: LoadedModel,
        tell: Callable[[TaskProgress], None],
        recorded: RecordedGenerations | None,
    ) -> None:
        self.folder: TaskFolder | None = None
        self._task, self._model, self._tell, self._recorded = task, model, tell, recorded
        self._done = self._total = 0
        self._began = time.monotonic()

    def begin(self, requests: int) -> None:
        self._done, self._total, self._began = 0, requests, time.monotonic()
        self._tell(TaskProgress(self._task, 0, requests, 0.0))

    def answered(self, cost: RequestCost) -> None:
        if self.folder is not None:
            self.folder.add(cost)
        self._done += 1
        spent = time.monotonic() - self._began
        left = spent / self._done * (self._total - self._done)
        self._tell(TaskProgress(self._task, self._done, self._total, left))

    def wants(self) -> int:
        return 0 if self._recorded is None else self._recorded.left

    def keep(self, request: Instance, generation: Generation) -> None:
        if self._recorded is not None:
            again = times_before(request)
            name = f"{request.task_name} {request.doc_id}" + (f" again {again}" if again else "")
            self._recorded.add(self._model, request.args[0], generation, name)
