"""``llada-tui score``: how likely a model finds an answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from math import exp, isnan
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from llada_tui.cli import options
from llada_tui.cli.model_source import load_here
from llada_tui.cli.output import DONE, USAGE, CommandError, StatusLine, say, table
from llada_tui.cli.prompts import read_prompt
from llada_tui.worker.protocol import Load

if TYPE_CHECKING:
    from llada_tui.api import Model
    from llada_tui.diffusion.likelihood import Likelihood


app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be scored, and how. ``load.source`` may be left to the configuration."""

    prompt: str
    answer: str
    load: Load
    mc_num: int
    cfg_scale: float
    seed: int
    batch_size: int
    as_json: bool


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
) -> int:
    """Tell how likely the model finds an answer: its log-likelihood, and each token's part of it."""
    load = Load(model or "", dtype, device, quantization, force=force)
    return run(Request(prompt, answer, load, mc_num, cfg_scale, seed, batch_size, as_json))


def run(request: Request) -> int:
    """Score an answer and print it; returns the exit code. Raises `CommandError`."""
    if not request.answer:
        raise CommandError("The answer is empty: there is nothing to score.", USAGE)
    if request.prompt == "-":
        request = replace(request, prompt=read_prompt("-"))
    # Logits take most of it: those of the answer, in every row of a batch. A token is two bytes or more.
    rows = request.batch_size * (2 if request.cfg_scale else 1)
    room = (len(request.prompt.encode()) + rows * len(request.answer.encode())) // 2
    model = load_here(msgspec.structs.replace(request.load, canvas=room))
    from llada_tui.models.errors import ModelError

    status = StatusLine()
    try:
        found = model.log_likelihood(
            request.prompt,
            request.answer,
            request.mc_num,
            request.cfg_scale,
            seed=request.seed,
            batch_size=request.batch_size,
            progress=lambda done, total: status.show(f"{done} of {total} samples"),
        )
    except ModelError as error:
        raise CommandError(str(error)) from None
    finally:
        status.clear()
    tokens = _tokens(model, request.answer)
    if request.as_json:
        print(json.dumps(_summary(model, request, tokens, found)), flush=True)
    else:
        say("\n".join(_lines(tokens, found)))
    return DONE


def _tokens(model: Model, answer: str) -> list[tuple[int, str]]:
    """The answer's tokens, each with the text that it stands for."""
    ids = model.loaded.encode_answer(answer)
    pieces = model.loaded.pieces(ids)
    return [(token, pieces[token].decode("utf-8", "replace")) for token in ids]


def _lines(tokens: list[tuple[int, str]], found: Likelihood) -> list[str]:
    rows: list[tuple[str, ...]] = [("token", "id", "log p")]
    rows += [
        (repr(text), str(token), f"{value:.4f}") for (token, text), value in zip(tokens, found.tokens, strict=True)
    ]
    error = f"standard error {found.standard_error:.4f}, {found.samples} samples"
    if found.standard_error == 0:
        error = "exact"
    elif isnan(found.standard_error):
        error = "one sample, which tells no standard error"
    return [
        *table(rows, right=(1, 2)),
        "",
        f"log-likelihood  {found.total:.4f} nats ({error})",
        f"per token       {found.per_token:.4f} nats, perplexity {_perplexity(found):.4g}",
    ]


def _perplexity(found: Likelihood) -> float:
    return exp(min(-found.per_token, 700))


def _summary(model: Model, request: Request, tokens: list[tuple[int, str]], found: Likelihood) -> dict[str, Any]:
    info = model.loaded.info
    return {
        "log_likelihood": found.total,
        "standard_error": None if isnan(found.standard_error) else found.standard_error,
        "per_token": found.per_token,
        "perplexity": _perplexity(found),
        "tokens": [
            {"id": token, "text": text, "log_probability": value}
            for (token, text), value in zip(tokens, found.tokens, strict=True)
        ],
        "samples": found.samples,
        "mc_num": request.mc_num,
        "cfg_scale": request.cfg_scale,
        "seed": request.seed,
        "model": {name: getattr(info, name) for name in info.__struct_fields__},
    }
