"""Recorded sessions that tests open: one that never changes, and one of things that no terminal should get raw."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from llada_tui.pictures import name_of
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import (
    FORMAT,
    VERSION,
    Alternatives,
    Choice,
    EndEvent,
    Event,
    Message,
    ModelInfo,
    PictureEvent,
    PiecesEvent,
    RunEvent,
    SessionEvent,
    StepEvent,
    SummaryEvent,
    decode,
    encode,
)
from llada_tui.trace.resume import Resume

WORDS = (
    "The| lantern| glowed| at| the| edge| of| the| wood|.| A| young| fox| came| to| look| at| it|,| and| wondered| who|"
    " had| left| it| there|.|\n|“|Hello|?|”| said| the| fox|.| Nobody| answered|,| but| the| light| grew| a| little|"
    " warmer|.| 漢字| and| an| é|,| too|."
).split("|")
EVIL = "\x1b]0;owned\x07\x1b[5;35;45m\x9b7m\x1bPq\x1b\\[red]x[/red][/]\u202e\u2028\x08\r\x00\x0e"
"""For every name and text that is no token."""


def fox(path: Path, *, ahead: bool = False) -> Path:
    """Two runs of the same question, committed in an order that a seed gave; in two blocks with ``ahead``, which is
    what was seen of the second while the first was at work."""
    mask, eot = 900, 901
    model = ModelInfo("acme/llada-tiny", "llada", "float32", "cpu", mask, 902, eot, parameters=4_200_000, chat=True)
    source = random.Random(5)
    size = len(WORDS) + 1
    tokens = [*range(len(WORDS)), eot]
    question = "Tell me a story about a fox and a lantern."
    block = size // 2 if ahead else size
    settings = SamplerSettings(steps=size // 2, gen_length=size, block_length=block, temperature=0.3, look_ahead=ahead)
    events: list[Event] = [
        SessionEvent(FORMAT, VERSION, "llada-tui", 1.7e9),
        PiecesEvent({**{at: word.encode() for at, word in enumerate(WORDS)}, eot: b"<|eot_id|>"}, [eot]),
    ]
    for name in ("run-1", "run-2"):
        events.append(
            RunEvent(name, model, settings, [1, 2, 3], Resume([mask] * size), messages=[Message("user", question)])
        )
        order = source.sample(range(size), size)
        order.sort(key=lambda at: at >= block)
        for index in range(settings.steps):
            now = order[2 * index : 2 * index + 2 if index < settings.steps - 1 else size]
            later = order[2 * index + 2 :] if index < settings.steps - 1 else []
            choices = [Choice(at, tokens[at], round(source.uniform(0.4, 1), 3)) for at in now]
            guesses = [Choice(at, source.choice(tokens[:30]), round(source.uniform(0, 0.5), 3)) for at in later]
            others = [Alternatives(at, [tokens[at], 3, 11], [0.6, 0.25, 0.1]) for at in now]
            beyond = [guess for guess in guesses if guess.position >= block > now[0]]
            guesses = [guess for guess in guesses if guess not in beyond]
            made = StepEvent(
                run=name,
                index=index,
                block=0,
                block_step=index,
                seconds=0.02,
                commits=choices,
                predictions=guesses,
                alternatives=others,
                ahead=beyond,
            )
            events.append(made)
        seconds = 0.02 * settings.steps
        events.append(EndEvent(name, "finished", "".join(WORDS), settings.steps, size, seconds, size / seconds))
    _write(path, [*events, SummaryEvent(question, 2, 2 * size)])
    os.utime(path, (1.7e9, 1.7e9))
    return path


def about_pictures(path: Path, contents: Sequence[bytes], *, kept: int | None = None) -> Path:
    """The session of `fox`, its question about pictures, of which the file has the first ``kept``."""
    events = [event for line in fox(path).read_bytes().splitlines() if (event := decode(line)) is not None]
    names = tuple(map(name_of, contents))
    for at, event in enumerate(events):
        if isinstance(event, RunEvent):
            question = Message("user", event.messages[0].content, names)
            events[at] = replace(event, prompt_ids=[-200] * len(names) + event.prompt_ids, messages=[question])
    events[1:1] = [PictureEvent(*pair) for pair in [*zip(names, contents, strict=True)][:kept]]
    return _write(path, events)


def hostile(path: Path, pieces: list[bytes], *, steps: int = 6) -> Path:
    """A session of two runs with these pieces, and no harmless word in it."""
    mask = 256
    model = ModelInfo(f"{EVIL}/{EVIL}", EVIL, EVIL, EVIL, mask, 257, 258, EVIL, context=4096, chat=True)
    size = len(pieces)
    settings = SamplerSettings(steps=size, gen_length=size, block_length=size)
    by_token = {1000 + at: piece for at, piece in enumerate(pieces)}
    events: list[Event] = [
        SessionEvent(FORMAT, VERSION, EVIL, time.time()),
        PiecesEvent({**by_token, 256: b"<|mask|>", 257: EVIL.encode(), 258: b"\xff\x1b[31m"}, [256, 257, 258]),
    ]
    for name in (f"one{EVIL}", f"two{EVIL}"):
        messages = [Message("system", EVIL), Message("user", f"question {EVIL}")]
        events.append(RunEvent(name, model, settings, [1000], Resume([mask] * size), messages=messages))
        share = -(-size // steps)
        for index in range(steps):
            now = range(index * share, min((index + 1) * share, size))
            later = range(min((index + 1) * share, size), size)
            choices = [Choice(at, 1000 + at, 0.9) for at in now]
            guesses = [Choice(at, 1000 + (at * 7 + index) % size, 0.4) for at in later]
            others = [Alternatives(at, [1000 + (at + n) % size for n in range(4)], [0.4, 0.3, 0.2]) for at in now[:20]]
            events.append(
                StepEvent(
                    run=name,
                    index=index,
                    block=0,
                    block_step=index,
                    seconds=0.01,
                    commits=choices,
                    predictions=guesses,
                    alternatives=others,
                )
            )
        events.append(EndEvent(name, EVIL, EVIL, steps, size, 0.1, 9.0, 0, EVIL))
    return _write(path, [*events, SummaryEvent(f"title {EVIL}", 2, 2 * size)])


def _write(path: Path, events: Iterable[Event]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(encode(event) + b"\n" for event in events))
    return path
