"""The events of a run. The worker sends them, the screen folds them, a session file keeps them: one JSON object a line.

Positions count from the start of the canvas (the prompt is not part of it); token ids are the checkpoint's own.
Unknown fields are ignored on reading, so a newer minor version can add some.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Sequence
from typing import Any, get_args

import msgspec

from llada_tui.settings.prompt import Message as Message
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.bounds import Count, Nats, Probability, Rate, Seconds, Time, TokenId
from llada_tui.trace.choice import Choice as Choice
from llada_tui.trace.model_info import ModelInfo as ModelInfo
from llada_tui.trace.resume import Resume
from llada_tui.trace.stop_sequences import BytesOf, TextEnd, end_before
from llada_tui.trace.wire_form import KindDecoder, WireForm

FORMAT = "llada-tui"
DIGITS = 5
"""Decimals of a probability: enough to show and to sort by, short to write, and all that a sampler remembers of one."""
VERSION = 1
"""Major version of the events: a file with a larger one is refused."""


class Alternatives(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The likeliest tokens at a position before a step, most likely first, with their probabilities."""

    position: int
    tokens: list[TokenId]
    confidences: list[Probability]


class Stretch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Places beside each other on a canvas: the first, and how many."""

    place: Count
    count: Count


class StepData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The actions of a step on one row of the batch; a row that had no step to make has neither choices nor an entropy.

    Positions count from the start of the canvas with which the run began, left to right. One that is inserted later
    has the next number that no position had, and no position ever has another. ``block`` counts the canvas' blocks
    from 0, ``block_step`` the steps made in that block before.
    """

    block: Count
    block_step: Count
    commits: list[Choice]
    """Predictions that stay on the canvas."""
    predictions: list[Choice] = []
    """Predictions that were masked again at once."""
    remasked: list[int] = []
    """Positions of tokens that an earlier step committed, and that are masks again."""
    edits: list[Choice] = []
    """Tokens that replace others, which an earlier step committed."""
    alternatives: list[Alternatives] = []
    entropy: Nats | None = None
    """Mean entropy of the step's predictions, in nats; None where nothing was masked."""
    ahead: list[Choice] = []
    """Predictions for masks beyond the block at work, where they were asked for; nothing is decided of them."""
    recomputed: list[Probability] = []
    """For each position of the canvas the part of the layers that computed it anew, from 0 to 1, where that was asked
    for: a cache policy takes the others from earlier steps. None where every layer computed everything."""
    more: bool = False
    """The block is full, but a post step follows. Version 1 did not write this field."""
    inserted: Stretch | None = None
    """The masks that were inserted after the step, by their places on the canvas then. Of those that the step commits
    at once, ends of text, the positions are among ``commits``."""
    removed: Stretch | None = None
    """The places of the canvas that were removed after that."""
    ends: Probability | None = None
    """The density of ends of text, by which the length policy decided; None where it had none."""
    length_memory: dict[str, Count] = {}
    """The values that the length policy carries on, where this step changed them (`Resume.length_memory`)."""
    noise: list[tuple[int, TokenId]] = []
    """With uniform noise, for each position that is undecided after the step, the random token that stands there for
    the next pass."""

    stop_entropy: Nats | None = None
    """The mean entropy below which the strategy may end the block; None for one that does not go by it."""

    def token_ids(self) -> set[int]:
        """Every token id that the step names."""
        ids = {
            choice.token for choices in (self.commits, self.predictions, self.edits, self.ahead) for choice in choices
        }
        for alternatives in self.alternatives:
            ids.update(alternatives.tokens)
        return ids | {token for _, token in self.noise}


class Event(msgspec.Struct, frozen=True, tag_field="event", omit_defaults=True):
    """Any event. Events of a run carry its id in ``run``."""


class SessionEvent(Event, frozen=True, tag="session"):
    """The first line of a session file. ``time`` is in seconds since 1970."""

    format: str
    version: int
    tool: str
    time: Time


