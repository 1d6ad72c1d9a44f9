"""The length of one sequence's canvas while it is denoised: what the length policy is shown, and what it decides."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from itertools import pairwise

import msgspec
import torch
from torch import Tensor

from llada_tui.diffusion.length_policy import LengthChange, LengthPolicy, LengthView
from llada_tui.diffusion.logit_budget import at_work
from llada_tui.diffusion.pace import pace_of
from llada_tui.diffusion.predictor import BlockCausalPredictor, ContextPredictor, EndingPredictor, MaskPredictor
from llada_tui.diffusion.schedule import Block, blocks
from llada_tui.diffusion.sequence_decoder import SequenceDecoder
from llada_tui.diffusion.text_ends import spelling_of
from llada_tui.settings.sampler_settings import MAX_CANVAS, SamplerSettings, SettingsError
from llada_tui.trace.block_starts import block_edges, block_starts, with_block_starts
from llada_tui.trace.events import Choice, StepData, Stretch
from llada_tui.trace.resume import Resume
from llada_tui.trace.stop_sequences import end_before

Resize = Callable[[LengthChange], None]

_BLOCK, _STEPS = "block", "block_steps"
"""Values that are carried from step to step beside the policy's own: the number of a block whose steps became more, and
how many it has."""


def blocks_of(predictor: MaskPredictor, settings: SamplerSettings, prompt: int) -> list[Block]:
    """The blocks of a canvas of the settings' length behind ``prompt`` tokens."""
    pace = pace_of(predictor, settings)
    if not isinstance(predictor, BlockCausalPredictor):
        return blocks(settings, pace=pace)
    return blocks(settings, prompt, predictor.block_size, predictor.edges(settings, prompt), pace)


def resized(tensor: Tensor, columns: slice, change: LengthChange, fill: float) -> Tensor:
    """``(batch, length)`` with a change made to the canvas in ``columns``: ``fill`` stands in what is inserted."""
    at = columns.start + change.place
    new = tensor.new_full((len(tensor), change.inserted), fill)
    canvas_end = columns.stop - (change.removed - change.inserted)
    whole = torch.cat([tensor[:, :at], new, tensor[:, at:]], 1)
    return torch.cat([whole[:, :canvas_end], whole[:, columns.stop + change.inserted :]], 1)


