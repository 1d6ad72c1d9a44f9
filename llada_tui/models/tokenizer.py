"""Text and conversations to token ids, and token ids to text and exact bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast
from transformers.models.qwen2.tokenization_qwen2 import Qwen2Tokenizer

from llada_tui.models.checkpoint_files import TOKENIZER, TOKENIZER_PARTS, without_marks
from llada_tui.models.errors import ModelError
from llada_tui.models.text_process import PROCESS, Refused

_HEADERS = ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
_PUBLISHED_TEMPLATE = (
    "{{ bos_token or '' }}{% for message in messages %}"
    "<|start_header_id|>{{ message['role'] }}<|end_header_id|>\n\n{{ message['content'] | trim }}<|eot_id|>"
    "{% endfor %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
)
"""LLaDA-8B-Instruct's template, for a tokenizer that has its header tokens and no template of its own."""
MAX_DECODED = 1 << 20
"""Most token ids that are turned into text at once; the longest context of a published checkpoint has 131,072."""
_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")


def _byte_alphabet() -> dict[str, int]:
    """The characters by which byte-level BPE (GPT-2) writes each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + rank): byte for rank, byte in enumerate(others)}


_BYTES = _byte_alphabet()


class Tokenizer:
    """A checkpoint's tokenizer, from its ``tokenizer.json``, or from ``vocab.json`` and ``merges.txt`` as Qwen has them
    (Dream brings these alone); no code of the checkpoint is run."""

    def __init__(self, folder: Path) -> None:
        """Raises `ModelError` for a tokenizer that cannot be read, or that takes too long or too much memory."""
        try:
            whole = (folder / TOKENIZER).is_file()
            with without_marks(folder) as plain:
                path = str((plain / TOKENIZER).absolute())
                if whole:  # first in the text process, where it can do no harm
                    PROCESS.ask(do="try", path=path)
                kind = PreTrainedTokenizerFast if whole else Qwen2Tokenizer
                self._fast = kind.from_pretrained(plain, trust_remote_code=False, local_files_only=True)
            self._state = self._fast.backend_tokenizer.to_str()
            self.key = blake2b(self._state.encode(), digest_size=16).hexdigest()
            """Its name in requests to the text process."""
            state = json.loads(self._state)
            if whole:
                settings = {name: part for name, part in state.items() if name != "model"}
                PROCESS.ask(do="reuse", key=self.key, path=path, settings=settings)
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(f"The tokenizer in {folder} cannot be read: download the checkpoint again.") from error
        self._byte_level = "ByteLevel" in json.dumps([state.get("decoder"), state.get("pre_tokenizer")])
        added = self._fast.added_tokens_decoder
        self._added: dict[int, str] = {token: str(entry.content) for token, entry in added.items()}
        self._special = {token for token, entry in added.items() if entry.special}

    def id_of(self, text: str) -> int | None:
        """The id of exactly this token, or None."""
        token = self._fast.backend_tokenizer.token_to_id(text)
        return None if token is None else int(token)

    @property
    def eos_id(self) -> int | None:
        """The end-of-text token that the tokenizer names."""
        token = self._fast.eos_token_id
        return token if isinstance(token, int) else None

    @property
    def mask_id(self) -> int | None:
        """The mask token that the tokenizer names."""
        token = self._fast.mask_token_id
        return token if isinstance(token, int) else None

    @property
    def has_template(self) -> bool:
        """Whether the tokenizer brings a chat template."""
        return self._fast.chat_template is not None

    def encode(self, text: str, *, bare: bool = False, raw: bool = False, pictures: int = 0) -> list[int]:
        """A text as ids, with whatever the tokenizer adds by itself; ``bare`` for text that goes on from other.

        It asks about so many ``pictures``: `PICTURE` stands where the text says ``<image>``, if it does so as often,
        else before the text. What is in it is text: it holds no special token, unless it is ``raw``. Raises
        `ModelError`.
        """
        return list(self._ask(do="encode", text=text, bare=bare, raw=raw, pictures=pictures))

    def encode_chat(
        self, messages: Sequence[dict[str, str]], *, raw: bool = False, pictures: Sequence[int] = ()
    ) -> list[int]:
        """A conversation as ids, up to where the next answer begins, by the checkpoint's own template. ``pictures``:
        how many each message is about, if any is: see `encode`.

        The template's special tokens are tokens, and what looks like one in a message is text, unless it is ``raw``.
        Raises `ModelError` when there is no template or it refuses the conversation.
        """
        return list(self._ask(do="chat", raw=raw, pictures=list(pictures), **self._conversation(messages)))

    def render_chat(self, messages: Sequence[dict[str, str]], *, add_generation_prompt: bool = True) -> str:
        """A conversation as the text that its ids are of, up to where the next answer begins, or to its own end; for
        programs that take texts alone. What looks like a special token in a message is one. Raises as `encode_chat`."""
        asked = self._conversation(messages)
        asked["variables"]["add_generation_prompt"] = add_generation_prompt
        return str(self._ask(do="render", **asked))

    def _conversation(self, messages: Sequence[dict[str, str]]) -> dict[str, Any]:
        """Messages for the text process, with the template that renders them. Raises `ModelError` if there is none."""
        template = self._fast.chat_template
        if template is None:
            if any(self.id_of(token) is None for token in _HEADERS):
                raise ModelError("This model has no chat template: it continues raw text, so give it a text.")
            template = _PUBLISHED_TEMPLATE
        elif isinstance(template, dict):
            template = self._fast.get_chat_template()
        names = self._fast.special_tokens_map
        variables: dict[str, Any] = {name: str(token) for name, token in names.items() if token is not None}
        # Qwen3's template, for one: the answer, without a page of thoughts before it.
        variables["enable_thinking"] = False
        return {"template": template, "messages": list(messages), "variables": variables}

    def decode(self, ids: Sequence[int], *, special: bool = False) -> str:
        """The text of ids, without special tokens or with them.

        Raises `ModelError` for more than `MAX_DECODED` ids, and where the tokenizer makes far more text of them than
        tokens hold, fails, or takes too long or too much memory.
        """
        if len(ids) > MAX_DECODED:
            raise ModelError(f"These are {len(ids):,} ids, and at most {MAX_DECODED:,} can be decoded: give fewer.")
        return str(self._ask(do="decode", ids=list(ids), special=special))

    def _ask(self, **request: Any) -> Any:
        try:
            return PROCESS.ask(self.key, self._state, **request)
        except Refused as error:
            if error.part == "tokenizer":
                raise ModelError(f"The model's tokenizer cannot read this text: {error}") from error
            raise ModelError(f"The model's chat template refuses this conversation: {error}") from error

    def piece(self, token: int) -> bytes | None:
        """The bytes that a token stands for, which may be part of a character; None when there is no such token."""
        if token in self._added:
            return self._added[token].encode()
        text = self._fast.backend_tokenizer.id_to_token(token)
        if text is None:
            return None
        if self._byte_level and all(character in _BYTES for character in text):
            return bytes(_BYTES[character] for character in text)
        byte = _BYTE_TOKEN.fullmatch(text)
        if byte:
            return bytes([int(byte[1], 16)])
        return str(text).replace("▁", " ").encode()

    def special(self, ids: Iterable[int]) -> list[int]:
        """Those of ``ids`` that stand for no text."""
        return [token for token in ids if token in self._special]


def load_tokenizer(folder: Path) -> Tokenizer | None:
    """The tokenizer in ``folder``, or None where there is none. Raises `ModelError`."""
    complete = (folder / TOKENIZER).is_file() or all((folder / name).is_file() for name in TOKENIZER_PARTS)
    return Tokenizer(folder) if complete else None


def as_messages(prompt: Iterable[Any]) -> list[dict[str, str]]:
    """Chat messages as dicts, from dicts or objects with a role and a content. Raises `ModelError`."""
    messages = []
    for message in prompt:
        role = message.get("role") if isinstance(message, dict) else getattr(message, "role", None)
        content = message.get("content") if isinstance(message, dict) else getattr(message, "content", None)
        if not isinstance(role, str) or not isinstance(content, str):
            raise ModelError("A chat message needs a role and a content, both texts.")
        messages.append({"role": role, "content": content})
    return messages


def pictures_of(message: Any) -> list[Any]:
    """The pictures that a chat message brings, as ``images``."""
    images = message.get("images") if isinstance(message, dict) else getattr(message, "images", None)
    return list(images or ())
