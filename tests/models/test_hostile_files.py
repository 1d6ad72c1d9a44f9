"""Files of a checkpoint that are no files, never end, or are nested or large beyond measure."""

from __future__ import annotations

import codecs
import json
import os
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from llada_tui.models.checkpoint_files import READ_WHOLE
from llada_tui.models.errors import ModelError
from llada_tui.models.loading import load
from llada_tui.settings.prompt import Message
from tests.checkpoints import make_checkpoint
from tests.conftest import first_quick

LOADS = """
import resource, sys
from llada_tui.models import loading
limit = 4 << 30
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    loading.load(sys.argv[1], device="cpu")
except loading.ModelError as error:
    print(error)
"""


OPENS = """
import os, sys
from llada_tui.models import loading
folder = sys.argv[1]

def report(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and arguments[0].startswith(folder):
        print(os.path.relpath(arguments[0], folder))

sys.addaudithook(report)
try:
    loading.load(folder, device="cpu")
except loading.ModelError:
    pass
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("plain"))


@pytest.fixture
def copy(plain: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plain, tmp_path / "copy"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
@pytest.mark.parametrize("kind", ["fifo", "link"])
@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "model.safetensors"]
)
def test_what_is_no_plain_file_is_not_read(copy: Path, name: str, kind: str) -> None:
    (copy / name).unlink(missing_ok=True)
    if kind == "fifo":
        os.mkfifo(copy / name)
    else:
        (copy / name).symlink_to("/dev/zero")
    with pytest.raises(ModelError, match=f"{name} is no plain file"):
        load(copy, device="cpu")


@pytest.mark.parametrize("shards", [1, 2])
def test_byte_order_marks_are_passed_over(tmp_path: Path, shards: int) -> None:
    folder = make_checkpoint(tmp_path / "marked", shards=shards)
    model = load(folder, device="cpu")
    expected = model.encode_prompt([Message("user", "hi")])
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "chat_template.jinja").write_text(settings.pop("chat_template"))
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    for name in ("generation_config.json", "special_tokens_map.json", "added_tokens.json"):
        (folder / name).write_text("{}")
    marked = [path for path in folder.iterdir() if path.suffix != ".safetensors"]
    assert len(marked) == 6 + shards
    before = {path: codecs.BOM_UTF8 + path.read_bytes() for path in marked}
    for path, data in before.items():
        path.write_bytes(data)
    again = load(folder, device="cpu")
    assert again.info.chat
    assert again.encode_prompt([Message("user", "hi")]) == expected
    assert {path: path.read_bytes() for path in marked} == before


@pytest.mark.slow
def test_a_process_is_not_kept_by_a_pipe(copy: Path) -> None:
    (copy / "config.json").unlink()
    os.mkfifo(copy / "config.json")
    done = subprocess.run([sys.executable, "-c", LOADS, copy], capture_output=True, text=True, timeout=300, check=True)
    assert (
        done.stdout == f"{copy / 'config.json'} is no plain file, so it is not read: download the checkpoint again.\n"
    )


def test_a_file_beyond_all_measure_is_not_read(copy: Path) -> None:
    with (copy / "config.json").open("ab") as file:
        file.truncate(1 << 40)
    with pytest.raises(ModelError, match=r"config\.json has 1,099,511,627,776 bytes"):
        load(copy, device="cpu")


def test_what_nobody_reads_may_lie_beside_the_weights(copy: Path) -> None:
    with (copy / "trainer_state.json").open("wb") as file:
        file.truncate(1 << 40)
    for name in ("notes.json", "README.txt", "older.safetensors", "additional_chat_templates"):
        (copy / name).symlink_to(copy / "nowhere")
    assert load(copy, device="cpu").info.chat


@pytest.mark.slow
@pytest.mark.parametrize("whole", first_quick([True, False]), ids=["tokenizer.json", "vocab.json"])
def test_what_libraries_open_is_bounded(copy: Path, whole: bool) -> None:
    if not whole:
        (copy / "tokenizer.json").unlink()
    (copy / "additional_chat_templates").mkdir()
    for name in (
        "vocab.json", "merges.txt", "added_tokens.json", "special_tokens_map.json", "generation_config.json",
        "adapter_config.json", "chat_template.jinja", "additional_chat_templates/tool.jinja", "tekken.json",
        "tokenizer.model", "tiktoken.model", "preprocessor_config.json", "quantize_config.json", "vocab.txt",
    ):  # fmt: skip
        if not (copy / name).exists():
            (copy / name).write_text("{}" if name.endswith(".json") else "")
    done = subprocess.run([sys.executable, "-c", OPENS, copy], capture_output=True, text=True, timeout=300, check=True)
    opened = set(done.stdout.split()) - {"model.safetensors"}
    assert {"config.json", "tokenizer_config.json", "additional_chat_templates/tool.jinja"} <= opened
    assert not [name for name in opened if not any(fnmatchcase(name, pattern) for pattern in READ_WHOLE)]


@pytest.mark.parametrize("depth", [70, 900, 100_000])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_a_nested_configuration_is_a_sentence_that_names_the_field(
    copy: Path, depth: int, brackets: tuple[str, str]
) -> None:
    nested = brackets[0] * depth + "1" + brackets[1] * depth
    text = (copy / "config.json").read_text()
    (copy / "config.json").write_text(f'{text.rstrip()[:-1]}, "rope_scaling": {nested}}}')
    with pytest.raises(ModelError, match=r"config\.json is nested too deep in the field 'rope_scaling'"):
        load(copy, device="cpu")


@pytest.mark.parametrize("depth", [10, 1000, 100_000])
def test_a_nested_header_is_a_sentence_that_names_the_field(copy: Path, depth: int) -> None:
    data = (copy / "model.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + length].rstrip()[:-1] + b', "deep": ' + b"[" * depth + b"]" * depth + b"}"
    (copy / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + data[8 + length :])
    with pytest.raises(ModelError, match=r"model\.safetensors is nested too deep in the field 'deep' of its header"):
        load(copy, device="cpu")


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer_config.json"])
def test_a_nested_tokenizer_is_a_sentence(copy: Path, name: str) -> None:
    (copy / name).write_text('{"a":' * 100_000 + "1" + "}" * 100_000)
    with pytest.raises(ModelError, match=rf"{name} is nested too deep|The tokenizer in .* cannot be read"):
        load(copy, device="cpu")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("d_model", 10**12),
        ("d_model", 2**63),
        ("vocab_size", 10**30),
        ("n_heads", 10**9),
        ("n_layers", 10**9),
        ("mlp_hidden_size", 2**40),
        ("n_kv_heads", 2**62),
        ("max_sequence_length", 2**70),
        ("rope_theta", float("inf")),
        ("rms_norm_eps", float("nan")),
        ("head_dim", 2**50),
    ],
)
def test_sizes_too_large_are_sentences_that_name_the_field(copy: Path, field: str, value: Any) -> None:
    config = json.loads((copy / "config.json").read_text()) | {field: value}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=f"config.json of .* has {field} = ") as raised:
        load(copy, device="cpu")
    assert "storage" not in str(raised.value).lower()


@pytest.mark.parametrize("field", ["dtype", "torch_dtype"])
@pytest.mark.parametrize("value", ["evil", "Tensor", "", 7, ["float32"], {}])
def test_a_type_of_weights_that_is_none_is_a_sentence_that_names_the_field(copy: Path, field: str, value: Any) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, field: value}))
    with pytest.raises(ModelError, match=rf"config\.json of .* has {field} = .*, which is no type of weights"):
        load(copy, device="cpu")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("init_std", "x", "describes no model that can be built: init_std = 'x', and it must be a number with a point"),
        ("init_std", 1.5, "describes no model that can be built: init_std = 1.5, and its value is outside its range"),
        (
            "weight_tying",
            [1],
            r"describes .*: weight_tying = \[1\], and it must be true or false",
        ),
        ("max_sequence_length", 1.5, "describes .*: max_sequence_length = 1.5, and it must be a whole number"),
        ("n_kv_heads", -1, "has n_kv_heads = -1, which is no size"),
        ("n_kv_heads", "1e5", "has n_kv_heads = '1e5', which is no size"),
        ("pad_token_id", 10**6, "has pad_token_id = 1000000, which is none of its 272 tokens"),
        ("pad_token_id", "0", "has pad_token_id = '0', which is none of its 272 tokens"),
        ("layer_types", 7, "has layer_types = 7, which is no list"),
        ("hidden_act", "evil", "has hidden_act = 'evil', which is no activation"),
    ],
)
def test_a_value_of_a_wrong_type_is_told_in_our_words(copy: Path, field: str, value: Any, words: str) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, field: value}))
    with pytest.raises(ModelError, match=rf"config\.json of .* {words}\.$"):
        load(copy, device="cpu")
