"""``llada-tui models quantize``: a quantised copy of a checkpoint, on the disk."""

from __future__ import annotations

from pathlib import Path

from llada_tui.cli.loading import progress_words
from llada_tui.cli.output import DONE, USAGE, CommandError, StatusLine, say, size
from llada_tui.models.catalog import QUANTIZATIONS
from llada_tui.settings.sampler_settings import either


def run(source: str, quantization: str, folder: Path | None, *, device: str, force: bool) -> int:
    """Save the copy and say where it is; returns the exit code. Raises `CommandError`."""
    if quantization not in QUANTIZATIONS:
        raise CommandError(f"--to must be {either(QUANTIZATIONS)}, not {quantization!r}.", USAGE)
    status = StatusLine()
    status.show(f"loading {source}")
    from llada_tui.models import saving
    from llada_tui.models.errors import ModelError

    try:
        made = saving.save_quantized(
            source,
            quantization,
            folder or saving.default_folder(source, quantization),
            device=device,
            force=force,
            progress=lambda stage, done, total: status.show(progress_words(source, stage, done, total)),
        )
    except ModelError as error:
        raise CommandError(str(error)) from None
    finally:
        status.clear()
    written = sum(file.stat().st_size for file in made.glob("*.safetensors"))
    say(f"{made} holds {source} in {quantization}, {size(written)}: give it to --model.")
    return DONE
