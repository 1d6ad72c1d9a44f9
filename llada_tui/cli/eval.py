"""``llada-tui eval``: benchmarks by lm-evaluation-harness, with the authors' settings and their numbers beside ours."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from llada_tui.cli import options
from llada_tui.cli.model_source import configured, progress_words
from llada_tui.cli.output import DONE, INTERRUPTED, USAGE, CommandError, StatusLine, say, table, warn
from llada_tui.evaluation import NOT_INSTALLED
from llada_tui.evaluation.authors_tables import TABLES, AuthorsTable, table_named
from llada_tui.evaluation.plan import Overrides

if TYPE_CHECKING:
    from llada_tui.api import Model
    from llada_tui.evaluation.evaluate import TaskProgress
    from llada_tui.evaluation.result_table import ResultRow

app = typer.Typer()

GENERATIONS = "generations.jsonl"
"""The session in the folder of an evaluation."""
_TABLES_HELP = "; ".join(f"{authors_table.name}: {authors_table.help}" for authors_table in TABLES)
_EVERY = 60.0
"""Seconds between two lines of progress where no terminal is."""


@dataclass(frozen=True, slots=True)
class EvalRequest:
    """The tasks, the model and the settings of an evaluation."""

    model: str | None
    load: dict[str, Any]
    tasks: list[str]
    table: AuthorsTable | None
    pairs: Path | None
    overrides: Overrides
    include: list[Path] = field(default_factory=list)
    limit: int | None = None
    out: Path | None = None
    record: int = 0
    run_code: bool = False
    check_greedy: bool = False
    as_json: bool = False
    as_markdown: bool = False


@app.command("eval", short_help="Evaluate a model on benchmarks, beside its authors' numbers.")
@options.with_sampler_settings
def evaluate(
    tasks: Annotated[
        str | None,
        typer.Option(help="Tasks of lm-evaluation-harness, with commas between them: gsm8k,piqa.", metavar="NAMES"),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help=f"A table of the authors', its tasks and settings. {_TABLES_HELP}.",
            autocompletion=lambda: [table.name for table in TABLES],
            metavar="NAME",
        ),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            help="The reversal evaluation, both directions, of a file of pairs as the authors' poem_data.json.",
            metavar="FILE",
        ),
    ] = None,
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    compile: options.Compile = False,
    include_path: Annotated[
        list[Path] | None, typer.Option(help="A folder with tasks of your own, as YAML files.", metavar="FOLDER")
    ] = None,
    limit: Annotated[int | None, options.number("--limit", "Documents of each task, at most.", 1, 10**9)] = None,
    num_fewshot: Annotated[
        int | None, options.number("--num-fewshot", "Examples before each question.", 0, 1000)
    ] = None,
    batch_size: Annotated[
        int | None,
        options.number("--batch-size", "Canvases, or samples of likelihoods, in one pass; it decides speed.", 1, 4096),
    ] = None,
    mc_num: Annotated[
        int | None, options.number("--mc-num", "Monte Carlo samples of a likelihood.", 1, 1_000_000)
    ] = None,
    strata: Annotated[
        int | None,
        options.number("--strata", "Samples of a likelihood that are drawn at a time, as published.", 1, 4096),
    ] = None,
    chat_template: Annotated[
        bool | None,
        typer.Option("--chat-template/--no-chat-template", help="Put requests through the model's chat template."),
    ] = None,
    check_greedy: Annotated[
        bool,
        typer.Option("--check-greedy", help="Tell whether the model would write an answer so (tasks like LAMBADA)."),
    ] = False,
    run_code: Annotated[
        bool, typer.Option("--run-code", help="Let tasks such as HumanEval run the code that the model wrote.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Keep answers and tables there; the same command goes on from them.", metavar="FOLDER"),
    ] = None,
    record: Annotated[
        int,
        options.number("--record", f"Record so many generations, with steps, in FOLDER/{GENERATIONS}.", 0, 10_000),
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")] = False,
    settings: dict[str, Any] | None = None,
) -> int:
    """Evaluate a model on benchmarks, in this process. ``accelerate launch -m llada_tui eval ...`` spreads the tasks
    over several GPUs or machines."""
    request = EvalRequest(
        model,
        {"dtype": dtype, "device": device, "quantization": quantization, "force": force, "compile": compile},
        [name.strip() for name in (tasks or "").split(",") if name.strip()],
        _table(preset),
        pairs,
        Overrides(settings or {}, num_fewshot, batch_size, mc_num, strata, chat_template),
        include_path or [],
        limit,
        out,
        record,
        run_code,
        check_greedy,
        as_json,
        as_markdown,
    )
    return run(request)


def run(request: EvalRequest) -> int:
    """Evaluate and print the table; returns the exit code. Raises `CommandError` and `SettingsError`."""
    from llada_tui.trace.session import reason

    if request.record and request.out is None:
        raise CommandError("--record needs a folder to record in: name one with --out.", USAGE)
    if request.as_json and request.as_markdown:
        raise CommandError("--json and --markdown exclude each other.", USAGE)
    if find_spec("lm_eval") is None:
        raise CommandError(NOT_INSTALLED)
    if request.out is not None:
        try:
            request.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"{request.out} cannot be a folder of answers: {reason(error)}.", USAGE) from None
    _quiet(run_code=request.run_code)
    try:
        rows = _evaluate(request)
    except KeyboardInterrupt:
        if request.out is not None:
            warn(f"Stopped. What was answered is in {request.out}: the same command goes on from there.")
        return INTERRUPTED
    if not rows:
        return DONE  # another process has the table
    from llada_tui.evaluation.result_table import markdown

    if request.out is not None:
        _write(request.out, {"results.json": _json(rows), "results.md": markdown(rows), "results.txt": _text(rows)})
    if request.as_json:
        print(_json(rows), flush=True)
    else:
        say(markdown(rows).rstrip() if request.as_markdown else _text(rows))
    return DONE


def _evaluate(request: EvalRequest) -> list[ResultRow]:
    """The rows of the table. Everything that can be refused is before the model is loaded, or right after."""
    status = StatusLine()
    status.show("loading the harness")
    from llada_tui.api import load_model
    from llada_tui.evaluation.embedded_tasks import embedded_tasks
    from llada_tui.evaluation.errors import EvaluationError
    from llada_tui.evaluation.evaluate import Evaluation
    from llada_tui.evaluation.plan import PAIRS, TaskChoice, chosen_rows, plan
    from llada_tui.evaluation.processes import Processes
    from llada_tui.evaluation.recorded_generations import RecordedGenerations
    from llada_tui.evaluation.reversal import DIRECTIONS, read_couplets
    from llada_tui.evaluation.task_loading import load_tasks
    from llada_tui.models.errors import ModelError
    from llada_tui.trace.session import SessionError

    recorded = None
    try:
        inline = embedded_tasks()
        if request.pairs is not None:
            couplets = read_couplets(request.pairs)
            inline |= {f"{PAIRS}_{direction}": couplets.task(PAIRS, direction) for direction in DIRECTIONS}
        choice = TaskChoice(
            request.table, request.tasks, request.pairs is not None, request.overrides, request.check_greedy
        )
        status.show("loading the tasks")
        names = [row.task for row in chosen_rows(choice)]
        tasks = load_tasks(names, inline, request.include, run_code=request.run_code)
        processes = Processes()
        if request.limit is not None and request.limit < processes.count:
            raise EvaluationError(f"--limit must be at least {processes.count}, one document for each process.")
        source = request.model or configured().model
        place = {**request.load, "device": processes.device(str(request.load["device"]))}
        model: Model = load_model(source, **place, progress=lambda *at: status.show(progress_words(source, *at)))
        planned = plan(choice, model.loaded.info)
        if request.record and request.out is not None and processes.rank == 0:
            recorded = RecordedGenerations(request.out / GENERATIONS, request.record)
        evaluation = Evaluation(planned, tasks, request.limit, request.out, recorded, request.run_code)
        return evaluation.run(model, _teller(status) if processes.rank == 0 else lambda progress: None)
    except (EvaluationError, ModelError, SessionError) as error:
        raise CommandError(str(error)) from None
    finally:
        status.clear()
        if recorded is not None:
            recorded.finish()


def _teller(status: StatusLine) -> Any:
    """Shows the progress: in a line of the terminal, or a line a minute where there is none."""
    last = time.monotonic()

    def tell(progress: TaskProgress) -> None:
        nonlocal last
        words = f"{progress.task}: {progress.done} of {progress.total} requests"
        if progress.done:
            words += f", {_duration(progress.seconds_left)} left"
        status.show(words)
        if not sys.stderr.isatty() and time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            warn(words)

    return tell


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{rest} s"


def _table(name: str | None) -> AuthorsTable | None:
    if name is None:
        return None
    authors_table = table_named(name)
    if authors_table is None:
        names = ", ".join(each.name for each in TABLES)
        raise typer.BadParameter(f"there is no table {name!r}; there are {names}.", param_hint="--preset")
    return authors_table


def _quiet(*, run_code: bool) -> None:
    """Keep libraries from writing between our lines; consent is told to the one that asks for it."""
    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    if run_code:
        os.environ["HF_ALLOW_CODE_EVAL"] = "1"
    for name in ("lm_eval", "datasets", "evaluate", "huggingface_hub", "httpx"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _write(out: Path, files: dict[str, str]) -> None:
    """The table in each of its forms, by the file's name."""
    for name, text in files.items():
        (out / name).write_text(text.rstrip() + "\n", "utf-8")


def _json(rows: list[ResultRow]) -> str:
    return json.dumps([msgspec.to_builtins(row) for row in rows], indent=1)


def _text(rows: list[ResultRow]) -> str:
    from llada_tui.evaluation.result_table import HEAD, NUMBERS

    return "\n".join(table([HEAD, *(row.cells() for row in rows)], right=NUMBERS))
