"""Reads a command's prompt (an argument, or ``-`` for stdin) and makes a `Prompt` of it."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from llada_tui import pictures
from llada_tui.cli.output import USAGE, CommandError, warn
from llada_tui.settings.prompt import Message, Prompt, typed_prompt
from llada_tui.units import size_words
from llada_tui.worker.command_limits import MAX_TEXT

if TYPE_CHECKING:
    from llada_tui.trace.events import ModelInfo


def read_prompt(prompt: str) -> str:
    """A prompt as it was typed, or from the standard input. Raises `CommandError` for an empty one."""
    data = sys.stdin.buffer.read(MAX_TEXT + 1) if prompt == "-" else prompt.encode("utf-8", "surrogateescape")
    if len(data) > MAX_TEXT:  # what is piped may never end
        most = size_words(MAX_TEXT)
        raise CommandError(f"This is too long: more than {most} of text, and a model can be asked {most} at most.")
    text = _decoded(data.removeprefix(codecs.BOM_UTF8))
    if not text.strip():
        raise CommandError("The prompt is empty.", USAGE)
    return text.removesuffix("\n") if prompt == "-" else text


def as_typed(text: str) -> str:
    """An argument, with what is no text in it replaced."""
    return _decoded(text.encode("utf-8", "surrogateescape"))


class Around(NamedTuple):
    """The things that go with a prompt: picture files, stop sequences, and what follows the canvas."""

    images: Sequence[Path] = ()
    stop: Sequence[str] = ()
    suffix: str | None = None
    link_images: bool = False
    """Whether sessions link to the picture files instead of holding them."""


NOTHING_AROUND = Around()


def picture_files(around: Around) -> list[pictures.PictureFile]:
    """The pictures in their order, one as often as it is given. Raises `CommandError` for a file that cannot be
    used."""
    try:
        return [pictures.attached_file(path, link=around.link_images) for path in around.images]
    except pictures.PictureError as error:
        raise CommandError(str(error), USAGE) from None


def named_pictures(model: ModelInfo, files: Sequence[pictures.PictureFile]) -> tuple[list[str], dict[str, bytes]]:
    """The names of pictures in their order, and their bytes by name. Raises `CommandError` for a model that sees
    none."""
    if files and not model.sees:
        raise CommandError(pictures.unseen(model.id), USAGE)
    names = [pictures.name_of(file.content) for file in files]
    return names, {name: file.content for name, file in zip(names, files, strict=True)}


def asked(
    model: ModelInfo,
    prompt: str,
    system: str | None,
    *,
    raw_tokens: bool = False,
    around: Around = NOTHING_AROUND,
    files: Sequence[pictures.PictureFile] = (),
) -> Prompt:
    """The prompt for a model that chats, or for one that continues text, which is said. ``{mask:12}`` in it stands for
    twelve masks on the canvas. ``files`` are the pictures that it is about, in their order."""
    if not model.chat and system:
        raise CommandError(f"{model.id} only continues text: it takes no system prompt.", USAGE)
    names, contents = named_pictures(model, files)
    before = [Message("system", system)] if system else ()
    typed = typed_prompt(prompt, chat=model.chat, before=before, raw_tokens=raw_tokens, images=names)
    if not model.chat and typed.template is None:
        warn(f"{model.id} was not trained to answer: it goes on where the prompt ends.")
    suffix = None if around.suffix is None else as_typed(around.suffix)
    stop = [as_typed(words) for words in around.stop]
    return replace(typed, pictures=contents, stop=stop, suffix=suffix)


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")