class SummaryEvent(Event, frozen=True, tag="summary"):
    """Title and counts up to here, so that a list of sessions needs only the end of each file."""

    title: str
    runs: Count
    tokens: Count


class RunEvent(Event, frozen=True, tag="run"):
    """A generation begins. A branch names its ``parent`` run; ``resume`` says which of the parent's steps are kept.

    ``resume`` has a canvas: that at the run's first step, with mask ids where text is wanted. It has no ``changes``: an
    InterveneEvent tells them. On a line its fields lie flat among the others. Runs of one prompt that were made to be
    compared share a ``group``.
    """

    run: str
    model: ModelInfo
    settings: SamplerSettings
    prompt_ids: list[int]
    resume: Resume
    time: Time = 0.0
    messages: list[Message] = []
    text: str | None = None
    parent: str | None = None
    group: str | None = None
    raw_tokens: bool = False
    """Whether what looks like a special token in the prompt was read as one."""
    images: list[str] = []
    """The names of the pictures that a text, or ids, are about; those of messages stand there."""
    stop: list[list[int]] = []
    stop_texts: list[str] = []
    """Stop sequences, as ids and as texts: the text ends before the first of all of them."""
    suffix: list[int] = []
    """The ids that follow the canvas, and are seen by the model; no position of the canvas."""
    noise: list[tuple[int, TokenId]] = []
    """With uniform noise, for each position that is undecided before the first step, changes by hand made, the random
    token that stands there for it."""

    def text_end(self, tokens: Sequence[int | None], bytes_of: BytesOf) -> TextEnd:
        """The end of the text of a canvas: before its first end of text or of turn, or before a stop sequence."""
        stop = end_before(tokens, [*self.stop, *self.stop_texts], bytes_of)
        return min(stop, TextEnd(self.model.first_end(tokens)))

    def token_ids(self) -> set[int]:
        """Every token id of the prompt, the canvas and what follows it, and of the noise on it."""
        return {*self.prompt_ids, *self.canvas, *self.suffix, *(token for _, token in self.noise)}

    @property
    def canvas(self) -> list[int]:
        """The canvas that the run began with, before anything was set in it by hand."""
        return self.resume.canvas or []

    @property
    def step(self) -> int:
        """The number of steps that were made before: those of the parent that are kept, and those before it."""
        return self.resume.step

    @property
    def prompt(self) -> Prompt:
        """The prompt, to be asked again. The ids count where nothing tells what they were made from."""
        stop: list[str | list[int]] = [*self.stop, *self.stop_texts]
        around: dict[str, Any] = {"raw_tokens": self.raw_tokens, "stop": stop, "suffix": self.suffix or None}
        if self.messages:
            return Prompt(messages=self.messages, **around)
        ids = self.prompt_ids if self.text is None else None
        return Prompt(text=self.text, ids=ids, images=self.images, **around)


class PictureEvent(Event, frozen=True, tag="picture"):
    """A picture that later runs of the session are about: the bytes of its file, and its name, which their hash is.

    A session file that links its pictures has the file's ``path`` in place of its content.
    """

    name: str
    content: bytes = b""
    path: str = ""


class PiecesEvent(Event, frozen=True, tag="pieces"):
    """The bytes of token ids not seen before in this stream; ``special`` are those that stand for no text.

    ``model`` is the id of the model whose tokens they are; without one, the model of the run before.
    """

    pieces: dict[int, bytes]
    special: list[int] = []
    model: str = ""


class StepEvent(StepData, Event, frozen=True, kw_only=True, tag="step"):
    """One forward pass and its decision, told and recorded. ``index`` counts the run's steps from 0 (a branch goes on
    from its ``step``); ``seconds`` is how long the step took."""

    run: str
    index: int
    seconds: Seconds

    @classmethod
    def of(cls, data: StepData, *, run: str, index: int, seconds: float) -> StepEvent:
        """The event of a step that was made, its probabilities and nats rounded to `DIGITS` decimals."""
        fields = {name: _rounded(getattr(data, name)) for name in StepData.__struct_fields__}
        return cls(**fields, run=run, index=index, seconds=round(seconds, 6))


