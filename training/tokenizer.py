"""The tokenizer: byte-level BPE of 3,072 with single digits and LLaDA's special tokens.

Run `python -m training.tokenizer --out FOLDER`. Besides tokenizer.json it writes tokenizer_config.json with the chat
template of LLaDA-8B-Instruct, so that transformers' AutoTokenizer loads the folder.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from training.corpus.example import Message
from training.corpus.mixture import FULL_MIX, training_examples
from training.settings import DEFAULT_RUN_FOLDER

SPECIAL_TOKENS = (
    "<|startoftext|>",
    "<|endoftext|>",
    "<|mdm_mask|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "[CLS]",
    "[gMASK]",
    "<role>",
    "</role>",
)
# One digit a token; a capital may only begin a lower-case word, so LANTERN is cut into its letters; a space belongs to
# the word, letter, digit or sign that it precedes.
PATTERN = r"\n+| ?\d| ?[A-Z]?[a-z]+(?:'[a-z]+)?| ?[A-Z]| ?[^\sA-Za-z0-9]| +|\s"
# LLaDA-8B-Instruct's template: always ends with the assistant's header, whatever add_generation_prompt says.
CHAT_TEMPLATE = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}"
    "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' "
    "+ message['content'] | trim + '<|eot_id|>' %}"
    "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
)


def texts(count: int, seed: int) -> Iterator[str]:
    """The texts the merges are learnt from."""
    examples = training_examples(Random(seed), FULL_MIX)
    for _ in range(count):
        example = next(examples)
        for role, text in [*example.messages(), ("assistant", example.answer), ("system", "")]:
            yield role
            yield f"\n\n{text}"


def train_tokenizer(vocabulary: int = 3072, count: int = 60_000, seed: int = 0) -> Tokenizer:
    """Learn the merges from `count` conversations."""
    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(PATTERN), "isolated")
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, bytes_])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        min_frequency=2,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(count, seed), trainer)
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path, longest: int) -> None:
    """Write tokenizer.json, tokenizer_config.json and special_tokens_map.json."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    named = {
        "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
        "cls_token": "[CLS]",
    }
    config = {
        **named,
        "additional_special_tokens": [token for token in SPECIAL_TOKENS if token not in named.values()],
        "added_tokens_decoder": {
            str(tokenizer.token_to_id(token)): {
                "content": token,
                "special": True,
                **dict.fromkeys(("lstrip", "normalized", "rstrip", "single_word"), False),
            }
            for token in SPECIAL_TOKENS
        },
        "add_bos_token": False,
        "add_eos_token": False,
        "chat_template": CHAT_TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
        "model_max_length": longest,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "special_tokens_map.json").write_text(json.dumps(named, indent=2) + "\n")


class Vocabulary:
    """The tokenizer with the ids training needs and a cache-free, fast way to build prompts."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.bos, self.eos, self.mask, self.header, self.end_header, self.eot = (
            self._id(token) for token in SPECIAL_TOKENS[:6]
        )
        self.roles = {role: self.encode(role) for role in ("system", "user", "assistant")}
        self.gap = self.encode("\n\n")

    @classmethod
    def load(cls, folder: Path) -> "Vocabulary":
        """Read tokenizer.json."""
        return cls(Tokenizer.from_file(str(folder / "tokenizer.json")))

    def _id(self, token: str) -> int:
        number = self.tokenizer.token_to_id(token)
        if number is None:
            raise ValueError(f"the tokenizer has no {token}")
        return int(number)

    def encode(self, text: str) -> list[int]:
        """Ids of a text without special tokens added."""
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: list[int]) -> str:
        """The text of an answer up to its first end token."""
        for position, token in enumerate(ids):
            if token in (self.eot, self.eos):
                ids = ids[:position]
                break
        return str(self.tokenizer.decode(ids, skip_special_tokens=False))

    def prompt(self, messages: list[Message]) -> list[int]:
        """The chat template in ids."""
        return self.prompt_and_answers(messages)[0]

    def prompt_and_answers(self, messages: list[Message]) -> tuple[list[int], list[bool]]:
        """The chat template in ids, and for each id whether it belongs to an earlier answer, its end included."""
        ids, answers = [self.bos], [False]
        for role, text in messages:
            before = [self.header, *self.roles[role], self.end_header]
            content = [*self.encode(f"\n\n{text.strip()}"), self.eot]
            ids += before + content
            answers += [False] * (len(before) + len(self.gap))
            answers += [role == "assistant"] * (len(content) - len(self.gap))
        opening = [self.header, *self.roles["assistant"], self.end_header, *self.gap]
        return ids + opening, answers + [False] * len(opening)


def main() -> None:
    """Train the tokenizer and save it."""
    parser = argparse.ArgumentParser(prog="python -m training.tokenizer", description=__doc__)
    parser.add_argument("--out", type=Path, default=DEFAULT_RUN_FOLDER / "tokenizer")
    parser.add_argument("--vocabulary", type=int, default=3072)
    parser.add_argument("--conversations", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    tokenizer = train_tokenizer(arguments.vocabulary, arguments.conversations, arguments.seed)
    save_tokenizer(tokenizer, arguments.out, longest=512)
    sample = list(texts(2000, 1))
    tokens = sum(len(tokenizer.encode(text).ids) for text in sample)
    print(
        f"{tokenizer.get_vocab_size()} tokens in {arguments.out}, "
        f"{sum(map(len, sample)) / tokens:.2f} characters a token"
    )


if __name__ == "__main__":
    main()
