"""``llada-tui models quantize``: a quantised copy of a checkpoint, on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llada_tui.cli import options
from llada_tui.cli.output import DONE, USAGE, CommandError, StatusLine, say
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
) -> int:
    """Save a quantised copy, which loads in seconds: --model FOLDER."""
    from llada_tui.cli.model_source import progress_words
    from llada_tui.models.catalog import QUANTIZATIONS
    from llada_tui.settings.sampler_settings import either

    if to not in QUANTIZATIONS:
        raise CommandError(f"--to must be {either(QUANTIZATIONS)}, not {to!r}.", USAGE)
    status = StatusLine()
    status.show(f"loading {source}")
    from llada_tui.models import saving
    from llada_tui.models.errors import ModelError

    try:
        folder = saving.save_quantized(
            source,
            to,
            out or saving.default_folder(source, to),
            device=device,
            force=force,
            progress=lambda stage, done, total: status.show(progress_words(source, stage, done, total)),
        )
    except ModelError as error:
        raise CommandError(str(error)) from None
    finally:
        status.clear()
    written = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    say(f"{folder} holds {source} in {to}, {size_words(written)}: give it to --model.")
    return DONE
