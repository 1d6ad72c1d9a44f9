"""The harness's tasks, with every way in which one cannot be loaded told in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from lm_eval.tasks import TaskManager

from llada_tui.evaluation.errors import EvaluationError

_NO_CONSENT = (
    "{task} runs code that the model wrote, with this program's rights: "
    "say --run-code if this machine is there for that."
)


def load_tasks(
    names: Sequence[str], inline: Mapping[str, dict[str, Any]], include: Sequence[Path], *, run_code: bool
) -> dict[str, dict[str, Any]]:
    """The tasks of these names with their data: ``inline`` configurations, those in ``include`` folders, the harness's.
    ``run_code``: they may run code that the model wrote. Raises `EvaluationError`."""
    manager = _task_manager([name for name in names if name not in inline], include)
    return {name: _load(manager, inline.get(name, name), name, run_code=run_code) for name in names}


def _task_manager(names: Sequence[str], include: Sequence[Path]) -> TaskManager:
    """The tasks of the ``include`` folders; with the harness's own, which take seconds to list, where ``names`` need
    them. Raises `EvaluationError` for a folder that is not there, and for a name that no task has."""
    for folder in include:
        if not folder.is_dir():
            raise EvaluationError(f"{folder} is no folder with tasks (--include-path).")
    paths = [str(folder) for folder in include]
    manager = TaskManager(include_path=paths, include_defaults=False)
    if not set(names) <= set(manager.all_tasks):
        manager = TaskManager(include_path=paths)
    for name in names:
        if name not in manager.all_tasks:
            near = get_close_matches(name, manager.all_tasks, 3)
            hint = f" Did you mean {', '.join(near)}?" if near else ""
            raise EvaluationError(f"The harness has no task {name!r}, and --include-path has none.{hint}")
    return manager


def _load(manager: TaskManager, spec: str | dict[str, Any], name: str, *, run_code: bool) -> dict[str, Any]:
    """A task with its data, or the tasks of a group of this name, as `lm_eval.evaluate` takes them. Raises
    `EvaluationError`."""
    entry = manager.task_index.get(name)
    if not run_code and entry is not None and (entry.cfg or {}).get("unsafe_code"):
        raise EvaluationError(_NO_CONSENT.format(task=name))
    try:
        loaded: dict[str, Any] = manager.load([spec])
    except ModuleNotFoundError as error:
        raise EvaluationError(f"{name} needs a package that is not installed: pip install {error.name}.") from None
    except Exception as error:
        if not run_code and "HF_ALLOW_CODE_EVAL" in str(error):
            raise EvaluationError(_NO_CONSENT.format(task=name)) from None
        raise EvaluationError(f"The data of {name} cannot be loaded: {_reason(error)}") from None
    if not run_code and any(getattr(task, "UNSAFE_CODE", False) for task in loaded["tasks"].values()):
        raise EvaluationError(_NO_CONSENT.format(task=name))
    return loaded


def _reason(error: Exception) -> str:
    """The first sentence of an error, and what to do where the network was asked in vain."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    reason = lines[0].strip().rstrip(".")[:300]
    offline = isinstance(error, ConnectionError) or "offline" in str(error).lower() or "connect" in str(error).lower()
    return f"{reason}; download it where there is a network." if offline else f"{reason}."
