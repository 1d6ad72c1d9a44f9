"""Two processes of ``accelerate launch`` give the scores of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Home
from tests.evaluation.tasks import write_tasks

ROOT = Path(__file__).parents[2]


def evaluated(folder: Path, tasks: Path, *launcher: str) -> list[dict[str, Any]]:
    """The rows of the table of an evaluation by a launcher."""
    folder.mkdir()
    command = [sys.executable, *launcher, "-m", "llada_tui", "eval", "--model", "demo", "--json"]
    command += ["--tasks", "local_sums,local_capitals", "--include-path", str(tasks), "--out", str(folder / "out")]
    command += "--gen-length 16 --block-length 16 --mc-num 8 --strata 2".split()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.mark.slow
def test_two_processes_give_the_scores_of_one(tmp_path: Path, home: Home) -> None:
    tasks = write_tasks(tmp_path / "tasks")
    alone = evaluated(tmp_path / "alone", tasks)
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"]
    launch += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    together = evaluated(tmp_path / "together", tasks, *launch)
    assert together == alone
    assert [(row["task"], row["documents"]) for row in alone] == [("local_sums", 3), ("local_capitals", 3)]
    for task in ("local_sums", "local_capitals"):
        answers = {path.name for path in (tmp_path / "together" / "out" / task).glob("costs_rank*.jsonl")}
        assert answers == {"costs_rank0.jsonl", "costs_rank1.jsonl"}
