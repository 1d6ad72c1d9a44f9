"""The tokenizer gives every text back, and its template is LLaDA's."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from training.corpus.example import Message
from training.tokenizer import SPECIAL_TOKENS, Vocabulary

CHAT: list[Message] = [("system", "Be brief."), ("user", "What is 57 + 38? "), ("assistant", "95"), ("user", "Thanks")]


def test_special_tokens_come_first_and_are_whole(vocabulary: Vocabulary) -> None:
    assert [vocabulary.tokenizer.token_to_id(token) for token in SPECIAL_TOKENS] == list(range(len(SPECIAL_TOKENS)))
    assert vocabulary.encode("<|mdm_mask|>") == [vocabulary.mask]


def test_digits_are_single(vocabulary: Vocabulary) -> None:
    pieces = [vocabulary.tokenizer.id_to_token(token) for token in vocabulary.encode("12345 + 678")]
    assert len(pieces) == 9


def test_any_text_survives(tokenizer_folder: Path) -> None:
    tokenizer = Tokenizer.from_file(str(tokenizer_folder / "tokenizer.json"))

    @given(st.text())
    def survives(text: str) -> None:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert tokenizer.decode(ids, skip_special_tokens=False) == text

    survives()


def test_transformers_applies_the_same_template(tokenizer_folder: Path, vocabulary: Vocabulary) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    messages = [{"role": role, "content": text} for role, text in CHAT]
    for prompt in (True, False):
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)
        assert text.startswith("<|startoftext|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>")
        assert text.endswith("<|start_header_id|>assistant<|end_header_id|>\n\n")
        assert tokenizer(text, add_special_tokens=False)["input_ids"] == vocabulary.prompt(CHAT)
    assert (tokenizer.eos_token_id, tokenizer.pad_token_id) == (vocabulary.eos, vocabulary.eos)


def test_an_answer_ends_at_its_first_end_token(vocabulary: Vocabulary) -> None:
    ids = vocabulary.encode("A fox.")
    assert vocabulary.decode([*ids, vocabulary.eot, *ids]) == "A fox."
    assert vocabulary.decode([*ids, vocabulary.eos]) == "A fox."


def test_earlier_answers_are_marked_with_their_ends(vocabulary: Vocabulary) -> None:
    ids, answers = vocabulary.prompt_and_answers(CHAT)
    assert ids == vocabulary.prompt(CHAT)
    marked = [token for token, is_answer in zip(ids, answers, strict=True) if is_answer]
    assert marked == [*vocabulary.encode("95"), vocabulary.eot]
