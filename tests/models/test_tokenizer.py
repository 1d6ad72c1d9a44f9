"""Prompts to ids, ids to text, ids to exact bytes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.models.errors import ModelError
from llada_tui.models.special_ids import special_ids
from llada_tui.models.tokenizer import Tokenizer, as_messages, load_tokenizer
from llada_tui.trace.events import Message
from tests.checkpoints import BOS, EOS, EOT, MASK, make_checkpoint

HEADER, END_HEADER = 259, 260


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return Tokenizer(make_checkpoint(tmp_path_factory.mktemp("tokenizer")))


def expected(*turns: tuple[str, str]) -> list[int]:
    ids = [BOS]
    for role, content in turns:
        ids += [HEADER, *role.encode(), END_HEADER, *b"\n\n", *content.encode(), EOT]
    return [*ids, HEADER, *b"assistant", END_HEADER, *b"\n\n"]


def test_a_conversation_goes_through_the_template(tokenizer: Tokenizer) -> None:
    turns = [("system", "Be kind."), ("user", "Hi"), ("assistant", "Hello"), ("user", "Bye")]
    messages = [{"role": role, "content": content} for role, content in turns]
    assert tokenizer.encode_chat(messages) == expected(*turns)
    assert tokenizer.encode_chat([{"role": "user", "content": "  Hi\n"}]) == expected(("user", "Hi"))


def test_the_published_template_stands_in_where_only_its_tokens_are(tmp_path: Path) -> None:
    bare = Tokenizer(make_checkpoint(tmp_path, template=False))
    assert not bare.has_template
    assert bare.encode_chat([{"role": "user", "content": " Hi "}]) == expected(("user", "Hi"))


def test_no_template_and_no_headers_is_no_chat(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path, template=False)
    state = json.loads((folder / "tokenizer.json").read_text())
    state["added_tokens"] = [token for token in state["added_tokens"] if "header" not in token["content"]]
    (folder / "tokenizer.json").write_text(json.dumps(state))
    with pytest.raises(ModelError, match="no chat template"):
        Tokenizer(folder).encode_chat([{"role": "user", "content": "Hi"}])


def test_a_template_in_a_file_of_its_own(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path, template=False)
    (folder / "chat_template.jinja").write_text("{{ messages[0]['content'] }}!")
    assert Tokenizer(folder).encode_chat([{"role": "user", "content": "Hi"}]) == list(b"Hi!")


def test_a_template_that_refuses_or_reaches_out_is_an_error(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path, template=False)
    for template in ("{{ raise_exception('users first') }}", "{{ ''.__class__.__mro__[1].__subclasses__() }}"):
        (folder / "chat_template.jinja").write_text(template)
        with pytest.raises(ModelError, match="chat template refuses this conversation"):
            Tokenizer(folder).encode_chat([{"role": "user", "content": "Hi"}])


@given(st.text())
def test_pieces_are_the_exact_bytes(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert b"".join(tokenizer.piece(token) or b"" for token in ids) == text.encode()


def test_special_tokens_have_a_name_and_no_text(tokenizer: Tokenizer) -> None:
    assert tokenizer.piece(MASK) == b"<|mdm_mask|>"
    assert tokenizer.piece(200) == bytes([200])
    assert tokenizer.piece(9999) is None
    assert tokenizer.special([65, MASK, EOS, 66]) == [MASK, EOS]
    assert tokenizer.decode([BOS, 72, 105, EOT]) == "Hi"
    assert (tokenizer.eos_id, tokenizer.mask_id, tokenizer.id_of("<|eot_id|>")) == (EOS, None, EOT)


def test_byte_fallback_tokens_are_bytes(tmp_path: Path) -> None:
    from tokenizers import Tokenizer as Backend
    from tokenizers import decoders, models

    vocabulary = {"<unk>": 0, "▁Hi": 1, **{f"<0x{byte:02X}>": byte + 2 for byte in range(256)}}
    backend = Backend(models.BPE(vocabulary, [], unk_token="<unk>", byte_fallback=True))
    backend.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    backend.save(str(tmp_path / "tokenizer.json"))
    result = Tokenizer(tmp_path)
    assert result.piece(1) == b" Hi"
    assert result.piece(2 + 0xE2) == b"\xe2"


def test_no_tokenizer_is_none(tmp_path: Path) -> None:
    assert load_tokenizer(tmp_path) is None


def test_messages_may_be_dicts_or_objects() -> None:
    result = as_messages([Message("user", "Hi"), {"role": "assistant", "content": "Ho"}])
    assert result == [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]
    for broken in ({"role": "user"}, 3.5, {"role": 1, "content": "x"}):
        with pytest.raises(ModelError, match="needs a role and a content"):
            as_messages([broken])


def test_a_vocabulary_and_merges_are_a_tokenizer(tmp_path: Path) -> None:
    """As Dream has it: byte-level pairs as Qwen's, special tokens in the configuration alone."""
    assert load_tokenizer(tmp_path) is None
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    written = {byte: chr(byte) for byte in printable} | {byte: chr(256 + rank) for rank, byte in enumerate(others)}
    (tmp_path / "vocab.json").write_text(json.dumps({**{written[byte]: byte for byte in range(256)}, "hi": 256}))
    assert load_tokenizer(tmp_path) is None
    (tmp_path / "merges.txt").write_text("#version: 0.2\nh i\n")
    added = {257: "<|endoftext|>", 258: "<|im_start|>", 259: "<|im_end|>", 260: "<|mask|>"}
    settings = {
        "tokenizer_class": "DreamTokenizer",
        "auto_map": {"AutoTokenizer": ["tokenization_dream.DreamTokenizer", None]},
        "added_tokens_decoder": {str(at): {"content": text, "special": True} for at, text in added.items()},
        "eos_token": "<|endoftext|>",
        "mask_token": "<|mask|>",
        "chat_template": "{% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}",
    }
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    tokenizer = load_tokenizer(tmp_path)
    assert tokenizer is not None
    assert tokenizer.encode("hi!") == [256, 33]
    assert tokenizer.encode_chat([{"role": "user", "content": "hi"}]) == [258, 256, 259]
    assert (tokenizer.eos_id, tokenizer.mask_id, tokenizer.id_of("<|im_end|>")) == (257, 260, 259)
    assert tokenizer.piece(256) == b"hi"
    assert tokenizer.decode([256, 32, 256, 259]) == "hi hi"
    config = SimpleNamespace(vocab_size=300, eos_token_id=None, mask_token_id=None)
    result = special_ids(config, tokenizer, {})
    assert (result.mask, result.eos, result.eot) == (260, 257, 259)


@pytest.mark.parametrize(
    ("vocabulary", "ids"),
    [(126_464, (126_336, 126_081, 126_348)), (155_136, (5, None, None)), (157_184, (156_895, 156_892, None))],
)
def test_what_a_published_checkpoint_leaves_out(vocabulary: int, ids: tuple[int | None, ...]) -> None:
    config = SimpleNamespace(vocab_size=vocabulary, eos_token_id=None, mask_token_id=None)
    result = special_ids(config, None, {})
    assert (result.mask, result.eos, result.eot) == ids