class CanvasLength:
    """Follows the length policy of one sequence. ``prompt``: tokens before the canvas; ``suffix``: after it.

    ``gen_length`` is the length that a canvas begins with. A block that comes later has steps in the same proportion to
    its positions, and so has a block into which masks are inserted: a step for what they add.
    """

    def __init__(
        self,
        predictor: MaskPredictor,
        policy: LengthPolicy,
        settings: SamplerSettings,
        prompt: int,
        length: int,
        suffix: int,
        resume: Resume,
    ) -> None:
        """Raises `SettingsError` for a model that the policy cannot go by."""
        if policy.reads != "nothing" and predictor.eos_id is None:
            raise SettingsError(
                "length", f"{policy.name} goes by the end of text, which this model has not: set length to append."
            )
        self.predictor, self.policy, self.prompt = predictor, policy, prompt
        self._settings = settings
        context = predictor.context if isinstance(predictor, ContextPredictor) else 0
        room = context - prompt - suffix if context else MAX_CANVAS
        self._most = max(length, min(policy.longest, room))
        self.numbers: Sequence[int] = range(length)
        """By place on the canvas: the position, as `StepData` numbers it."""
        self._ever = length
        self._memory: dict[str, int] = dict(resume.length_memory)
        self._is_masked_again = any(token == predictor.mask_id for _, token in resume.changes)
        self._read_at = torch.empty(0, dtype=torch.long)
        self._starts = block_starts(self._memory, settings.block_length) or [0]
        """The places at which blocks began, for a policy that leaves masks behind it."""

    # -- blocks -------------------------------------------------------------------------------------------------------

    def blocks(self, length: int) -> list[Block]:
        """The blocks of a canvas of ``length`` positions."""
        if self.policy.leaves_masks:
            edges = block_edges(self._starts, self._settings.block_length, length)
            return [Block(begin, end, self._steps(end - begin)) for begin, end in pairwise(edges)]
        steps = max(length, self._steps(length))
        shares = blocks_of(self.predictor, self._settings.replace(gen_length=length, steps=steps), self.prompt)
        return [Block(share.begin, share.end, self._steps(share.end - share.begin)) for share in shares]

    def _steps(self, masks: int) -> int:
        """The steps that so many masks have, in proportion."""
        return max(1, -(-self._settings.steps * masks // self._settings.gen_length))

    def _next_block(self, length: int) -> int:
        """The number of positions from the end of a canvas to that of the block which it ends in, or of the next."""
        block = self._settings.block_length
        longer = self._settings.replace(gen_length=min(length + block, MAX_CANVAS), steps=MAX_CANVAS)
        ends = (edge.end for edge in blocks_of(self.predictor, longer, self.prompt))
        return next((end - length for end in ends if end > length), 0)

    def begin(self, row: SequenceDecoder, at_work: int) -> int:
        """The number of the block that a row begins with: that at work where masks stay behind it, unless one was put
        there by hand; else the first."""
        row.leaves_masks = self.policy.leaves_masks
        return at_work if row.leaves_masks and not self._is_masked_again else 0

    def enter(self, row: SequenceDecoder, number: int) -> None:
        """A row goes on with a block: with the steps that were added to it."""
        row.numbers = self.numbers
        if self.policy.leaves_masks and number >= len(self._starts):
            self._starts = block_edges(self._starts, self._settings.block_length, len(self.numbers))[: number + 1]
        if self._memory.get(_BLOCK) == number:
            row.steps = row.block_steps = min(max(row.block_steps, self._memory[_STEPS]), 2 * MAX_CANVAS)

    # -- what is read -------------------------------------------------------------------------------------------------

    def prepare(self, row: SequenceDecoder, window: slice) -> Tensor:
        """The positions that are to be read beside those that the row needs (bool, ``(length,)``), of the ``window`` of
        columns that the pass runs."""
        row.waits = False
        others = torch.zeros_like(row.masked)
        if self.policy.reads != "nothing":
            others[row.columns] = True
            if self.policy.reads == "masks":
                others &= row.canvas == self.predictor.mask_id
            others[: window.start] = others[window.stop :] = False
            others[row.needed] = False
        self._read_at = torch.cat([row.needed, others.nonzero()[:, 0]])
        return others

    def read(self, near: Tensor, far: Tensor) -> Tensor:
        """The view of a policy on the logits of the needed positions and of the others: whether the likeliest token is
        the end of text, the probabilities of the end of text and of the likeliest token. Float64, ``(3, N)``."""
        if self.policy.reads == "nothing":
            return near.new_empty(3, 0, dtype=torch.float64)
        size = max(1, at_work(near.device.type) // near.shape[-1])
        parts = [part for logits in (near, far) for part in torch.split(logits, size) if len(part)]
        return torch.cat([self._ends(part.float()) for part in parts], 1)

    def _ends(self, logits: Tensor) -> Tensor:
        log_all = logits.logsumexp(-1)
        best = logits.max(-1)
        end = self.predictor.eos_id or 0
        chances = ((column - log_all).exp().double() for column in (logits[:, end], best.values))
        return torch.stack([(best.indices == end).double(), *chances])

    def look(self, row: SequenceDecoder, numbers: Tensor) -> None:
        """Tell a row whether its step only looks; ``numbers`` are what `read` gave, on the CPU."""
        was_masked = row.canvas[row.columns] == self.predictor.mask_id
        row.waits = self.policy.waits(self._view(row, was_masked, numbers, row.step + 1))

    # -- what is decided ----------------------------------------------------------------------------------------------

    def after_step(
        self, row: SequenceDecoder, data: StepData, was_masked: Tensor, numbers: Tensor, resize: Resize
    ) -> tuple[StepData, int]:
        """Has the policy decide after a step. Gives the step with what it changed, and the number of the block that the
        row goes on with: the one at work while that has steps to make.

        ``was_masked``: the masks of the canvas before the step; ``numbers``: what `read` gave, on the CPU; ``resize``
        makes a change to the batch and to the row.
        """
        memory, number = dict(self._memory), row.number
        is_left = self.policy.leaves_masks and row.masks_left <= 0 and not data.more
        if is_left:  # as published: before anything is inserted into it
            self._leave(row)
        change = LengthChange()
        if not data.more:  # the block's post steps come first
            change = self._bounded(self.policy.decide(self._view(row, was_masked, numbers, row.step)))
        commits = data.commits
        inserted = removed = None
        if change.inserted:
            new = range(self._ever, self._ever + change.inserted)
            inserted = Stretch(change.place, change.inserted)
            self._ever += change.inserted
            self.numbers = [*self.numbers[: change.place], *new, *self.numbers[change.place :]]
            if change.written_ends:
                commits = [*commits, *(Choice(position, self.predictor.eos_id or 0, 1.0) for position in new)]
        if change.removed:
            self.numbers = [*self.numbers[: len(self.numbers) - change.removed]]
            removed = Stretch(len(self.numbers), change.removed)
        if inserted is not None or removed is not None:
            resize(change)
            row.committed_last_step = len(commits)
            number = number + 1 if is_left else self._go_on(row, change)
        elif row.waits:
            self._add_steps(row, self.blocks(len(self.numbers))[row.number])
        if self.policy.leaves_masks:
            self._memory |= with_block_starts(self._starts, self._settings.block_length)
        changed = {} if memory == self._memory else dict(self._memory)
        data = msgspec.structs.replace(
            data, commits=commits, inserted=inserted, removed=removed, ends=change.ends, length_memory=changed
        )
        return data, number

    def _view(self, row: SequenceDecoder, was_masked: Tensor, numbers: Tensor, step: int) -> LengthView:
        length = len(self.numbers)
        tokens = row.canvas[row.columns].clone()
        read = torch.zeros(3, length, dtype=torch.float64)
        was_read = torch.zeros(length, dtype=torch.bool)
        if self.policy.reads != "nothing":
            places = self._read_at - row.start
            read[:, places], was_read[places] = numbers, True
        is_mask = tokens == self.predictor.mask_id
        return LengthView(
            tokens=tokens,
            was_masked=was_masked,
            is_mask=is_mask,
            is_given=row.given_positions[row.columns],
            was_read=was_read,
            predicts_end=read[0].bool(),
            end_probability=read[1],
            confidence=read[2],
            ends=[end for end in (self.predictor.eos_id, self.predictor.eot_id) if end is not None],
            block=slice(row.block.start - row.start, row.block.stop - row.start),
            step=step,
            has_ended=self._has_ended(row, tokens.tolist()),
            most=self._most,
            next_block=0 if is_mask.any() else self._next_block(length),
            memory=self._memory,
        )

    def _has_ended(self, row: SequenceDecoder, tokens: list[int]) -> bool:
        predictor = self.predictor
        written = [None if token == predictor.mask_id else token for token in tokens]
        if any(end in written for end in (predictor.eos_id, predictor.eot_id) if end is not None):
            return True
        if isinstance(predictor, EndingPredictor) and predictor.ends_text(at for at in written if at is not None):
            return True
        return bool(row.stop) and end_before(written, row.stop, spelling_of(predictor)).at < len(written)

    def _bounded(self, change: LengthChange) -> LengthChange:
        """A change that keeps a canvas of one position at least, and of no more than it may have."""
        length = len(self.numbers)
        inserted = max(min(change.inserted, self._most - length + change.removed), 0)
        removed = max(min(change.removed, length + inserted - 1), 0)
        return dataclasses.replace(change, inserted=inserted, removed=removed)

    def _go_on(self, row: SequenceDecoder, change: LengthChange) -> int:
        """The number of the block that a row goes on with after its canvas was changed."""
        shares = self.blocks(len(self.numbers))
        if row.number >= len(shares):
            return len(shares)
        share = shares[row.number]
        if change.inserted and change.place < share.begin and not self.policy.leaves_masks:
            return next(number for number, block in enumerate(shares) if block.end > change.place)
        row.take_block(share)
        if row.masks_left <= 0:  # a policy decides after the block's post steps
            return row.number + 1
        self._add_steps(row, share)
        return row.number

    def _leave(self, row: SequenceDecoder) -> None:
        """The next block begins at the first that holds a mask."""
        is_mask = row.canvas[row.columns] == self.predictor.mask_id
        start, size = self._starts[-1], self._settings.block_length
        while start < len(is_mask) and not is_mask[start : start + size].any():
            start = min(start + size, len(is_mask))
        self._starts.append(start)

    def _add_steps(self, row: SequenceDecoder, share: Block) -> None:
        """Give the block at work a step for every mask that it holds, as its share is, and none less than it had. What
        is more than its share is carried on."""
        steps = row.block_step + self._steps(row.masks_left) if row.masks_left > 0 else 0
        row.steps = row.block_steps = steps = max(steps, row.block_steps, share.steps)
        if steps > share.steps:
            self._memory |= {_BLOCK: row.number, _STEPS: steps}
