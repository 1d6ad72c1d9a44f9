"""A family that is not here yet: what ARCHITECTURE.md shows is all that it takes."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

from llada_tui import SamplerSettings, load_model
from llada_tui.models import catalog, families
from llada_tui.models.checkpoint_entry import Checkpoint

PAGE = (Path(__file__).parents[2] / "ARCHITECTURE.md").read_text("utf-8")
FILE, ENTRY = re.findall(r"```python\n(.*?)```", PAGE.partition("**A model family**")[2], re.DOTALL)[:2]


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The family's file among the others, and its entry in the catalog."""
    (tmp_path / "fresh.py").write_text(FILE)
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path)])
    entry = eval(ENTRY, {"Checkpoint": Checkpoint})
    monkeypatch.setattr(catalog, "CHECKPOINTS", (*catalog.CHECKPOINTS, entry))
    families.by_model_type.cache_clear()
    yield
    families.by_model_type.cache_clear()
    sys.modules.pop("llada_tui.models.families.fresh", None)


@pytest.mark.usefixtures("fresh")
def test_a_file_and_an_entry_are_all_that_a_family_takes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    sizes = {"vocab_size": 96, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64}
    llama = LlamaForCausalLM(LlamaConfig(**sizes, **heads)).eval()
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    save_file(llama.state_dict(), folder / "model.safetensors", metadata={"format": "pt"})
    config = {**sizes, **heads, "model_type": "fresh", "mask_token_id": 95, "tie_word_embeddings": False}
    (folder / "config.json").write_text(json.dumps(config))
    model = load_model(folder, device="cpu")
    ids = torch.randint(0, 90, (1, 12))
    with torch.no_grad():
        expected = llama(ids, attention_mask=torch.zeros(1, 1, 12, 12), use_cache=False).logits
    assert (model.logits(ids) - expected).abs().max() < 1e-5
    for settings in (SamplerSettings(8, 8, 4, cache="dual"), SamplerSettings(4, 8, 8, remasking="wino")):
        written = model.generate(ids.tolist(), settings).token_ids
        assert len(written[0]) == 8
        assert 95 not in written[0]
    checkpoint = catalog.find("fresh")
    assert checkpoint is not None
    assert (checkpoint.id, checkpoint.family) == ("acme/fresh-1b", "fresh")
