"""Chat templates and tokenizers that never end, or multiply a text: ended in time and within memory, and said whose
fault it is."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from llada_tui.models import text_process
from llada_tui.models.errors import ModelError
from llada_tui.models.text_process import cancelled_by
from llada_tui.models.tokenizer import Tokenizer
from tests.checkpoints import make_checkpoint
from tests.conftest import first_quick
from tests.cpu_time import cpu_seconds

MESSAGES = [{"role": "user", "content": "a question"}]
LOOPS = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_checkpoint(tmp_path / "checkpoint")


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """End what takes long sooner than in earnest."""
    monkeypatch.setattr(text_process, "SECONDS", 3.0)


def with_template(folder: Path, template: str) -> Tokenizer:
    config = json.loads((folder / "tokenizer_config.json").read_text()) | {"chat_template": template}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return Tokenizer(folder)


def change(folder: Path, **fields: Any) -> None:
    state = json.loads((folder / "tokenizer.json").read_text())
    (folder / "tokenizer.json").write_text(json.dumps(state | fields))


def used() -> int:
    """Bytes that this process and those that it started hold."""
    process = psutil.Process()
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))


TEMPLATES = [
    LOOPS,
    "{{ 'x' * 9999999999 }}",
    "{{ 'x'.center(9999999999) }}",
    "{{ 'x' | center(9999999999) }}",
    "{{ ('x' * 90000000).replace('x', 'y' * 100) }}",
    "{{ ('x' * 90000000) | replace('x', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy') }}",
    "{{ '%9999999999d' % 1 }}",
    "{{ '{:>9999999999}'.format(1) }}",
    "{{ [1] | tojson(indent=9999999999) }}",
    "{{ [1] | batch(999999999, 'x') | list }}",
    "{{ 9 ** 999999999 }}",
    "{% set n = namespace(t='xxxxxxxx') %}{% for i in range(60) %}{% set n.t = n.t ~ n.t %}{% endfor %}{{ n.t }}",
    "{% for i in range(99999) %}{{ 'x' * 1000 }}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{{ 'x' * 50000000 }}",
]


@pytest.mark.parametrize("template", first_quick(TEMPLATES, 3))
@pytest.mark.usefixtures("soon")
def test_a_template_that_loops_or_multiplies_is_ended(folder: Path, template: str) -> None:
    tokenizer = with_template(folder, template)
    before, began = used(), cpu_seconds()
    with pytest.raises(ModelError, match=r"[Tt]he (checkpoint's|model's) chat template ") as raised:
        tokenizer.encode_chat(MESSAGES)
    assert cpu_seconds() - began < 15
    assert used() - before < 1 << 28
    assert "\n" not in str(raised.value)
    assert tokenizer.encode("still here") == list(b"still here")


EXPANDING = {
    "type": "Sequence",
    "normalizers": [{"type": "Replace", "pattern": {"String": "x"}, "content": "x" * 1000}] * 4,
}


@pytest.mark.usefixtures("soon")
def test_a_tokenizer_that_expands_a_text_is_ended(folder: Path) -> None:
    change(folder, normalizer=EXPANDING)
    before, began = used(), cpu_seconds()
    with pytest.raises(ModelError, match=r"checkpoint's tokenizer .* the fault is the checkpoint's"):
        Tokenizer(folder).encode("x")
    assert cpu_seconds() - began < 15
    assert used() - before < 1 << 28


@pytest.mark.usefixtures("soon")
def test_a_tokenizer_that_expands_its_own_tokens_is_ended_before_it_is_loaded(folder: Path) -> None:
    state = json.loads((folder / "tokenizer.json").read_text())
    state["added_tokens"].append(
        {"id": 262, "content": "xx", "special": False, "normalized": True, "single_word": False,
         "lstrip": False, "rstrip": False}
    )  # fmt: skip
    change(folder, normalizer=EXPANDING, added_tokens=state["added_tokens"])
    before = used()
    with pytest.raises(ModelError, match=r"checkpoint's tokenizer .* the fault is the checkpoint's"):
        Tokenizer(folder)
    assert used() - before < 1 << 28


@pytest.mark.usefixtures("soon")
def test_a_tokenizer_that_is_slow_beyond_measure_is_ended(folder: Path) -> None:
    slow = {"type": "Split", "pattern": {"Regex": "(x+x+)+y"}, "behavior": "Isolated", "invert": False}
    change(folder, pre_tokenizer={"type": "Sequence", "pretokenizers": [slow, {"type": "ByteLevel",
           "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]})  # fmt: skip
    began = cpu_seconds()
    with pytest.raises(ModelError, match="tokenizer"):
        Tokenizer(folder).encode("x" * 5000)
    assert cpu_seconds() - began < 15


@pytest.mark.slow
def test_a_decoder_that_expands_is_ended(folder: Path) -> None:
    growing = {"type": "Replace", "pattern": {"String": "x"}, "content": "x" * 3000}
    change(folder, decoder={"type": "Sequence", "decoders": [growing] * 3})
    with pytest.raises(ModelError, match="checkpoint's tokenizer"):
        Tokenizer(folder).decode([ord("x")] * 10)


def test_a_cancel_ends_a_template(folder: Path) -> None:
    tokenizer = with_template(folder, LOOPS)
    began, clock = cpu_seconds(), time.monotonic()
    with (
        cancelled_by(lambda: time.monotonic() - clock > 0.5),
        pytest.raises(ModelError, match="chat template was still at work, and was ended by the cancel"),
    ):
        tokenizer.encode_chat(MESSAGES)
    assert cpu_seconds() - began < 5  # by itself it ends after 20


def test_a_cancel_of_something_else_ends_nothing(folder: Path) -> None:
    tokenizer = Tokenizer(folder)
    with cancelled_by(lambda: True), pytest.raises(ModelError, match="ended by the cancel"):
        with_template(folder, LOOPS).encode_chat(MESSAGES)
    assert tokenizer.encode("x") == [120]


def test_a_template_refuses_in_its_own_words(folder: Path) -> None:
    tokenizer = with_template(folder, "{{ raise_exception('only one turn') }}")
    with pytest.raises(ModelError, match="The model's chat template refuses this conversation: only one turn"):
        tokenizer.encode_chat(MESSAGES)


def test_a_template_has_what_transformers_gives_it(folder: Path) -> None:
    template = (
        "{%- for m in messages %}{% if loop.index > 5 %}{% break %}{% endif %}"
        "{% generation %}{{ m | tojson }}{% endgeneration %}\n{% endfor %}"
        "{{ strftime_now('%Y') | length }}{{ eos_token }}{{ tools is none }}{{ add_generation_prompt }}"
    )
    tokenizer = with_template(folder, template)
    expected = tokenizer._fast.apply_chat_template(MESSAGES, add_generation_prompt=True, tokenize=False)
    assert tokenizer.encode_chat(MESSAGES) == tokenizer.encode(expected, raw=True)
