"""From the first screen to the answer of a real model, following what the screen says: 8 GB of memory, no GPU."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import Qwen3Config, Qwen3ForCausalLM

from llada_tui.settings.presets import chat_settings
from llada_tui.trace.model_blocks import in_blocks_of
from llada_tui.trace.session import read_session
from tests.checkpoints import make_checkpoint
from tests.conftest import Home
from tests.models.local_hub import Hub, serving
from tests.tui.pseudo_terminal import Terminal

ID = "dllm-hub/Qwen3-0.6B-diffusion-bd3lm-v0.1"
PROGRAM = """
import sys
from llada_tui.models import machine
machine.main_memory = lambda: machine.Memory("CPU", 8_000_000_000, 5_000_000_000)
machine.gpus = list
from llada_tui.start import main
sys.argv = ["llada-tui"]
main()
"""
"""The program on a machine of 8 GB without a GPU."""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub with a tiny checkpoint of the family of the real one."""
    folder = make_checkpoint(tmp_path / "qwen", layers=1)
    sizes = {"vocab_size": 272, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "head_dim": 8}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512}
    torch.manual_seed(0)
    network = Qwen3ForCausalLM(Qwen3Config(**sizes, **heads, tie_word_embeddings=False))
    save_file(network.state_dict(), folder / "model.safetensors", metadata={"format": "pt"})
    config = {**sizes, **heads, "model_type": "a2d-qwen3", "tie_word_embeddings": False}
    (folder / "config.json").write_text(json.dumps(config))
    with serving() as hub:
        hub.files = {path.name: path.read_bytes() for path in folder.iterdir()}
        yield hub


@pytest.mark.usefixtures("no_dwell")
def test_the_first_screen_leads_to_a_real_model(home: Home, hub: Hub, tmp_path: Path) -> None:
    environment = {"HF_ENDPOINT": hub.address, "HF_HUB_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "0"}
    with Terminal("-c", PROGRAM, **environment) as terminal:
        terminal.until("Run Qwen3 0.6B diffusion here: 1.2 GB download.")
        (key,) = re.findall(r"(\w+) +Run Qwen3 0.6B", terminal.text)
        assert key == "f9"
        terminal.until("ready")
        terminal.type("\x1b[20~")
        terminal.until(lambda: "it: enter downloads 1.2 GB, once" in " ".join(terminal.text.split()))
        assert hub.paths == []
        terminal.type("\r")
        terminal.until(lambda: re.search(r"Qwen3-0.6B\S* .*ready", terminal.text))
        terminal.until("Why is the sky blue?")
        terminal.type("1\r")
        terminal.until(lambda: re.search(r"(\d+)/\1 .*done", terminal.text))
        assert terminal.leave() == 0
    assert any(ID in path and "model.safetensors" in path for path in hub.paths)
    (path,) = home.sessions.glob("*.jsonl")
    (run,) = read_session(path).runs.values()
    assert run.start.model.id == ID
    assert run.question == "Why is the sky blue?"
    assert run.start.settings == in_blocks_of(run.start.model, chat_settings(ID)), "not those of the embedded model"
    assert run.end is not None
    assert run.end.reason == "finished"
    assert len(run.steps) > 0
