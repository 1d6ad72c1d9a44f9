"""Writes docs/models.md: the known checkpoints from the catalog, and the settings that their authors give.

python -m docs.models
"""

from __future__ import annotations

from pathlib import Path

from docs.families import page_part
from docs.table import table
from llada_tui.models.catalog import CHECKPOINTS, Checkpoint
from llada_tui.models.hub_file import hub_file
from llada_tui.settings.presets import PRESETS, Preset
from llada_tui.units import size_words

PAGE = Path(__file__).resolve().parent / "models.md"

OPENING = """# Models

Any of these loads by its id or by a short name (`--model 8b`), and so does a folder or another id of the hub that holds
the same kind of model: `config.json` says which it is. A size that is missing, or an option that would make it another
model than these, is named and refused before any weights are read; fields that no such model reads are passed over. No
code of a checkpoint is ever run."""

FAMILIES = """Tried on a tiny model of each, by a test: every strategy, every cache, and what views ask. A family is
its architecture, whatever the checkpoint. Exact caches change no token. `prefix` and `dual` are Fast-dLLM's, and exact
where a model's blocks see nothing of what comes after; `dllm_cache` is dLLM-Cache's, and approximate; `sub_block` is
for Fast-dLLM v2 alone. LLaDA-V takes what LLaDA takes, with
pictures too. What is refused is said in a sentence. `--recomputed` records which positions a step computes anew,
with any cache: `v` colours them."""

NOTES = """## Good to know

- **Base models** were not trained to answer. They have no chat template: the canvas continues the prompt as it stands.
- **4-bit and 8-bit** (`--quantization nf4`, `int8`) shrink the linear layers, those of experts too. Embeddings, LM head
  and routers stay in 16 bits.
- **LLaDA2** attends to a block of 32 tokens and all before it, never to what comes after. Blocks count from the start
  of the prompt, so `block_length` must be 32 or divide it, and the first block of the canvas may be a short one. Its
  caches (`--cache prefix` or `dual`, the same here) are exact.
- **LLaDA2.1** was trained to edit what it has written: `--remasking editing`.
- **LLaDA-V** sees ([pictures.md](pictures.md)): of a picture the whole, squeezed, and tiles of 384 pixels of the grid
  that suits it. Its tower and projector stay in 16 bits. It never predicts an end of text, only one of a turn.
- **Dream** is a guest. Its logits predict the token after their position, which the model's own file sees to.
- **Qwen3 0.6B diffusion** and **Qwen2.5-Coder 0.5B diffusion** (dllm) come in two kinds: `mdlm` sees both ways, `bd3lm`
  blocks of 32, of which one begins where the canvas does. Nothing in their files says which: the name does, or
  `block_size` in config.json (0 for none). Steps and quotas are counted as dllm does: every block has the steps rounded
  up, and 9 steps over two blocks are 10. `Model.with_tokens` of the library has its samplers' `suppress_tokens` and
  `cfg_keep_tokens`, `confidence_eos_eot_inf` holds an end of text back as `begin_suppress_tokens` does, and
  `right_shift_logits` in config.json is read.
- **ModernBERT** ends its turn with the words `[/Answer]`, keeps no keys and values, and is for watching.
- **SDAR** counts its blocks of 4 from the first token of the prompt; its variants have 8 to 64, which `block_size` in
  config.json says, or else the name (`-b32`). `--remasking threshold` with `at_least_quota` is its dynamic strategy,
  `low_confidence` its static one, `leftmost` its sequential one.
- **Models with blocks** are run with theirs, wherever they lie: `block_length` begins with them, and no preset changes
  it. SDAR and dllm's bd3lm take another one that is named, which is warned of: their attention then has those blocks,
  and scores keep the trained ones. A `suffix` is refused: such a model does not see it.
- **Fast-dLLM v2** sees blocks of 32; `block_length` is its sub-block (8). The first token of each block is written by
  itself. `--cache sub_block` is its `use_block_cache`, which changes tokens.
- **SMDM** (arXiv 2410.18514) is published without a config.json, many checkpoints in one repository. `--model` takes
  any of them, as `nieshen/SMDM/` and the file's path there, and downloads TinyLlama's tokenizer with it; so does a
  folder with one of the files. Its canvas is one block. `low_confidence` is its sampler `greddy`, `origin` the other.
  Rows of a batch are ranked each by itself, not together as in its script; a run ends when no mask is left.
- **Qwen3 and Qwen2.5** as they are write left to right: a token a step, whatever the settings say.
- **Distilled LLaDA** (d3LLM, dParallel) writes many tokens a pass with its preset. LLaDA itself does not.
- **Too few steps** ruin any of these: several tokens that are written together know nothing of one another."""


def _page_of(checkpoint: Checkpoint) -> str:
    """The page of a checkpoint on the hub."""
    alone = hub_file(checkpoint.id)
    return checkpoint.id if alone is None else f"{alone.repository}/blob/main/{alone.file}"


def row(checkpoint: Checkpoint) -> tuple[str, ...]:
    return (
        f"[{checkpoint.name}](https://huggingface.co/{_page_of(checkpoint)})",
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
    families = "\n\n".join(["## What every family takes", FAMILIES, page_part()])
    return "\n\n".join([OPENING, models, "## Settings to start from", presets, families, NOTES]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
