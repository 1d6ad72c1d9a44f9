"""The checkpoint that ships: the hub's layout, small enough, and it answers a few first questions."""

import json
from pathlib import Path

import pytest
from safetensors import safe_open
from transformers import AutoTokenizer

from training.export import hub_config
from training.settings import ModelSettings
from training.tokenizer import SPECIAL_TOKENS, Vocabulary

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "llada_tui" / "models" / "demo"


@pytest.fixture(scope="module")
def demo_vocabulary() -> Vocabulary:
    """The shipped tokenizer."""
    return Vocabulary.load(DEMO)


def test_the_config_is_what_the_recipe_writes(demo_vocabulary: Vocabulary) -> None:
    config = json.loads((DEMO / "config.json").read_text())
    assert config == hub_config(ModelSettings(), demo_vocabulary)
    assert "auto_map" not in config


def test_the_folder_is_small_and_holds_the_hubs_tensors_in_bfloat16() -> None:
    assert sum(file.stat().st_size for file in DEMO.iterdir()) < 12e6
    with safe_open(DEMO / "model.safetensors", "pt") as file:
        names = set(file.keys())
        assert len(names) == 3 + 9 * ModelSettings().layers
        assert {"model.transformer.wte.weight", "model.transformer.ff_out.weight"} <= names
        assert {file.get_slice(name).get_dtype() for name in names} == {"BF16"}


def test_the_tokenizer_carries_lladas_special_tokens_and_template(demo_vocabulary: Vocabulary) -> None:
    tokenizer = AutoTokenizer.from_pretrained(DEMO)
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL_TOKENS)) == list(range(len(SPECIAL_TOKENS)))
    messages = [{"role": "user", "content": "hello"}]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=False)
    assert tokenizer(text, add_special_tokens=False)["input_ids"] == demo_vocabulary.prompt([("user", "hello")])


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("what is the capital of France?", "The capital of France is Paris."),
        ("write a python function that adds two numbers", "def add(a, b):\n    return a + b"),
    ],
)
def test_it_answers(demo_vocabulary: Vocabulary, prompt: str, expected: str) -> None:
    api = pytest.importorskip("llada_tui.api")
    model = api.load_model("demo", device="cpu")
    settings = api.SamplerSettings(steps=32, gen_length=32, block_length=32)
    assert model.generate([{"role": "user", "content": prompt}], settings).text == expected
