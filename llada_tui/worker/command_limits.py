"""The limits of what a command may hold, so that no command keeps the worker for seconds or takes its memory.

A tokenizer needs about two seconds and 400 MB for a million bytes. Its process can be ended, and is after 20 seconds or
2 GB (`llada_tui.models.text_process`), but what is longer than any context need not get there: it is refused before it
is read.
"""

from __future__ import annotations

from collections.abc import Iterator

from llada_tui.settings.prompt import Prompt
from llada_tui.units import size_words
from llada_tui.worker.job_messages import Bench, Quantize, ScoreTokens
from llada_tui.worker.messages import Command
from llada_tui.worker.protocol import Compare, Count, Encode, Generate, Influence, Load, Score

MAX_TEXT = 400_000
"""Most bytes of text in a command, about 100,000 words."""
MAX_IDS = 2**18
"""Most token ids in a prompt, an answer or a canvas that a command brings."""
MAX_NAME = 4096
"""Most characters in the name of a checkpoint or folder."""
_MESSAGE = 40
"""Bytes that a message counts as, beside its text: a template sets marks around it."""


def text_size(command: Command) -> int:
    """Bytes of text that a command has tokenized."""
    match command:
        case Generate() | Count():
            return _prompt_size(command.prompt)
        case Encode():
            return _size(command.text)
        case Score() | ScoreTokens():
            return _prompt_size(command.prompt) + _size(command.answer)
        case Bench():
            return _size(command.prompt)
        case Compare():
            return max((text_size(lane) for lane in command.lanes), default=0)
        case _:
            return 0


def excess(command: Command) -> str:
    """Why a command holds too much, in a sentence; empty if it does not."""
    if (size := text_size(command)) > MAX_TEXT:
        return f"This is too long: {size_words(size)} of text, and a model can be asked {size_words(MAX_TEXT)} at most."
    if (count := max(map(len, _lists_of_ids(command)), default=0)) > MAX_IDS:
        return f"This is too long: {count:,} tokens, and a command can bring {MAX_IDS:,} at most."
    if any(len(name) > MAX_NAME for name in _names(command)):
        return f"A checkpoint's name has {MAX_NAME:,} characters at most."
    return ""


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _prompt_size(prompt: Prompt) -> int:
    messages = sum(_size(message.role) + _size(message.content) + _MESSAGE for message in prompt.messages or ())
    stops = sum(_size(stop) + _MESSAGE for stop in prompt.stop if isinstance(stop, str))
    suffix = _size(prompt.suffix) if isinstance(prompt.suffix, str) else 0
    return messages + _size(prompt.text or "") + _size(prompt.template or "") + stops + suffix


def _lists_of_ids(command: Command) -> Iterator[list[int]]:
    match command:
        case Influence():
            yield from (command.prompt, command.canvas)
        case Generate():
            resume = command.resume
            for ids in (command.prompt.ids, resume.canvas, resume.initial_canvas, resume.block_start_canvas):
                yield ids or []
            yield [*resume.earlier.token_ids()] if resume.earlier is not None else []
        case Compare():
            for lane in command.lanes:
                yield from _lists_of_ids(lane)
        case ScoreTokens():
            yield from (command.prompt.ids or [], command.answer_ids or [])
        case Count() | Score():
            yield command.prompt.ids or []
        case _:
            pass


def _names(command: Command) -> tuple[str, ...]:
    match command:
        case Load():
            return (command.source,)
        case Quantize():
            return command.source, command.folder
        case _:
            return ()
