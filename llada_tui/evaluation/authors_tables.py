"""The benchmarks that LLaDA's authors measured, with their settings and their numbers (ML-GSAI/LLaDA, ``EVAL.md`` and
its scripts, commit b7e6c35). No harness is imported here: options and docs list these."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SUMS, FACTS, COUPLETS = "embedded_sums", "embedded_facts", "embedded_couplets"
"""Tasks of this program: `llada_tui.evaluation.embedded_tasks`."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number that the authors published, in percent, and the settings that differ from their row's."""

    percent: float
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuthorsRow:
    """One task of a table: the harness's name for it, the settings, and the numbers for ``metric``.

    ``fewshot`` None leaves the number of examples to the task. A likelihood has ``mc_num`` samples, drawn ``strata`` at
    a time (the authors' batch size).
    """

    task: str
    metric: str
    published: tuple[Measurement, ...] = ()
    fewshot: int | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    strata: int = 1
    mc_num: int = 1
    chat: bool = False
    """Whether requests go through the model's chat template."""


@dataclass(frozen=True, slots=True)
class AuthorsTable:
    """The rows of a table, for the models whose name ends in ``model``."""

    name: str
    help: str
    model: str
    rows: tuple[AuthorsRow, ...]

    def about(self, model_id: str) -> bool:
        """Whether the numbers are this model's, by its id or folder."""
        return model_id.rstrip("/").lower().endswith(self.model)


def _likelihood(
    task: str, metric: str, fewshot: int, plain: float, guided: float | None = None, cfg_scale: float = 0.0
) -> AuthorsRow:
    """A row of likelihoods with 128 samples, 8 at a time, published with guidance and without."""
    numbers = [Measurement(plain, {"cfg_scale": 0.0})]
    if guided is not None:
        numbers.append(Measurement(guided, {"cfg_scale": cfg_scale}))
    return AuthorsRow(task, metric, tuple(numbers), fewshot, {"cfg_scale": cfg_scale}, 8, 128)


def _one_sample(task: str, plain: float) -> AuthorsRow:
    """A row of likelihoods of one token, for which one sample is exact."""
    return AuthorsRow(task, "acc", (Measurement(plain),), 5)


def _canvas(length: int, block: int | None = None, **more: Any) -> dict[str, Any]:
    """One step a token, as the authors have it; one block where no other length is named."""
    return {"gen_length": length, "steps": length, "block_length": block or length, **more}


def _lengths(task: str, metric: str, *percents: float) -> AuthorsRow:
    """A row of generations in one block of 1024, 512 or 256 tokens."""
    numbers = [
        Measurement(percent, _canvas(length)) for percent, length in zip(percents, (1024, 512, 256), strict=True)
    ]
    return AuthorsRow(task, metric, tuple(numbers), changes=_canvas(1024))


def _answers(
    task: str,
    metric: str,
    percent: float,
    length: int,
    block: int | None = None,
    fewshot: int | None = None,
    **more: Any,
) -> AuthorsRow:
    """A row of generations through the chat template, with one number."""
    return AuthorsRow(task, metric, (Measurement(percent),), fewshot, _canvas(length, block, **more), chat=True)


_LAST: dict[str, Any] = {"confidence_eos_eot_inf": True}
_BANNED: dict[str, Any] = {"logits_eos_inf": True}

TABLES = (
    AuthorsTable(
        "base-likelihood",
        "LLaDA-8B-Base, tasks of choices",
        "llada-8b-base",
        (
            _likelihood("gpqa_main_n_shot", "acc", 5, 25.2, 26.1, 0.5),
            _likelihood("truthfulqa_mc2", "acc", 0, 46.1, 46.4, 2.0),
            _likelihood("arc_challenge", "acc_norm", 0, 45.9, 47.9, 0.5),
            _likelihood("hellaswag", "acc_norm", 0, 70.5, 72.5, 0.5),
            _likelihood("winogrande", "acc", 5, 74.8),
            _likelihood("piqa", "acc_norm", 0, 73.6, 74.4, 0.5),
            _one_sample("mmlu", 65.9),
            _one_sample("cmmlu", 69.9),
            _one_sample("ceval-valid", 70.5),
        ),
    ),
    AuthorsTable(
        "base-generation",
        "LLaDA-8B-Base, one block of 1024 tokens (--gen-length 512 or 256: their other columns)",
        "llada-8b-base",
        (
            _lengths("bbh", "exact_match", 49.7, 50.4, 45.0),
            _lengths("gsm8k", "exact_match", 70.3, 70.8, 70.0),
            _lengths("minerva_math", "exact_match", 31.4, 30.9, 30.3),
            _lengths("humaneval", "pass@1", 35.4, 32.9, 32.9),
            _lengths("mbpp", "pass_at_1", 40.0, 39.2, 40.2),
        ),
    ),
    AuthorsTable(
        "instruct",
        "LLaDA-8B-Instruct in one block",
        "llada-8b-instruct",
        (
            _answers("mmlu_generative", "exact_match", 65.5, 3, fewshot=5),
            _answers("mmlu_pro", "exact_match", 37.0, 256),
            _answers("arc_challenge_chat", "exact_match", 88.5, 512),
            _answers("gsm8k", "exact_match", 69.4, 512, fewshot=5, **_LAST),
            _answers("minerva_math", "exact_match", 31.9, 512, **_LAST),
            _answers("gpqa_main_generative_n_shot", "exact_match", 33.3, 64, **_LAST),
            _answers("humaneval_instruct", "pass@1", 49.4, 512, **_BANNED),
            _answers("mbpp_instruct", "pass_at_1", 41.0, 256, **_LAST),
        ),
    ),
    AuthorsTable(
        "instruct-blocks",
        "LLaDA-8B-Instruct in short blocks",
        "llada-8b-instruct",
        (
            _answers("gsm8k", "exact_match", 78.6, 256, 8, fewshot=5),
            _answers("minerva_math", "exact_match", 42.2, 512, 64),
        ),
    ),
    AuthorsTable(
        "1.5",
        "LLaDA 1.5",
        "llada-1.5",
        (
            _answers("gsm8k", "exact_match", 83.8, 256, 16, fewshot=5, **_LAST),
            _answers("minerva_math", "exact_match", 42.6, 1024, 128, **_LAST),
            _answers("gpqa_main_generative_n_shot", "exact_match", 36.9, 256, 16),
            _answers("humaneval_instruct", "pass@1", 52.4, 512, 32, **_LAST),
            _answers("mbpp_instruct", "pass_at_1", 42.8, 512, 32, **_LAST),
            _answers("ifeval", "prompt_level_strict_acc", 66.2, 256, 16, **_LAST),
        ),
    ),
    AuthorsTable(
        "embedded",
        "the embedded model, on small tasks that come with this program and need no network",
        "demo",
        (
            AuthorsRow(SUMS, "exact_match", changes=_canvas(32), chat=True),
            AuthorsRow(FACTS, "acc", fewshot=0, strata=8, mc_num=32),
            AuthorsRow(f"{COUPLETS}_forward", "hit", changes=_canvas(28, **_BANNED), chat=True),
            AuthorsRow(f"{COUPLETS}_backward", "hit", changes=_canvas(28, **_BANNED), chat=True),
        ),
    ),
)
"""The tables by which ``llada-tui eval --preset`` goes."""


def table_named(name: str) -> AuthorsTable | None:
    """The table of a name, in small letters or large; None if there is none."""
    return next((table for table in TABLES if table.name == name.casefold()), None)
