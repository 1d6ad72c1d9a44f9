"""Recorded sessions to be exported: a long one, one with a branch, and one in which nothing is harmless."""

from __future__ import annotations

import random
from pathlib import Path

from llada_tui.drawing.palette import load_palettes
from llada_tui.export.run_timeline import RunTimeline
from llada_tui.paths import themes_folders
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import (
    Alternatives,
    Choice,
    EndEvent,
    Event,
    InterveneEvent,
    Message,
    PiecesEvent,
    RunEvent,
    StepEvent,
)
from llada_tui.trace.resume import Resume
from llada_tui.trace.session import Session
from llada_tui.trace.session_writer import SessionWriter
from tests.trace.support import EOS, MASK, MODEL, end, start, step

PALETTES, _ = load_palettes(themes_folders()[:1])
EVIL = "</script><script>alert(1)</script><b>&amp;]]>\"'`${x}\x1b[31m\u2028\u202e```"
"""For every text that a file brings."""


def session_of(*events: Event) -> Session:
    session = Session()
    for event in events:
        session.add(event)  # type: ignore[arg-type]
    return session


def written(path: Path, *events: Event) -> Path:
    writer = SessionWriter(path, "test")
    for event in events:
        writer.write(event)
    writer.close()
    return path


def long_run(steps: int = 128, size: int = 256, *, flips: float = 0.3) -> list[Event]:
    """A run whose guesses change at a share of the positions in every step, with candidates for each of them."""
    source = random.Random(7)
    words = ["".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=source.randint(1, 7))) for _ in range(600)]
    pieces = {2 + at: f" {word}".encode() for at, word in enumerate(words)} | {EOS: b"<|endoftext|>", 1: b"\n"}
    settings = SamplerSettings(steps=steps, gen_length=size, block_length=size)
    asked = [Message("user", "Tell me a story about a fox and a lantern.")]
    events: list[Event] = [
        RunEvent("r1", MODEL, settings, [5], Resume([MASK] * size), messages=asked, time=1.7e9),
        PiecesEvent(pieces, [EOS]),
    ]
    order = source.sample(range(size), size)
    ends = [size * (index + 1) // steps for index in range(steps)]
    guesses = {at: source.randrange(2, 602) for at in order}
    done = 0
    for index, stop in enumerate(ends):
        now, later = order[done:stop], order[stop:]
        guesses |= {at: source.randrange(1, 602) for at in later if source.random() < flips}
        events.append(
            StepEvent(
                run="r1",
                index=index,
                block=0,
                block_step=index,
                seconds=0.02,
                commits=[Choice(at, guesses[at], source.random()) for at in now],
                predictions=[Choice(at, guesses[at], source.random()) for at in later],
                alternatives=[
                    Alternatives(at, [guesses[at], *source.sample(range(2, 602), 4)], [0.6, 0.2, 0.1, 0.05, 0.01])
                    for at in (*now, *later)
                ],
            )
        )
        done = stop
    events.append(end(steps=steps))
    return events


def branched() -> list[Event]:
    """A run of four steps, and a branch from its step 2 in which "two" was made "zwei" by hand."""
    pieces = {7: b"one", 8: b" two", 9: b" three", 10: b" four", 11: b" zwei", 12: b" drei"}
    branch = start(run="r2", parent="r1", resume=Resume([7, 8, MASK, MASK], [MASK] * 4, step=2))
    return [
        start(4),
        PiecesEvent(pieces),
        StepEvent(
            run="r1",
            index=0,
            block=0,
            block_step=0,
            seconds=0.25,
            commits=[Choice(0, 7, 0.75)],
            predictions=[Choice(1, 8, 0.9)],
        ),
        *(step(1, {1: 8}), step(2, {2: 9}), step(3, {3: 10}), end("one two three four", steps=4)),
        branch,
        InterveneEvent("r2", 2, [(1, 11)]),
        *(step(2, {2: 12}, run="r2"), step(3, {3: 10}, run="r2"), end(run="r2", steps=2)),
    ]


def hostile() -> list[Event]:
    """A run in which the question, the model, the tokens, the figures and the reason for its end are hostile."""
    huge = float("1e300")
    model = type(MODEL)(EVIL, EVIL, EVIL, EVIL, MASK, EOS)
    pieces = {at: EVIL[at:].encode() or b"x" for at in range(2, 10)}
    settings = SamplerSettings(steps=4, gen_length=4)
    asked = [Message("user", EVIL)]
    ended = EndEvent("r1", EVIL, EVIL, 2, 2, -huge, huge)
    return [
        RunEvent("r1", model, settings, [5], Resume([MASK] * 4), messages=asked, time=-huge),
        PiecesEvent(pieces, [9], EVIL),
        step(0, {0: 2, 1: 9}, predictions=[Choice(2, 3, huge)], alternatives=[Alternatives(0, [2, 4], [-huge, huge])]),
        StepEvent(
            run="r1",
            index=1,
            block=0,
            block_step=1,
            seconds=-huge,
            commits=[Choice(2, 4, -huge)],
            predictions=[Choice(3, 5, -1.0)],
            remasked=[0],
        ),
        StepEvent(run="r1", index=2, block=0, block_step=2, seconds=huge, commits=[Choice(0, 4, huge)]),
        ended,
    ]


def timeline_of(events: list[Event], run: str = "r1") -> RunTimeline:
    session = session_of(*events)
    return RunTimeline(session, session.runs[run])
