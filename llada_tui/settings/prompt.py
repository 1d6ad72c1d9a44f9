"""A prompt, and text with holes in it, where ``{mask:12}`` stands for twelve masks."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

HOLE = re.compile(r"(?<! ) *\{mask:(\d{1,5})\}")
"""That many masks. Blanks before it belong to the word that will stand there. A match begins at the first of several
blanks alone: else a text of 100,000 blanks would be searched for ten seconds."""
_BLANK = " ____"
PICTURE = -200
"""The id that stands for a picture among a prompt's ids (``IMAGE_TOKEN_INDEX`` of LLaVA)."""
PICTURE_TEXT = "<image>"
"""The mark of a picture in a text that is asked with pictures."""


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One turn of a conversation; ``role`` is system, user or assistant. ``images`` are the names of the pictures that
    it is about (`llada_tui.pictures.name_of`)."""

    role: str
    content: str
    images: tuple[str, ...] = ()


class Prompt(msgspec.Struct, frozen=True, omit_defaults=True):
    """The prompt of a run: ``messages`` (through the chat template) or ``text`` (continued as it is).

    ``ids`` are the prompt's tokens where they are known: they count, and the others only tell what they were made from.
    ``template`` is the text of the answer's canvas, with holes to fill; without one the canvas is all masks.
    ``raw_tokens``: what looks like a special token (``<|eot_id|>``) is one; else a person's words are text.

    ``images`` are the names of the pictures that a text, or ids, are about, in their order; messages name their own.
    ``pictures`` are the bytes of the files, by name. ``stop``: texts or ids before which the answer ends; ``suffix``: a
    text, or ids, that follows the canvas.
    """

    messages: list[Message] | None = None
    text: str | None = None
    ids: list[int] | None = None
    template: str | None = None
    raw_tokens: bool = False
    images: list[str] = []
    pictures: dict[str, bytes] = {}
    stop: list[str | list[int]] = []
    suffix: str | list[int] | None = None

    @property
    def picture_names(self) -> list[str]:
        """The names of all pictures that it is about, in order."""
        return [name for message in self.messages or () for name in message.images] + self.images

    @property
    def question(self) -> str:
        """The question: the last user message, or the text."""
        for message in reversed(self.messages or ()):
            if message.role == "user":
                return message.content
        return self.text or ""


def typed_prompt(
    text: str,
    *,
    chat: bool,
    before: Sequence[Message] = (),
    holes: bool = True,
    raw_tokens: bool = False,
    images: Sequence[str] = (),
) -> Prompt:
    """The prompt of what a person typed, for a model that chats or one that continues texts.

    ``before`` are the messages of the conversation so far, which a model that continues texts is not told. A text with
    holes is split into the question and the template of the answer; without ``holes`` it is asked as it stands.
    ``images``: the names of the pictures that it is about.
    """
    template = None
    if holes and has_holes(text):
        text, template = split(text, chat=chat)
    if chat:
        messages = [*before, Message("user", text, tuple(images))]
        return Prompt(messages=messages, template=template, raw_tokens=raw_tokens)
    return Prompt(text=text, template=template, raw_tokens=raw_tokens, images=list(images))


def has_holes(text: str) -> bool:
    """Whether there is anything to fill in."""
    return HOLE.search(text) is not None


def split(text: str, *, chat: bool) -> tuple[str, str]:
    """The prompt and the template of the answer that a text with holes makes.

    A model that continues texts fills the text itself. One that chats is asked the lines before the first line with a
    hole, and fills the lines from there on; without lines before it is asked to fill in the blanks of that text.
    """
    if not chat:
        return "", text
    lines = text.split("\n")
    first = next(index for index, line in enumerate(lines) if has_holes(line))
    template = "\n".join(lines[first:]).strip()
    question = "\n".join(lines[:first]).strip()
    return question or f"Fill in the blanks: {HOLE.sub(_BLANK, template).strip()}", template
