"""The protocol between the screen and the worker: newline-delimited JSON, commands one way, replies the other.

A reply is one of the structs below or an event of the trace (`llada_tui.trace.events`), in the order they happened:
the events that the screen folds are the lines that the session file keeps. No torch here.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import ModelInfo
from llada_tui.trace.resume import Resume
from llada_tui.worker.job_messages import JobCommand, JobReply
from llada_tui.worker.messages import Command, Reply
from llada_tui.worker.reading_messages import Rank, Ranked, Read, Reading
from llada_tui.worker.sampler_parts import CacheInfo, LengthInfo, StrategyInfo

PROTOCOL = 1
"""Version of this protocol: client and worker must speak the same one."""
MAX_SAMPLES = 1024
"""Most samples of a Score."""
MAX_LANES = 64
"""Most lanes of a Compare."""
MAX_NEIGHBOURS = 256
"""Most tokens that an Influence leaves out."""

LaneOrder = Literal["turns", "batched", "apart"]
"""The order in which lanes are denoised: see `Compare`."""


class Load(Command, frozen=True, tag="load"):
    """Load a checkpoint: ``demo``, a local folder or a hub id. Answered by Progress ..., then Loaded or Failure.

    A Load that comes while another is at work ends that one with a Failure. The earlier checkpoint is kept until the
    new one's weights are read, and loaded again (with its own Loaded) when that fails.

    Room is asked for a ``canvas`` of so many tokens, prompt included, if that is more than usual. Where there is too
    little memory the Failure's code is fit, unless ``force`` has it tried all the same.

    ``compile`` has steps with a dual cache compiled when a run first needs it: its RunEvent then comes after Progress
    with the stage compile.
    """

    source: str
    dtype: str = "auto"
    device: str = "auto"
    quantization: str | None = None
    canvas: int = 0
    force: bool = False
    compile: bool = False


class Generate(Command, frozen=True, tag="generate"):
    """Denoise a canvas. Answered by the run's events, from RunEvent to EndEvent, or by Failure if it cannot begin.

    ``resume`` says where it goes on; its ``changes`` are made to the canvas before the first step, and told by an
    InterveneEvent. The prompt's ``template`` is the text of a canvas, in which ``{mask:12}`` stands for 12 masks; such
    a canvas is as long as it is, up to ``longest`` tokens if that is not 0. ``parent`` is the run that this branches
    from. ``hold``: no step is made before Release or Advance. ``group`` is what its RunEvent says.

    On the wire the fields of ``prompt`` and ``resume`` lie flat among the others.
    """

    run: str
    settings: SamplerSettings
    prompt: Prompt = Prompt()
    resume: Resume = Resume()
    parent: str | None = None
    hold: bool = False
    group: str | None = None
    longest: int = 0


class Compare(Command, frozen=True, tag="compare"):
    """Denoise several canvases. Each is answered as its Generate would be.

    In ``turns`` a step of each is made in turn. Those that cannot begin, or fail, leave the others alone. What is asked
    of one by its name, such as Hold or Cancel, is done to all; ``hold`` of any starts all of them held, and Advance
    makes one step of each.

    ``batched`` lanes go through the model together where their settings let them, those ``apart`` one after another.
    Such lanes begin with a canvas of masks. If one of them cannot begin, none does, and each is answered by the
    Failure of that one; they cannot be retuned. A worker that does not know the order takes turns.
    """

    lanes: list[Generate]
    order: LaneOrder = "turns"


class Count(Command, frozen=True, tag="count"):
    """Asks for the number of tokens of a prompt: a conversation, a text or ids. Answered by Counted.

    ``sizes`` are the widths and heights of the prompt's pictures in pixels, in their order: a picture's positions are
    counted without its bytes. Without them each is one; so it is for an older worker.
    """

    prompt: Prompt = Prompt()
    sizes: list[tuple[int, int]] = []


class Encode(Command, frozen=True, tag="encode"):
    """Asks for the tokens that a text makes in a canvas; ``{mask:12}`` stands for 12 masks. Answered by Encoded.

    Blanks before masks are left out: they belong to the word that will stand there.
    """

    text: str


class Score(Command, frozen=True, tag="score"):
    """Asks for the log-likelihood of an answer after a prompt. Answered by Scored.

    ``samples`` ways to mask the answer are tried, 2 to `MAX_SAMPLES`, or all where there are no more. Nothing else is
    done meanwhile.
    """

    answer: str
    prompt: Prompt = Prompt()
    samples: int = 64
    seed: int = 0


class Influence(Command, frozen=True, tag="influence"):
    """Asks for the influence of tokens on a prediction: of those of ``prompt`` and ``canvas`` that are nearest to
    ``position`` in the canvas, special ones aside, each left out in turn. Answered by Influences, with the same
    ``asked``.

    The prediction is that of ``token`` at ``position``, which counts as masked. It costs as much as a forward pass of
    ``nearest`` + 1 sequences; there are 1 to `MAX_NEIGHBOURS` of them. ``images`` and ``pictures`` are as in a Prompt.

    With ``parts`` it is asked about about so many parts of the pictures in place of tokens; an older worker does not
    know of them.
    """

    asked: int
    prompt: list[int]
    canvas: list[int]
    position: int
    token: int
    nearest: int = 32
    images: list[str] = []
    pictures: dict[str, bytes] = {}
    parts: int = 0


class Retune(Command, frozen=True, tag="retune"):
    """Use these settings from the run's next step on. Answered by a RetuneEvent when they hold."""

    run: str
    settings: SamplerSettings