def _rounded(value: Any) -> Any:
    """A field of a step, rounded wherever it holds a float."""
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, Choice):
        return Choice(value.position, value.token, round(value.confidence, DIGITS))
    if isinstance(value, Alternatives):
        return Alternatives(value.position, value.tokens, [round(chance, DIGITS) for chance in value.confidences])
    return round(value, DIGITS) if isinstance(value, float) else value


class RetuneEvent(Event, frozen=True, tag="retune"):
    """Settings changed between steps: they hold from step ``step`` on."""

    run: str
    step: int
    settings: SamplerSettings


class InterveneEvent(Event, frozen=True, tag="intervene"):
    """Tokens set or masked by hand before step ``step``: position and token id (the mask id masks it again)."""

    run: str
    step: int
    tokens: list[tuple[int, int]]


class NameEvent(Event, frozen=True, tag="name"):
    """A run has a name of its own from now on; an empty one takes it away."""

    run: str
    name: str


class DeleteEvent(Event, frozen=True, tag="delete"):
    """Runs are listed no more (or, with ``deleted`` false, again). What they recorded stays in the file."""

    runs: list[str]
    deleted: bool = True


class EndEvent(Event, frozen=True, tag="end"):
    """A run is over. ``reason`` is finished, cancelled or failed; ``message`` is a sentence that says why it failed."""

    run: str
    reason: str
    text: str
    steps: Count
    forward_passes: Count
    """Calls of the model, as the published code counts them: the two rows of a guided step are one call. Those that a
    branch made again of earlier steps count too (`Resume.earlier`)."""
    seconds: Seconds
    tokens_per_second: Rate
    peak_memory: Count = 0
    """Most bytes the worker held at once: of the GPU where there is one, of the process else."""
    message: str = ""


AnyEvent = (
    SessionEvent | SummaryEvent | RunEvent | PictureEvent | PiecesEvent | StepEvent | RetuneEvent | InterveneEvent
    | NameEvent | DeleteEvent | EndEvent
)  # fmt: skip
"""Every event, for `msgspec.convert` and decoders."""

FINISHED, CANCELLED, FAILED = "finished", "cancelled", "failed"
INTERRUPTED = "interrupted"
"""Why a run is over whose recording stops in its middle; said by who reads the file, never written."""

_FORMS: dict[type[Event], WireForm[Any]] = {
    RunEvent: WireForm(
        RunEvent,
        parts=("resume",),
        order=(
            "run", "model", "settings", "prompt_ids", "canvas", "time", "messages", "text", "parent", "step",
            "block_step", "initial_canvas", "block_start_canvas", "commit_confidence", "group",
        ),
    ),
    StepEvent: WireForm(StepEvent, order=("run", "index", "block", "block_step", "seconds")),
}  # fmt: skip
"""Events whose fields lie otherwise on a line than in the struct: in version 1's order, and what is new behind."""
_RUN_LINE = _FORMS[RunEvent]
_encoder = msgspec.json.Encoder()
_decoder = KindDecoder([_RUN_LINE.struct, *(kind for kind in get_args(AnyEvent) if kind is not RunEvent)])


def encode(event: Event) -> bytes:
    """The event as one line of JSON, without the line's end."""
    form = _FORMS.get(type(event))
    return _encoder.encode(event if form is None else form.flatten(event))


def decode(line: bytes) -> AnyEvent | None:
    """The event in a line of JSON, its numbers in bounds; None for a type of event that this version does not know. A
    byte order mark before it is passed over.

    Raises `msgspec.DecodeError` for a line that is no event, with what is wrong in it.
    """
    flat = _decoder.decode(line.removeprefix(BOM_UTF8))
    event: AnyEvent | None = _RUN_LINE.restore(flat) if isinstance(flat, _RUN_LINE.struct) else flat
    if isinstance(event, RunEvent) and event.resume.canvas is None:
        raise msgspec.ValidationError("Object missing required field `canvas`")
    return event
