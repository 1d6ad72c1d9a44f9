"""Writes docs/models.md: the known checkpoints from the catalog, and the settings that their authors give.

python -m docs.models
"""

from __future__ import annotations

from pathlib import Path

from docs.table import table
from llada_tui.models.catalog import CHECKPOINTS, Checkpoint
from llada_tui.settings.presets import PRESETS, Preset
from llada_tui.units import size_words

PAGE = Path(__file__).resolve().parent / "models.md"

OPENING = """# Models

Any of these loads by its id or by a short name (`--model 8b`), and so does a folder or another id of the hub that holds
the same kind of model: `config.json` says which it is. A size that is missing, or an option that would make it another
model than these, is named and refused before any weights are read; fields that no such model reads are passed over. No
code of a checkpoint is ever run."""

NOTES = """## Good to know

- **Base models** were not trained to answer. They have no chat template: the canvas continues the prompt as it stands.
- **4-bit and 8-bit** (`--quantization nf4`, `int8`) shrink the linear layers, those of experts too. Embeddings, LM head
  and routers stay in 16 bits.
- **LLaDA2** attends to a block of 32 tokens and all before it, never to what comes after. Blocks count from the start
  of the prompt, so `block_length` must be 32 or divide it, and the first block of the canvas may be a short one. Its
  caches (`--cache prefix` or `dual`, the same here) are exact.
- **LLaDA2.1** was trained to edit what it has written: `--remasking editing`.
- **LLaDA-V** sees: the library takes `images`. Of a picture it sees the whole, squeezed, and tiles of 384 pixels of the
  grid that suits it. Its tower and projector stay in 16 bits. It never predicts an end of text, only one of a turn.
- **Dream** is a guest. Its logits predict the token after their position, which the model's own file sees to."""


def row(checkpoint: Checkpoint) -> tuple[str, ...]:
    return (
        f"[{checkpoint.name}](https://huggingface.co/{checkpoint.id})",
        " ".join(f"`{alias}`" for alias in checkpoint.aliases),
        f"{checkpoint.parameters / 1e9:.1f}B",
        size_words(checkpoint.bf16_bytes),
        size_words(checkpoint.nf4_bytes),
        f"{checkpoint.context:,}",
        checkpoint.summary,
    )


def preset_row(preset: Preset) -> tuple[str, str]:
    return f"`{preset.name}`", preset.help


def page() -> str:
    models = table([("model", "names", "parameters", "bf16", "4-bit", "context", "what it is"), *map(row, CHECKPOINTS)])
    presets = table([("`--preset`", "what it sets"), *map(preset_row, PRESETS)])
    return "\n\n".join([OPENING, models, "## Settings to start from", presets, NOTES]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
