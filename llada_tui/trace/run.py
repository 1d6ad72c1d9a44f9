"""A run, folded from its events: the canvas at any step, each token's state and history, order and statistics.

A *frame* is what the canvas looks like after that many of the run's steps: frame 0 is the canvas it began with, frame
``n`` the canvas after step ``n - 1``. Looking a frame up takes time in proportion to the canvas, not to the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from llada_tui.settings.prompt import PICTURE
from llada_tui.settings.sampler_settings import MAX_CANVAS, SamplerSettings
from llada_tui.trace.block_starts import block_edges, block_starts
from llada_tui.trace.canvas_history import CanvasHistory
from llada_tui.trace.canvas_positions import CanvasPositions
from llada_tui.trace.cell import Cell, State, TokenChange
from llada_tui.trace.events import (
    FINISHED,
    INTERRUPTED,
    Choice,
    EndEvent,
    InterveneEvent,
    RetuneEvent,
    RunEvent,
    StepEvent,
)
from llada_tui.trace.frame_guesses import FrameGuesses
from llada_tui.trace.stop_sequences import TextEnd
from llada_tui.trace.text import SLOT, TokenBytes, clean

MAX_PROMPT = 1_000_000
_MAX_TOKEN = 2**31
_LARGE = 20_000
"""Changes that are folded in about 10 ms."""


class TraceError(ValueError):
    """An event that does not fit the run it belongs to; the message is one sentence."""


class Run:
    """The folded events of one generation. `add` takes them one at a time; everything else only reads."""

    def __init__(self, start: RunEvent, token_bytes: TokenBytes) -> None:
        """Raises `TraceError` for a beginning that cannot be."""
        if not 0 < len(start.canvas) <= MAX_CANVAS or len(start.prompt_ids) > MAX_PROMPT:
            raise TraceError(f"Run {start.run!r} has a canvas or prompt of a length that cannot be shown.")
        texts = [token for token in start.prompt_ids if token != PICTURE] if PICTURE in start.prompt_ids else None
        noise = [token for _, token in start.noise]
        lists = (start.canvas, start.suffix, start.prompt_ids if texts is None else texts, noise)
        if not all(0 <= min(ids, default=0) <= max(ids, default=0) < _MAX_TOKEN for ids in lists):
            raise TraceError(f"Run {start.run!r} holds a token id that cannot be.")
        if not all(0 <= position < len(start.canvas) for position, _ in start.noise):
            raise TraceError(f"Run {start.run!r} has noise outside its canvas.")
        self.start = start
        self.token_bytes = token_bytes
        self.steps: list[StepEvent] = []
        self.retunes: list[RetuneEvent] = []
        self.interventions: list[InterveneEvent] = []
        self._end: EndEvent | None = None
        self._is_interrupted = False
        self.positions = CanvasPositions(len(start.canvas))
        """The positions of each frame."""
        self._history = CanvasHistory(start, self.positions)
        self._seconds = [0.0]
        self._guesses = FrameGuesses(start, self.steps, self.settings_at)
        self._by_hand: set[int] = set()

    # -- identity -----------------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        return self.start.run

    @property
    def has_noise(self) -> bool:
        """Whether it began with random tokens in place of masks."""
        return bool(self.start.noise)

    @property
    def undecided_word(self) -> str:
        """The word for its positions without a kept token: ``masks``, or ``undecided`` where there is noise."""
        return "undecided" if self.has_noise else "masks"

    @property
    def last(self) -> int:
        """The last frame so far."""
        return len(self.steps)

    @property
    def question(self) -> str:
        """The question: the last user message, or the raw text."""
        for message in reversed(self.start.messages):
            if message.role == "user":
                return message.content
        return self.start.text or ""

    def settings_at(self, frame: int) -> SamplerSettings:
        """The settings that hold for the step after ``frame``."""
        settings = self.start.settings
        for retune in self.retunes:
            if retune.step <= self.start.step + frame:
                settings = retune.settings
        return settings

    def length_at(self, frame: int) -> int:
        """Positions of the canvas in a frame."""
        return self.positions.length(frame)

    def length_memory(self, frame: int) -> dict[str, int]:
        """The values that the length policy carries on from a frame."""
        steps = (self.steps[at] for at in range(self.clamp(frame) - 1, -1, -1))
        return next((step.length_memory for step in steps if step.length_memory), self.start.resume.length_memory)

    @property
    def expected_steps(self) -> int:
        """The number of steps that its settings give, its parents' included; of a canvas that changes in proportion."""
        settings = self.settings_at(0)
        if settings.has_fixed_length:
            return settings.steps
        steps = -(-settings.steps * self.length_at(self.last) // settings.gen_length)
        return max(steps, self.start.step + self.last)

    # -- folding ------------------------------------------------------------------------------------------------------

    def add(self, event: StepEvent | RetuneEvent | InterveneEvent | EndEvent) -> None:
        """Fold one event of this run. Raises `TraceError`, and changes nothing, if it does not fit."""
        if self._end is not None or self._is_interrupted:
            raise TraceError(f"Run {self.id!r} goes on after its end.")
        if isinstance(event, StepEvent):
            self._add_step(event)
        elif isinstance(event, RetuneEvent):
            self.retunes.append(event)
        elif isinstance(event, InterveneEvent):
            self._intervene(event)
        else:
            self._end = event

    def fold_if_large(self) -> None:
        """Fold what was added, if that takes so long that whoever looks at the run first would wait for it."""
        if self._history.unfolded > _LARGE:
            self._history.changes(0)

    def interrupt(self) -> None:
        """End a run whose recording stops in its middle."""
        self._is_interrupted = True

    @property
    def end(self) -> EndEvent | None:
        """The event that ended the run; None while it goes on."""
        if self._end is None and self._is_interrupted:
            self._end = self.end_event(INTERRUPTED)
        return self._end

    def end_event(self, reason: str, message: str = "", peak_memory: int = 0, *, text: str | None = None) -> EndEvent:
        """The end of the run as far as it was folded. ``text`` is the answer's, where the tokenizer tells it; None for
        what the pieces told so far make."""
        return EndEvent(
            self.id,
            reason,
            self.answer() if text is None else text,
            self.last,
            self.last,
            round(self._seconds[-1], 6),
            self.rate(self.last),
            peak_memory,
            message,
        )

    def _add_step(self, step: StepEvent) -> None:
        if step.index != self.start.step + len(self.steps):
            raise TraceError(f"Run {self.id!r} jumps to step {step.index} after {len(self.steps)} steps.")
        if not self.positions.fits(step):
            raise TraceError(f"Step {step.index} of run {self.id!r} changes the canvas in a way that cannot be.")
        length = self.positions.ever + (step.inserted.count if step.inserted is not None else 0)
        choices = (*step.commits, *step.predictions, *step.edits, *step.ahead)
        named = (*((choice.position, choice.token) for choice in choices), *step.noise)
        if not all(0 <= position < length and 0 <= token < _MAX_TOKEN for position, token in named):
            raise TraceError(f"Step {step.index} of run {self.id!r} names a position or token that cannot be.")
        positions = [*(alternative.position for alternative in step.alternatives), *step.remasked]
        if not all(0 <= position < length for position in positions):
            raise TraceError(f"Step {step.index} of run {self.id!r} names a position outside the canvas.")
        self.positions.add(step, len(self.steps) + 1)
        self.steps.append(step)
        self._history.add(step)
        self._seconds.append(self._seconds[-1] + step.seconds)

    def _intervene(self, event: InterveneEvent) -> None:
        if event.step != self.start.step + len(self.steps):
            raise TraceError(f"Run {self.id!r} was changed by hand at step {event.step}, which is not its next.")
        ever = self.positions.ever
        if not all(0 <= position < ever and 0 <= token < _MAX_TOKEN for position, token in event.tokens):
            raise TraceError(f"Run {self.id!r} was changed by hand outside its canvas.")
        self.interventions.append(event)
        self._by_hand.update(position for position, _ in event.tokens)
        self._history.add(event)

    # -- looking ------------------------------------------------------------------------------------------------------

    def history(self, position: int) -> Sequence[TokenChange]:
        """Everything that came to stand at a position, oldest first; it grows with the run."""
        return self._history.changes(position)

    def canvas(self, frame: int) -> list[int | None]:
        """The tokens of the canvas in a frame; None is a mask."""
        frame = self.clamp(frame)
        return [self._history.at(position, frame).token for position in self.positions.of(frame)]

    def ids(self, frame: int) -> list[int]:
        """The token ids of the canvas in a frame, masks as the checkpoint's mask id: what a run continues from."""
        mask = self.start.model.mask_id
        return [mask if token is None else token for token in self.canvas(frame)]

    def change(self, position: int, frame: int) -> TokenChange:
        """The change that holds at a position in a frame."""
        return self._history.at(position, self.clamp(frame))

    def cells(self, frame: int) -> list[Cell]:
        """Every position of the canvas in a frame, as they stand there, with the predictions of the step that led to
        it."""
        return [self.cell(position, frame) for position in self.positions.of(frame)]

    def cell(self, position: int, frame: int, *, noise: bool = True) -> Cell:
        """One position of the canvas in a frame. Without ``noise`` the guess is told where noise stands."""
        frame = self.clamp(frame)
        change = self._history.at(position, frame)
        token, state, confidence = change.token, change.state, change.confidence
        if change.frame < frame and state is not State.GIVEN and state is not State.PINNED:
            state = State.MASKED if token is None else State.COMMITTED
        if state is State.MASKED and (guess := self._guesses.of(frame).cell(position, frame, noise)) is not None:
            return guess
        return Cell(position, state, token, confidence, change.frame)

    def cell_at(self, place: int, frame: int, *, noise: bool = True) -> Cell:
        """The cell at a place of the canvas in a frame: see `cell`."""
        return self.cell(self.positions.of(self.clamp(frame))[place], frame, noise=noise)

    def taken_back(self, position: int, frame: int) -> int | None:
        """The token that a position lost in a frame, by the step before it or by hand; None where it lost none."""
        return self._history.taken_back(position, self.clamp(frame))

    def ahead(self, frame: int) -> list[Choice]:
        """The predictions beyond the block at work by the step before a frame, or by the block's first step: see
        `llada_tui.trace.frame_guesses.FrameGuesses.ahead`."""
        return self._guesses.ahead(self.clamp(frame))

    def noise(self, frame: int) -> list[tuple[int, int]]:
        """The positions of a frame that hold noise, with its tokens."""
        return self._guesses.noise(self.clamp(frame))

    def touched(self, before: int, after: int, grade: Callable[[float], int] | None = None) -> set[int] | None:
        """Positions that may look different in two neighbouring frames; None where that cannot be told cheaply.

        ``grade``: what is seen of a prediction's confidence. A prediction whose grade and token stay does not count;
        without ``grade`` every prediction does.
        """
        before, after = self.clamp(before), self.clamp(after)
        if abs(after - before) > 1 or self.positions.change_of(after) != self.positions.change_of(before):
            return None
        positions = set(self._by_hand)
        for frame in {before, after} - {0}:
            step = self.steps[frame - 1]
            positions.update(choice.position for choice in step.commits)
            positions.update(choice.position for choice in step.edits)
            positions.update(step.remasked)
        return positions | self._guesses.touched(before, after, grade)

    def clamp(self, frame: int) -> int:
        """The nearest frame that exists."""
        return max(0, min(frame, self.last))

    def masks_left(self, frame: int) -> int:
        return self._history.masks(self.clamp(frame))

    def written(self, frame: int) -> int:
        """The tokens of a frame, those of the beginning not counted."""
        frames = (self.length_at(at) - self.masks_left(at) for at in (frame, 0))
        return max(next(frames) - next(frames), 0)

    def seconds(self, frame: int) -> float:
        """Time the steps up to a frame took, in seconds."""
        return self._seconds[self.clamp(frame)]

    def rate(self, frame: int) -> float:
        """Tokens committed a second, up to a frame; 0 before the first step."""
        seconds = self.seconds(frame)
        return self.written(frame) / max(seconds, 1e-9) if seconds > 0 else 0.0

    def order(self, frame: int) -> list[int | None]:
        """For each place the frame in which its present token was committed; None for masks and given tokens."""
        frame = self.clamp(frame)
        changes = (self._history.at(position, frame) for position in self.positions.of(frame))
        return [None if change.token is None or change.state is State.GIVEN else change.frame for change in changes]

    def text(self, frame: int, *, cut: bool = True) -> str:
        """The text of a frame, masks drawn as on the screen; ``cut`` ends it where the text does, and adds the
        suffix."""
        tokens = self.canvas(frame)
        end = self.text_end(tokens) if cut else TextEnd(len(tokens))
        tokens = tokens[: end.at]
        texts = self.token_bytes.texts(tokens)
        text = "".join(SLOT if token is None else text for token, text in zip(tokens, texts, strict=True))
        return self._finished(text + clean(end.head.decode("utf-8", "replace"))) if cut else text

    def answer(self) -> str:
        """The text the run ended with, or has so far: what a conversation keeps of it."""
        if self._end is not None and self._end.reason == FINISHED:
            return self._end.text
        tokens = self.canvas(self.last)
        end = self.text_end(tokens)
        written = [token for token in tokens[: end.at] if token is not None]
        return self._finished(self.token_bytes.plain(written, end.head))

    def text_end(self, tokens: Sequence[int | None]) -> TextEnd:
        """The end of the text of a canvas of this run."""
        return self.start.text_end(tokens, self.token_bytes.bytes_of)

    def _finished(self, text: str) -> str:
        """The text of a canvas, cut where words end a turn, and what follows the canvas."""
        return self.start.model.before_end(text) + self.token_bytes.plain(self.start.suffix)

    def blocks(self, frame: int = 0) -> list[tuple[int, int]]:
        """Start and end of each block of the canvas of a frame, in places."""
        settings, length = self.start.settings, self.length_at(frame)
        if not settings.has_fixed_length and (starts := block_starts(self.length_memory(frame), settings.block_length)):
            return list(pairwise(block_edges(starts, settings.block_length, length)))
        if length != settings.gen_length:
            settings = settings.replace(gen_length=max(length, 1), steps=max(length, settings.steps))
        return list(pairwise(self.start.model.edges(settings, len(self.start.prompt_ids))))

    def find_step(self, matches: Callable[[StepEvent], bool]) -> int | None:
        """The first frame whose step is wanted; None if there is none."""
        return next((index + 1 for index, step in enumerate(self.steps) if matches(step)), None)
