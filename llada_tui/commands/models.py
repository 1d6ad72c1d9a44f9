"""``llada-tui models``: the known checkpoints, and which of them this machine can hold."""

from __future__ import annotations

from llada_tui.commands.machine import Memory, best_place, main_memory
from llada_tui.commands.output import say, size, table
from llada_tui.models.catalog import CHECKPOINTS, DEMO, DEMO_FOLDER, Checkpoint, cached

_ROOM = 1.1
"""What a forward pass takes beyond the weights, as a factor."""


def list_all() -> None:
    """Print the checkpoints and whether they fit."""
    place, gpus = best_place()
    weights = demo_size()
    here = "with the package" if weights else "missing"
    rows: list[tuple[str, ...]] = [
        ("model", "here", "bf16", "4-bit", "fits", "what it is"),
        (DEMO, here, size(weights) if weights else "?", "-", "yes", "Small, ships with llada-tui, runs anywhere."),
        *(_row(checkpoint, place) for checkpoint in CHECKPOINTS),
    ]
    memory = main_memory()
    lines = [*table(rows, right=(2, 3)), "", f"Memory: {size(memory.free)} free of {size(memory.total)}."]
    lines += [f"GPU: {gpu.name}, {size(gpu.free)} free of {size(gpu.total)}." for gpu in gpus] or ["GPU: none found."]
    lines.append("A folder or another id of the hub with the same architecture can be given to --model too.")
    say("\n".join(lines))


def demo_size() -> int:
    """Bytes of the embedded checkpoint's weights; 0 if they are missing."""
    return sum(file.stat().st_size for file in DEMO_FOLDER.glob("*.safetensors"))


def _row(known: Checkpoint, place: Memory) -> tuple[str, ...]:
    here = "downloaded" if cached(known.id) else "not yet"
    return (known.id, here, size(known.bf16_bytes), size(known.nf4_bytes), fits(known, place), known.summary)


def fits(known: Checkpoint, place: Memory) -> str:
    """Whether a checkpoint fits a place now, or would if other programs made room."""
    for need, words in ((known.bf16_bytes, "yes"), (known.nf4_bytes, "in 4-bit")):
        if need * _ROOM <= place.free:
            return words
    if known.nf4_bytes * _ROOM <= place.total:
        return "not beside what runs now"
    return "no"
