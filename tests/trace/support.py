"""Random events and runs, made as a worker would make them, and the plainest way to replay them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import (
    Alternatives,
    Choice,
    DeleteEvent,
    EndEvent,
    InterveneEvent,
    Message,
    ModelInfo,
    NameEvent,
    PiecesEvent,
    RetuneEvent,
    RunEvent,
    SessionEvent,
    StepEvent,
    SummaryEvent,
)
from llada_tui.trace.resume import Resume

MASK, EOS, EOT = 999, 0, 1
MODEL = ModelInfo("demo", "llada", "float32", "cpu", MASK, EOS, EOT, vocab_size=1000, demo=True, chat=True)

# Whole text only: JSON cannot carry half of a surrogate pair.
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ids = st.integers(0, 2**31 - 1)
chances = st.floats(0, 1)
moments = st.floats(0, 1e9)
choices = st.builds(Choice, st.integers(0, 63), ids, chances)
alternatives = st.builds(Alternatives, st.integers(0, 63), st.lists(ids, max_size=3), st.lists(chances, max_size=3))
messages = st.builds(Message, st.sampled_from(["system", "user", "assistant"]), words)
models = st.builds(
    ModelInfo, words, words, words, words, ids, st.none() | ids, st.none() | ids, st.none() | words, chat=st.booleans()
)
settings = st.builds(
    SamplerSettings,
    steps=st.integers(64, 200),
    gen_length=st.integers(1, 64),
    temperature=st.floats(0, 10),
    seed=st.integers(0, 2**63 - 1),
    early_stop=st.booleans(),
)
resumes = st.builds(
    Resume,
    st.lists(ids, max_size=5),
    st.none() | st.lists(ids, max_size=5),
    st.none() | st.lists(ids, max_size=5),
    st.integers(0, 9),
    st.none() | st.integers(0, 9),
    st.integers(0, 9),
    st.lists(chances, max_size=5),
    st.none() | st.integers(0, 9),
    st.integers(0, 9),
)
runs = st.builds(
    RunEvent,
    words,
    models,
    settings,
    st.lists(ids, max_size=5),
    resumes,
    moments,
    st.lists(messages, max_size=3),
    st.none() | words,
    st.none() | words,
    group=st.none() | words,
)
events = st.one_of(
    st.builds(SessionEvent, words, st.integers(0, 9), words, moments),
    st.builds(NameEvent, words, words),
    st.builds(DeleteEvent, st.lists(words, max_size=3), st.booleans()),
    st.builds(SummaryEvent, words, st.integers(0, 99), st.integers(0, 99)),
    runs,
    st.builds(PiecesEvent, st.dictionaries(ids, st.binary(max_size=9), max_size=5), st.lists(ids, max_size=3)),
    st.builds(
        StepEvent,
        run=words,
        index=st.integers(0, 99),
        block=st.integers(0, 9),
        block_step=st.integers(0, 9),
        seconds=moments,
        commits=st.lists(choices, max_size=4),
        predictions=st.lists(choices, max_size=4),
        remasked=st.lists(st.integers(0, 63), max_size=4),
        edits=st.lists(choices, max_size=4),
        alternatives=st.lists(alternatives, max_size=2),
        entropy=st.none() | st.floats(0, 20),
        ahead=st.lists(choices, max_size=4),
        more=st.booleans(),
    ),
    st.builds(RetuneEvent, words, st.integers(0, 99), settings),
    st.builds(InterveneEvent, words, st.integers(0, 99), st.lists(st.tuples(st.integers(0, 63), ids), max_size=4)),
    st.builds(
        EndEvent,
        words,
        st.sampled_from(["finished", "cancelled", "failed"]),
        words,
        st.integers(0, 99),
        st.integers(0, 99),
        moments,
        moments,
        st.integers(0, 2**40),
        words,
    ),
)


def start(length: int = 8, *, run: str = "r1", resume: Resume | None = None, **more: Any) -> RunEvent:
    """The beginning of a run on ``length`` masks, or of one that goes on from a canvas."""
    resume = resume or Resume([MASK] * length)
    canvas = resume.canvas or []
    values = SamplerSettings(steps=len(canvas), gen_length=len(canvas), block_length=len(canvas))
    return RunEvent(run, MODEL, values, [5, 6], resume, messages=[Message("user", "a question")], **more)


def step(index: int, commits: dict[int, int], *, run: str = "r1", **more: Any) -> StepEvent:
    """A step that commits these tokens at these positions, each with confidence 0.5."""
    return StepEvent(
        run=run,
        index=index,
        block=0,
        block_step=index,
        seconds=0.25,
        commits=[Choice(at, token, 0.5) for at, token in commits.items()],
        **more,
    )


def end(text: str = "", *, run: str = "r1", reason: str = "finished", steps: int = 0) -> EndEvent:
    return EndEvent(run, reason, text, steps, steps, 1.0, 8.0)


@dataclass
class Recorded:
    """A run as events, and the canvas (ids) of each of its frames, replayed in the plainest way."""

    start: RunEvent
    events: list[StepEvent | RetuneEvent | InterveneEvent | EndEvent] = field(default_factory=list)
    frames: list[list[int]] = field(default_factory=list)

    @property
    def steps(self) -> list[StepEvent]:
        return [event for event in self.events if isinstance(event, StepEvent)]


@st.composite
def recorded_runs(draw: st.DrawFn, *, run: str = "r1", most_steps: int = 12) -> Recorded:
    """Valid runs with everything that may happen in one: commits, guesses, also ahead, tokens taken back, edited, set
    by hand."""
    tokens = st.integers(0, 30)
    canvas = draw(st.lists(st.just(MASK) | tokens, min_size=1, max_size=12))
    first = draw(st.integers(0, 3))
    made = Recorded(start(resume=Resume(list(canvas), step=first), run=run))
    made.start = replace(made.start, settings=made.start.settings.replace(recomputed=draw(st.booleans())))
    anew = st.just([]) | st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=len(canvas), max_size=len(canvas))
    made.frames.append(list(canvas))
    positions = st.integers(0, len(canvas) - 1)
    for index in range(first, first + draw(st.integers(0, most_steps))):
        if draw(st.integers(0, 5)) == 0:
            changed = draw(st.lists(st.tuples(positions, st.just(MASK) | tokens), min_size=1, max_size=3))
            made.events.append(InterveneEvent(run, index, changed))
            for position, token in changed:
                canvas[position] = token
            made.frames[-1] = list(canvas)
        if draw(st.integers(0, 7)) == 0:
            changed_settings = {"temperature": draw(chances), "recomputed": draw(st.booleans())}
            made.events.append(RetuneEvent(run, index, made.start.settings.replace(**changed_settings)))
        taken, written = _decide(draw, canvas, tokens)
        guesses = [at for at in range(len(canvas)) if canvas[at] == MASK and at not in written]
        edited = [Choice(at, draw(tokens), 0.25) for at in range(len(canvas)) if canvas[at] != MASK and at not in taken]
        edited = edited[: draw(st.integers(0, 1))]
        cut = draw(st.integers(0, 2 * len(canvas)))  # from here on they are looked ahead at
        predictions = [Choice(at, draw(tokens), 0.125) for at in guesses if at < cut]
        ahead = [Choice(at, draw(tokens), 0.0625) for at in guesses if at >= cut]
        made.events.append(
            step(
                index,
                written,
                run=run,
                remasked=taken,
                edits=edited,
                predictions=predictions,
                ahead=ahead,
                recomputed=draw(anew),
            )
        )
        for at in taken:
            canvas[at] = MASK
        for at, token in written.items():
            canvas[at] = token
        for choice in edited:
            canvas[choice.position] = choice.token
        made.frames.append(list(canvas))
    if draw(st.booleans()):
        made.events.append(end(run=run, steps=len(made.steps)))
    return made


def _decide(draw: st.DrawFn, canvas: list[int], tokens: st.SearchStrategy[int]) -> tuple[list[int], dict[int, int]]:
    """Positions to take back and tokens to commit. Now and then a model commits the mask itself."""
    held = [at for at, token in enumerate(canvas) if token != MASK]
    masked = [at for at, token in enumerate(canvas) if token == MASK]
    taken = draw(st.lists(st.sampled_from(held), unique=True, max_size=2)) if held else []
    chosen = draw(st.lists(st.sampled_from(masked), unique=True, max_size=3)) if masked else []
    return taken, {at: draw(tokens | tokens | tokens | st.just(MASK)) for at in chosen}