class Hold(Command, frozen=True, tag="hold"):
    """Make no further step until Release or Advance. Answered by Held."""

    run: str


class Release(Command, frozen=True, tag="resume"):
    """Go on after a Hold. Answered by Held, with ``held`` false."""

    run: str


class Advance(Command, frozen=True, tag="advance"):
    """Make one step and hold again."""

    run: str


class Cancel(Command, frozen=True, tag="cancel"):
    """End the run before its next step, keeping what it has. Answered by its EndEvent."""

    run: str


class CancelLane(Command, frozen=True, tag="cancel_lane"):
    """As Cancel, of one lane of a Compare alone: the others go on."""

    run: str


class GiveUp(Command, frozen=True, tag="give_up"):
    """Give up an Influence that was ``asked``: it is answered by a Failure, unless its answer is on the way."""

    asked: int


class Ping(Command, frozen=True, tag="ping"):
    """Ask whether the worker is there. Answered by Pong at once, whatever else is at work."""


class Quit(Command, frozen=True, tag="quit"):
    """End the worker."""


Question = Count | Encode | Score | Influence | Read | Rank
"""The commands that are answered between two steps while a run is going on."""
AnyCommand = (
    Load
    | Generate
    | Compare
    | Question
    | JobCommand
    | Retune
    | Hold
    | Release
    | Advance
    | Cancel
    | CancelLane
    | GiveUp
    | Ping
    | Quit
)


class Hello(Reply, frozen=True, tag="hello"):
    """The worker's first line, sent before torch is imported."""

    protocol: int
    tool: str
    pid: int
    strategies: list[StrategyInfo]
    caches: list[CacheInfo] = []
    answers_ping: bool = False
    """Whether Ping is known: to older workers it is a malformed command."""
    gives_up: bool = False
    """The same of GiveUp."""
    lengths: list[LengthInfo] = []


class Pong(Reply, frozen=True, tag="pong"):
    """The answer to Ping."""


class Progress(Reply, frozen=True, tag="progress"):
    """The progress of loading, or of a job. ``stage`` is import, download (bytes), load (tensors), compile (calls),
    save (files), score (samples), bench or queue (the place in a server's); total 0 means unknown."""

    stage: str
    done: int
    total: int
    detail: str = ""


class Loaded(Reply, frozen=True, tag="loaded"):
    """A checkpoint is ready. ``memory`` is what the worker holds now, in bytes.

    ``again``: not an answer to a Load, but the earlier checkpoint back in memory after another failed to load.
    """

    model: ModelInfo
    seconds: float
    memory: int = 0
    again: bool = False


class Counted(Reply, frozen=True, tag="counted"):
    """Tokens of the prompt asked about."""

    tokens: int


class Encoded(Reply, frozen=True, tag="encoded"):
    """The tokens of the text asked about, whose bytes were told before."""

    text: str
    tokens: list[int]


class Scored(Reply, frozen=True, tag="scored"):
    """The log-likelihood of the answer asked about, in nats, and its standard error: 0 where it is exact."""

    answer: str
    seed: int
    total: float
    standard_error: float


class Lean(msgspec.Struct, frozen=True):
    """A token, where it stands (below 0: in the prompt, whose last token is at -1), and how much the log-probability of
    a prediction is raised by its standing there, in nats."""

    position: int
    token: int
    nats: float


class PicturePart(msgspec.Struct, frozen=True):
    """A part of a picture, and how much it raises the log-probability of a prediction, in nats. ``picture`` counts the
    prompt's pictures from 0; the box is in parts of the picture's width and height."""

    picture: int
    left: float
    top: float
    right: float
    bottom: float
    nats: float


class Influences(Reply, frozen=True, tag="influences"):
    """The influence of each token on a prediction, in the sequence's order, or of each of the ``parts`` of pictures;
    ``chance`` is its probability with all."""

    asked: int
    position: int
    token: int
    chance: float
    leans: list[Lean]
    seconds: float
    parts: list[PicturePart] = []


class Held(Reply, frozen=True, tag="held"):
    """The run makes no step now; ``held`` false says that it goes on."""

    run: str
    held: bool


class Failure(Reply, frozen=True, tag="failure"):
    """A command could not be carried out. ``message`` is one sentence for the person at the screen.

    ``code`` is protocol (the line was malformed), model (it would not load), request (it asked for what cannot be),
    memory (out of memory), fit (a checkpoint would run out of it: Load with ``force`` tries), internal (a defect:
    ``details`` holds the traceback) or died (the client's own: the worker ended before it could begin this).
    ``command`` names the command where it is known, as it does on the wire.
    """

    code: str
    message: str
    details: str = ""
    run: str | None = None
    field: str | None = None
    command: str = ""


def lanes_of(command: Command) -> list[Generate]:
    """The runs that a command asks for."""
    return command.lanes if isinstance(command, Compare) else [command] if isinstance(command, Generate) else []


AnyReply = (
    Hello | Pong | Progress | Loaded | Counted | Encoded | Scored | Influences | Reading | Ranked | Held | Failure
    | JobReply
)  # fmt: skip
