"""``llada-tui models quantize``: a quantised copy of a checkpoint, on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llada_tui.cli import options
from llada_tui.cli.output import DONE, USAGE, CommandError, say
from llada_tui.units import size_words

app = typer.Typer()


@app.command()
def quantize(
    source: Annotated[
        str, typer.Argument(help="A folder, or a checkpoint's id on the Hugging Face hub.", metavar="MODEL")
    ],
    to: Annotated[str, typer.Option("--to", help="nf4 (4-bit) or int8.", metavar="NAME")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="The folder of the copy; here, by the name of the original, where none is named.", metavar="FOLDER"
        ),
    ] = None,
    device: options.Device = "auto",
    force: options.Force = False,
    worker: options.Worker = None,
) -> int:
    """Save a quantised copy, which loads in seconds: --model FOLDER."""
    from llada_tui.cli.model_source import configured, progress_words
    from llada_tui.cli.worker_for_command import CommandWorker, use_worker
    from llada_tui.models.catalog import QUANTIZATIONS
    from llada_tui.settings.sampler_settings import either
    from llada_tui.worker.job_messages import Quantize, Quantized

    if to not in QUANTIZATIONS:
        raise CommandError(f"--to must be {either(QUANTIZATIONS)}, not {to!r}.", USAGE)
    command = Quantize("quantize", source, to, "" if out is None else str(out), device, force)

    async def talk(worker: CommandWorker) -> Quantized:
        worker.on_interrupt = lambda: worker.cancel_job(command.run)  # what it wrote so far has to go
        worker.status.show(f"loading {source}")
        return await worker.do(command, Quantized, lambda at: progress_words(source, at.stage, at.done, at.total))

    copy = use_worker(worker or configured().worker, talk)
    say(f"{copy.folder} holds {source} in {to}, {size_words(copy.size)}: give it to --model.")
    return DONE
