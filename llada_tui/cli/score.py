"""``llada-tui score``: how likely a model finds an answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from llada_tui.cli import options
from llada_tui.cli.model_source import with_configured
from llada_tui.cli.output import DONE, USAGE, CommandError, say, table
from llada_tui.cli.prompts import Around, as_typed, named_pictures, picture_files, read_prompt
from llada_tui.settings.prompt import typed_prompt

if TYPE_CHECKING:
    from llada_tui.trace.events import ModelInfo
    from llada_tui.worker.job_messages import TokensScored
    from llada_tui.worker.protocol import Load

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """The prompt and the answer to score, and the number of samples. ``load.source`` may be left to the
    configuration."""

    prompt: str
    answer: str
    load: Load
    mc_num: int
    cfg_scale: float
    seed: int
    batch_size: int
    as_json: bool
    worker: str | None = None
    raw_tokens: bool = False
    images: Sequence[Path] = ()


@app.command(short_help="Tell how likely the model finds an answer, token by token.")
def score(
    prompt: Annotated[
        str,
        typer.Argument(
            help="What comes before the answer, in quotes; - reads it from the standard input.", metavar="PROMPT"
        ),
    ],
    answer: Annotated[
        str,
        typer.Argument(
            help="What is scored, as it is: after raw text it begins with a space of its own.", metavar="ANSWER"
        ),
    ],
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    worker: options.Worker = None,
    mc_num: Annotated[
        int,
        options.number(
            "--mc-num",
            "Monte Carlo samples; an answer so short that they cover all of its masks is scored exactly.",
            1,
            1_000_000,
        ),
    ] = 128,
    cfg_scale: Annotated[float, options.setting("cfg_scale")] = 0.0,
    seed: Annotated[int, options.setting("seed")] = 0,
    batch_size: Annotated[int, options.number("--batch-size", "Samples in one call of the model.", 1, 4096)] = 16,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with everything.")] = False,
    raw_tokens: options.RawTokens = False,
    image: options.Images = None,
) -> int:
    """Tell how likely the model finds an answer: its log-likelihood, and each token's part of it."""
    from llada_tui.worker.protocol import Load

    load = Load(model or "", dtype, device, quantization, force=force)
    request = ScoreRequest(
        prompt, answer, load, mc_num, cfg_scale, seed, batch_size, as_json, worker, raw_tokens, image or ()
    )
    return run(request)


def run(request: ScoreRequest) -> int:
    """Score an answer and print it; returns the exit code. Raises `CommandError`."""
    from llada_tui.cli.worker_for_command import CommandWorker, use_worker
    from llada_tui.worker.job_messages import ScoreTokens, TokensScored

    if not request.answer:
        raise CommandError("The answer is empty: there is nothing to score.", USAGE)
    prompt = read_prompt("-") if request.prompt == "-" else as_typed(request.prompt)
    answer, files = as_typed(request.answer), picture_files(Around(request.images))
    load, worker_command = with_configured(request.load, request.worker)
    # Logits take most of it: those of the answer, in every row of a batch. A token is two bytes or more.
    rows = request.batch_size * (2 if request.cfg_scale else 1)
    room = (len(prompt.encode()) + rows * len(answer.encode())) // 2

    async def talk(worker: CommandWorker) -> tuple[ModelInfo, TokensScored, list[str]]:
        info = await worker.load(msgspec.structs.replace(load, canvas=room))
        names, contents = named_pictures(info, files)
        typed = typed_prompt(prompt, chat=info.chat, holes=False, raw_tokens=request.raw_tokens, images=names)
        command = ScoreTokens(
            "score",
            msgspec.structs.replace(typed, pictures=contents),
            answer,
            samples=request.mc_num,
            cfg_scale=request.cfg_scale,
            seed=request.seed,
            batch_size=request.batch_size,
        )
        score = await worker.do(command, TokensScored, lambda at: f"{at.done} of {at.total} samples")
        return info, score, [worker.token_bytes.get(token, b"").decode("utf-8", "replace") for token in score.ids]

    info, score, texts = use_worker(worker_command, talk)
    if request.as_json:
        print(json.dumps(_summary(info, request, texts, score)), flush=True)
    else:
        say("\n".join(_lines(texts, score)))
    return DONE


def _lines(texts: list[str], score: TokensScored) -> list[str]:
    rows: list[tuple[str, ...]] = [("token", "id", "log p")]
    rows += [
        (repr(text), str(token), f"{value:.4f}")
        for text, token, value in zip(texts, score.ids, score.tokens, strict=True)
    ]
    error = f"standard error {score.standard_error:.4f}, {score.samples} samples" if score.standard_error else "exact"
    if score.standard_error is None:
        error = "one sample, which tells no standard error"
    return [
        *table(rows, right=(1, 2)),
        "",
        f"log-likelihood  {score.total:.4f} nats ({error})",
        f"per token       {score.per_token:.4f} nats, perplexity {_perplexity(score):.4g}",
    ]


def _perplexity(score: TokensScored) -> float:
    return exp(min(-score.per_token, 700))


def _summary(info: ModelInfo, request: ScoreRequest, texts: list[str], score: TokensScored) -> dict[str, Any]:
    return {
        "log_likelihood": score.total,
        "standard_error": score.standard_error,
        "per_token": score.per_token,
        "perplexity": _perplexity(score),
        "tokens": [
            {"id": token, "text": text, "log_probability": value}
            for text, token, value in zip(texts, score.ids, score.tokens, strict=True)
        ],
        "samples": score.samples,
        "mc_num": request.mc_num,
        "cfg_scale": request.cfg_scale,
        "seed": request.seed,
        "model": {name: getattr(info, name) for name in info.__struct_fields__},
    }
