"""``llada-tui models``: the known checkpoints, and which of them this machine can hold."""

from __future__ import annotations

import typer

from llada_tui.cli import quantize
from llada_tui.cli.output import columns, hung, say, table, wrapped
from llada_tui.models.catalog import CHECKPOINTS, DEMO, DEMO_FOLDER, Checkpoint, cached
from llada_tui.models.machine import Memory, best_place, main_memory
from llada_tui.models.machine_speed import USUAL, MachineSpeed, measured
from llada_tui.models.recommendation import ANSWER, recommended
from llada_tui.units import size_words

_LATER = "not now"
_BESIDE = 30
"""Cells that a summary needs to stand beside its model's numbers; with less room it stands below them."""
_WIDEST = 160
_LONGEST_NAMES = 34
"""Characters of an id and its short name that stand beside the numbers."""
_CHOICES = 3
"""Checkpoints that are recommended."""


app = typer.Typer()
models_app = typer.Typer(help="The known checkpoints; without a command it lists them.")
models_app.add_typer(quantize.app)
app.add_typer(models_app, name="models")


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """List the known checkpoints: whether they are here, the memory they need, whether they fit this machine, and how
    fast they are likely to be: a processor's speed is measured for half a second."""
    if context.invoked_subcommand is None:
        _list_all()


def _list_all() -> None:
    place, gpus = best_place()
    speed = USUAL["cuda"] if gpus else measured()
    weights = demo_size()
    heads: list[tuple[str, ...]] = [
        ("model", "here", "bf16", "4-bit", "fits", "answer"),
        (DEMO, "yes" if weights else "no", size_words(weights) if weights else "?", "-", "yes", "1 s"),
        *(_row(checkpoint, place, speed) for checkpoint in CHECKPOINTS),
    ]
    summaries = [
        "Small, ships with llada-tui, runs anywhere. Knows masks and random tokens.",
        *map(_summary, CHECKPOINTS),
    ]
    memory = main_memory()
    notes = [
        "here: on this machine already. bf16, 4-bit: what the weights take. "
        f"answer: about how long {ANSWER} tokens take, with the settings to start from."
    ]
    if any(head[4] == _LATER for head in heads):
        notes.append(f"{_LATER}: it would fit if other programs made room.")
    notes.append(
        "--model takes one of these, or what stands behind it in parentheses, a folder, or another id of the hub "
        "with the same architecture."
    )
    places = [f"GPU: {gpu.name}, {size_words(gpu.free)} free of {size_words(gpu.total)}." for gpu in gpus] or [
        "GPU: none found."
    ]
    lines = [*listed(heads, summaries, columns(_WIDEST)), ""]
    lines += [f"Memory: {size_words(memory.free)} free of {size_words(memory.total)}.", *places]
    lines += [] if gpus else [f"Processor: {speed}."]
    say("\n".join([*lines, *(line for note in notes for line in wrapped(note, columns()))]))


@models_app.command()
def recommend() -> None:
    """Say which checkpoint to begin with on this machine: the largest that fits and answers within a minute.

    The speed of a processor is measured for half a second, that of a GPU taken to be a usual one's. Nothing is
    downloaded.
    """
    place, gpus = best_place()
    speed = USUAL["cuda"] if gpus else measured()
    choices = recommended(place, speed)[:_CHOICES]
    if not choices:
        free = size_words(place.free)
        say(hung(f"No checkpoint that answers questions fits {free} of free memory: {DEMO} does.", ""))
        return
    for choice in choices:
        checkpoint = choice.checkpoint
        here = "here already" if cached(checkpoint.id) else f"{size_words(choice.download)} to download"
        bits = ", in 4-bit" if choice.quantization else ""
        say(f"{checkpoint.name}: {here}{bits}, about {_seconds(choice.seconds)} for {ANSWER} tokens.")
        say("\n".join(f"  {line}" for line in wrapped(_summary(checkpoint), columns() - 2)))
        say(f"  {choice.command}\n")
    where = place.name if gpus else str(speed)
    say("\n".join(wrapped(f"{size_words(place.free)} free; {where}. Times are estimates.", columns())))


def _seconds(seconds: float) -> str:
    return "a second" if seconds < 2 else f"{seconds:.0f} seconds"


def _summary(checkpoint: Checkpoint) -> str:
    long_id = f" It is {checkpoint.id}." if _is_long(checkpoint) else ""
    return f"{checkpoint.summary} For {checkpoint.good_for}; {checkpoint.licence}.{long_id}"


def names(checkpoint: Checkpoint) -> str:
    """The names of a checkpoint beside its numbers: its id and its short name, or that alone."""
    return checkpoint.aliases[0] if _is_long(checkpoint) else f"{checkpoint.id} ({checkpoint.aliases[0]})"


def _is_long(checkpoint: Checkpoint) -> bool:
    """Whether an id and its short name are too long to stand beside the numbers: the id then stands below them."""
    return len(checkpoint.id) + len(checkpoint.aliases[0]) > _LONGEST_NAMES


def listed(heads: list[tuple[str, ...]], summaries: list[str], width: int) -> list[str]:
    """A table as lines of a width, with a summary to each row but the first: beside it if there is room, or below."""
    from rich.cells import cell_len

    lines = table(heads, right=(2, 3))
    room = width - 2 - max(map(cell_len, lines))
    if room < _BESIDE:
        below = ([f"  {line}" for line in wrapped(summary, width - 2)] for summary in summaries)
        return [lines[0], *(line for head, more in zip(lines[1:], below, strict=True) for line in (head, *more))]
    rows: list[tuple[str, ...]] = [(*heads[0], "what it is")]
    for head, summary in zip(heads[1:], summaries, strict=True):
        first, *further = wrapped(summary, room)
        rows += [(*head, first), *((*[""] * len(head), line) for line in further)]
    return table(rows, right=(2, 3))


def demo_size() -> int:
    """Bytes of the embedded checkpoint's weights; 0 if they are missing."""
    return sum(file.stat().st_size for file in DEMO_FOLDER.glob("*.safetensors"))


def _row(checkpoint: Checkpoint, place: Memory, speed: MachineSpeed) -> tuple[str, ...]:
    here = "yes" if cached(checkpoint.id) else "no"
    whether = fits(checkpoint, place)
    weights = checkpoint.bf16_bytes if whether == "yes" else checkpoint.nf4_bytes
    seconds = speed.seconds(checkpoint, weights, ANSWER)
    return (
        names(checkpoint),
        here,
        size_words(checkpoint.bf16_bytes),
        size_words(checkpoint.nf4_bytes),
        whether,
        _short(seconds) if whether in ("yes", "in 4-bit") else "-",
    )


def _short(seconds: float) -> str:
    """Seconds for a column: 24 s, 3 min, 2 h."""
    for size, unit in ((1, "s"), (60, "min"), (3600, "h")):
        if seconds < 100 * size or unit == "h":
            break
    return f"{max(1, round(seconds / size))} {unit}"


def fits(checkpoint: Checkpoint, place: Memory) -> str:
    """Whether a checkpoint fits a place now, or would if other programs made room."""
    for need, words in ((checkpoint.bf16_bytes, "yes"), (checkpoint.nf4_bytes, "in 4-bit")):
        if checkpoint.needed(need, place.device_type) <= place.free:
            return words
    return _LATER if checkpoint.needed(checkpoint.nf4_bytes, place.device_type) <= place.total else "no"
