"""The events of a run. The worker sends them, the screen folds them, a session file keeps them: one JSON object a line.

Positions count from the start of the canvas (the prompt is not part of it); token ids are the checkpoint's own.
Unknown fields are ignored on reading, so a newer minor version can add some.
"""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from llada_tui.settings.sampler_settings import SamplerSettings

FORMAT = "llada-tui"
DIGITS = 5
"""Decimals of a probability: enough to show and to sort by, short to write, and all that a sampler remembers of one."""
VERSION = 1
"""Major version of the events: a file with a larger one is refused."""


class Message(msgspec.Struct, frozen=True):
    """One turn of a conversation; ``role`` is system, user or assistant."""

    role: str
    content: str


class ModelInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """The checkpoint that a run used, and how it was loaded."""

    id: str
    family: str
    dtype: str
    device: str
    mask_id: int
    eos_id: int | None = None
    eot_id: int | None = None
    quantization: str | None = None
    parameters: int = 0
    context: int = 0
    """Longest prompt plus canvas, in tokens; 0 where the checkpoint does not say."""
    chat: bool = False
    """Whether the checkpoint has a chat template; without one it continues raw text."""
    vocab_size: int = 0
    demo: bool = False
    block_size: int = 0
    """Tokens a block of a model whose attention is causal over blocks; 0 where every position sees every other."""


class Choice(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A token at a position, and how sure the model was: its probability, from 0 to 1."""

    position: int
    token: int
    confidence: float


class Alternatives(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The likeliest tokens at a position before a step, most likely first, with their probabilities."""

    position: int
    tokens: list[int]
    confidences: list[float]


class Event(msgspec.Struct, frozen=True, tag_field="event", omit_defaults=True):
    """Any event. Events of a run carry its id in ``run``."""


class SessionEvent(Event, frozen=True, tag="session"):
    """The first line of a session file. ``time`` is in seconds since 1970."""

    format: str
    version: int
    tool: str
    time: float


class SummaryEvent(Event, frozen=True, tag="summary"):
    """Title and counts up to here, so that a list of sessions needs only the end of each file."""

    title: str
    runs: int
    tokens: int


class RunEvent(Event, frozen=True, tag="run"):
    """A generation begins. ``canvas`` is the canvas at its first step: given tokens, and mask ids where text is wanted.

    A branch names its ``parent`` run and the ``step`` it continues from (that many steps of the parent are kept);
    ``block_step`` is how many steps of the block at work were already made; ``origin`` is the canvas its root run
    started from, which tells the unguided pass of CFG what the prompt was; ``opening`` the canvas at the first step of
    the block at work, from which a cache is filled; ``confidences`` are the probabilities with which the tokens of its
    canvas were committed. Runs of one prompt that were made to be compared share a ``group``.
    """

    run: str
    model: ModelInfo
    settings: SamplerSettings
    prompt_ids: list[int]
    canvas: list[int]
    time: float = 0.0
    messages: list[Message] = []
    text: str | None = None
    parent: str | None = None
    step: int = 0
    block_step: int = 0
    origin: list[int] | None = None
    opening: list[int] | None = None
    confidences: list[float] = []
    group: str | None = None


class PiecesEvent(Event, frozen=True, tag="pieces"):
    """The bytes of token ids not seen before in this stream; ``special`` are those that stand for no text.

    ``model`` is the id of the model whose tokens they are; without one, the model of the run before.
    """

    pieces: dict[int, bytes]
    special: list[int] = []
    model: str = ""


class StepEvent(Event, frozen=True, tag="step"):
    """One forward pass and its decision. ``index`` counts from 0 (a branch goes on from its ``step``)."""

    run: str
    index: int
    block: int
    block_step: int
    seconds: float
    commits: list[Choice]
    predictions: list[Choice] = []
    remasked: list[int] = []
    edits: list[Choice] = []
    alternatives: list[Alternatives] = []
    entropy: float | None = None
    """Mean entropy of the predictions made in this step, in nats."""
    ahead: list[Choice] = []
    """Predictions for masks beyond the block at work, where they were asked for."""


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
    steps: int
    forward_passes: int
    """Calls of the model, as the published code counts them: the two rows of a guided step are one call."""
    seconds: float
    tokens_per_second: float
    peak_memory: int = 0
    """Most bytes the worker held at once: of the GPU where there is one, of the process else."""
    message: str = ""


AnyEvent = (
    SessionEvent | SummaryEvent | RunEvent | PiecesEvent | StepEvent | RetuneEvent | InterveneEvent | NameEvent
    | DeleteEvent | EndEvent
)  # fmt: skip
"""Every event, for `msgspec.convert` and decoders."""

FINISHED, CANCELLED, FAILED = "finished", "cancelled", "failed"
INTERRUPTED = "interrupted"
"""Why a run is over whose recording stops in its middle; said by who reads the file, never written."""

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_tag_decoder = msgspec.json.Decoder(dict[str, Any])
_KNOWN = frozenset(str(kind.__struct_config__.tag) for kind in get_args(AnyEvent))


def encode(event: Event) -> bytes:
    """The event as one line of JSON, without the line's end."""
    return _encoder.encode(event)


def decode(line: bytes) -> AnyEvent | None:
    """The event in a line of JSON; None for a type of event that this version does not know.

    Raises `msgspec.DecodeError` for a line that is no event, with what is wrong in it.
    """
    try:
        return _decode(line)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from None


def _decode(line: bytes) -> AnyEvent | None:
    try:
        return _decoder.decode(line)
    except msgspec.ValidationError:
        found = _tag_decoder.decode(line)
        if isinstance(found.get("event"), str) and found["event"] not in _KNOWN:
            return None
        raise
