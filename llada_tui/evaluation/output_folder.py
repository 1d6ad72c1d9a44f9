"""The folder of an evaluation: what each task was answered, so that the same command goes on after an interruption."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import msgspec

from llada_tui.evaluation.errors import EvaluationError
from llada_tui.evaluation.plan import PlannedTask
from llada_tui.evaluation.request_cost import RequestCost

_PLAN = "plan.json"


class TaskFolder:
    """The folder of one task: its plan, the harness's cache of answers, and what each request cost.

    Each of several processes (``rank``) has a cache and a file of costs of its own.
    """

    def __init__(self, out: Path, task: PlannedTask, rank: int = 0) -> None:
        """Makes the folder. Raises `EvaluationError` where the task was begun with other settings, and OSError."""
        self.path = out / re.sub(r"[^\w.-]+", "_", task.task)
        self.path.mkdir(parents=True, exist_ok=True)
        self._rank = rank
        _check_same(self.path / _PLAN, task)

    @property
    def cache(self) -> str:
        """The harness's cache of this process's answers."""
        return str(self.path / f"answers_rank{self._rank}.db")

    @property
    def _costs(self) -> Path:
        return self.path / f"costs_rank{self._rank}.jsonl"

    def add(self, cost: RequestCost) -> None:
        """Write down what a request cost."""
        with self._costs.open("ab") as file:
            file.write(msgspec.json.encode(cost) + b"\n")

    def costs(self) -> list[RequestCost]:
        """The costs of this process's requests. A line that an interruption cut is left out."""
        costs = []
        lines = self._costs.read_bytes().splitlines() if self._costs.exists() else []
        for line in lines:
            with contextlib.suppress(msgspec.DecodeError):
                costs.append(msgspec.json.decode(line, type=RequestCost))
        return costs


def _check_same(path: Path, task: PlannedTask) -> None:
    """Writes the plan, or compares it with the one that is there."""
    content = msgspec.to_builtins(task)
    for name in ("published", "metric", "batch_size"):  # they change no answer
        del content[name]
    try:
        before = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1))
        return
    except msgspec.DecodeError:
        raise EvaluationError(f"{path} is no plan of an evaluation: name another folder (--out).") from None
    if before != content:
        raise EvaluationError(
            f"{path.parent} holds answers with another {_difference(before, content)}: name another folder (--out)."
        )


def _difference(before: object, now: dict[str, object]) -> str:
    """The name of the first thing that differs between two plans."""
    if not isinstance(before, dict):
        return "plan"
    name = next((name for name in (*now, *before) if before.get(name) != now.get(name)), "plan")
    value, value_before = now.get(name), before.get(name)
    return _difference(value_before, value) if isinstance(value, dict) else str(name)
