"""The history of each position of a run's canvas, and the number of masks in each frame.

A session may hold thousands of runs and show a few of them: events are folded when something is first looked at.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from threading import Lock

from llada_tui.trace.canvas_positions import CanvasPositions
from llada_tui.trace.cell import State, TokenChange
from llada_tui.trace.events import Choice, InterveneEvent, RunEvent, StepEvent

_frame_of = attrgetter("frame")
_FOLDING = Lock()
"""Held while events are folded: an export reads a run in a thread of its own."""


class CanvasHistory:
    """The changes of one canvas. `add` takes events that fit the run; everything else only reads."""

    def __init__(self, start: RunEvent, positions: CanvasPositions) -> None:
        self._start, self._positions = start, positions
        self._changes: list[list[TokenChange]] = []
        """By position, oldest first; empty until the first look."""
        self._frame = 0
        """The frame after the last step that is folded into the changes."""
        self._unfolded: list[StepEvent | InterveneEvent] = []
        self._masks: list[int] = []
        """By frame; empty until they are first counted."""
        self._is_mask = bytearray()
        """Of the last frame that is counted: 1 for each position that is a mask."""
        self._uncounted: list[StepEvent | InterveneEvent] = []

    def add(self, event: StepEvent | InterveneEvent) -> None:
        """Take the run's next step, or what was changed by hand before it."""
        self._unfolded.append(event)
        self._uncounted.append(event)

    @property
    def unfolded(self) -> int:
        """The number of changes by steps that are not folded yet."""
        steps = (event for event in self._unfolded if isinstance(event, StepEvent))
        return sum(len(step.commits) + len(step.remasked) + len(step.edits) for step in steps)

    def changes(self, position: int) -> list[TokenChange]:
        """Everything that came to stand at a position, oldest first. Not to be changed."""
        if self._unfolded or not self._changes:
            self._fold()
        return self._changes[position]

    def at(self, position: int, frame: int) -> TokenChange:
        """The change that holds at a position in a frame."""
        if self._unfolded or not self._changes:  # asked for every position that is drawn: not one call more
            self._fold()
        changes = self._changes[position]
        if changes[-1].frame <= frame:
            return changes[-1]
        return changes[max(bisect_right(changes, frame, key=_frame_of) - 1, 0)]

    def taken_back(self, position: int, frame: int) -> int | None:
        """The token that a position lost in a frame, by the step before it or by hand; None where it lost none."""
        changes = self.changes(position)
        at = max(bisect_right(changes, frame, key=_frame_of) - 1, 0)
        if changes[at].state is not State.REMASKED or changes[at].frame != frame:
            return None
        while at and changes[at].token is None and changes[at].frame == frame:
            at -= 1
        return changes[at].token

    def masks(self, frame: int) -> int:
        """The number of masks in a frame."""
        if self._uncounted or not self._masks:
            self._count()
        return self._masks[frame]

    # -- folding ------------------------------------------------------------------------------------------------------

    def _fold(self) -> None:
        with _FOLDING:
            if not self._changes:
                self._changes = self._first_changes()
            events = [*self._unfolded]
            for event in events:
                if isinstance(event, StepEvent):
                    self._fold_step(event)
                else:
                    self._fold_intervention(event)
            del self._unfolded[: len(events)]

    def _first_changes(self) -> list[list[TokenChange]]:
        """The changes that the run began with."""
        canvas, resume, mask = self._start.canvas, self._start.resume, self._start.model.mask_id
        initial = resume.initial_canvas or []
        if len(initial) != len(canvas):
            initial = canvas
        sure = resume.commit_confidence
        if len(sure) != len(canvas):
            sure = [1.0] * len(canvas)
        changes = []
        for token, first, chance in zip(canvas, initial, sure, strict=True):
            state = State.MASKED if token == mask else State.GIVEN if first != mask else State.COMMITTED
            masked = token == mask
            changes.append([TokenChange(0, None if masked else token, state, 0.0 if masked else chance)])
        return changes

    def _fold_step(self, step: StepEvent) -> None:
        self._frame += 1
        if step.inserted is not None:
            self._changes += ([TokenChange(self._frame, None, State.MASKED, 0.0)] for _ in range(step.inserted.count))
        for position in step.remasked:
            self._changes[position].append(TokenChange(self._frame, None, State.REMASKED, 0.0))
        for choice in step.commits:
            self._changes[choice.position].append(self._written(choice, State.COMMITTED_NOW, State.MASKED))
        for choice in step.edits:
            self._changes[choice.position].append(self._written(choice, State.EDITED, State.REMASKED))

    def _fold_intervention(self, event: InterveneEvent) -> None:
        for position, token in event.tokens:
            masked = token == self._start.model.mask_id
            state = State.REMASKED if masked else State.PINNED
            self._changes[position].append(TokenChange(self._frame, None if masked else token, state, 1.0))

    def _written(self, choice: Choice, state: State, masked: State) -> TokenChange:
        """The token that a choice leaves at its position: a model may choose the mask itself, as if it had chosen
        nothing."""
        if choice.token == self._start.model.mask_id:
            return TokenChange(self._frame, None, masked, 0.0)
        return TokenChange(self._frame, choice.token, state, choice.confidence)

    def _count(self) -> None:
        mask = self._start.model.mask_id
        with _FOLDING:
            if not self._masks:
                self._is_mask = bytearray(token == mask for token in self._start.canvas)
                self._masks.append(sum(self._is_mask))
            is_mask, events = self._is_mask, [*self._uncounted]
            for event in events:
                if isinstance(event, StepEvent):
                    is_mask += b"\1" * (event.inserted.count if event.inserted is not None else 0)
                    for position in event.remasked:
                        is_mask[position] = 1
                    for choice in (*event.commits, *event.edits):
                        is_mask[choice.position] = choice.token == mask
                    frame = len(self._masks)
                    if event.removed is not None:
                        for position in self._positions.removed(frame):
                            is_mask[position] = 0
                    self._masks.append(sum(is_mask))
                else:
                    for position, token in event.tokens:
                        is_mask[position] = token == mask
                    self._masks[-1] = sum(is_mask)
            del self._uncounted[: len(events)]
