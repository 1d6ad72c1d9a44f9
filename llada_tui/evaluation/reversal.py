"""The reversal evaluation: both directions of couplets (LLaDA, arXiv 2502.09992, section 3.3; ``eval_reverse.py``)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llada_tui.evaluation.errors import EvaluationError
from llada_tui.evaluation.inline_tasks import generation_task

CHANGES: dict[str, Any] = {"gen_length": 28, "steps": 28, "block_length": 28, "logits_eos_inf": True}
"""The published settings: 28 tokens in one block, a token a step, end of text never guessed."""
_FORWARD = "{line}的下一句是什么？ 直接输出句子即可。"
_BACKWARD = "{line}的上一句是什么？ 直接输出句子即可。"
"""The published questions: what is the next, or the previous, line of this one? Print the line itself."""
DIRECTIONS = ("forward", "backward")


@dataclass(frozen=True, slots=True)
class Couplets:
    """Pairs of lines, and the questions in which ``{line}`` stands for the one that is told."""

    pairs: list[tuple[str, str]]
    forward: str = _FORWARD
    backward: str = _BACKWARD

    def task(self, name: str, direction: str) -> dict[str, Any]:
        """The task of a direction for the harness: a hit is an answer that holds the other line, whatever follows."""
        question = self.forward if direction == "forward" else self.backward
        rows = [
            {"question": question.replace("{line}", line), "answer": other}
            for line, other in (self.pairs if direction == "forward" else [pair[::-1] for pair in self.pairs])
        ]
        task = generation_task(f"{name}_{direction}", rows, ["hit"])
        return {**task, "process_results": _hit}


def read_couplets(path: Path) -> Couplets:
    """The pairs of a file: a list of objects with ``first`` and ``second``, as the authors' ``poem_data.json``; or an
    object with such ``pairs`` and questions of its own, ``forward`` and ``backward``. Raises `EvaluationError`."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise EvaluationError(f"{path} cannot be read as a file of pairs: {error}.") from None
    questions = content if isinstance(content, dict) else {}
    pairs = questions.get("pairs") if questions else content
    if not isinstance(pairs, list) or not pairs or not all(map(_is_pair, pairs)):
        raise EvaluationError(f'{path} holds no pairs: it must be a list of objects with "first" and "second".')
    asked = {direction: questions[direction] for direction in DIRECTIONS if direction in questions}
    if not all(isinstance(question, str) and "{line}" in question for question in asked.values()):
        raise EvaluationError(f'The questions of {path} must be texts with "{{line}}" in them.')
    return Couplets([(pair["first"], pair["second"]) for pair in pairs], **asked)


def _is_pair(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in ("first", "second"))


def _hit(row: dict[str, Any], results: list[str]) -> dict[str, float]:
    return {"hit": float(row["answer"] in results[0])}
