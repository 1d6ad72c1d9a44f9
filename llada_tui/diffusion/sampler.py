"""The reverse process of masked diffusion: from a canvas of masks to text, a step at a time.

LLaDA, Large Language Diffusion Models, arXiv 2502.09992, and its published ``generate.py``, to which this is equal
token for token at temperature 0 and in distribution above.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence, Set
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from llada_tui.diffusion.batch_settings import Read, check_batch, check_windows, reader
from llada_tui.diffusion.canvas_length import CanvasLength, blocks_of, resized
from llada_tui.diffusion.chosen_parts import chosen_parts, strategy_for
from llada_tui.diffusion.divergence_history import DivergenceHistory
from llada_tui.diffusion.earlier_passes import EarlierPasses
from llada_tui.diffusion.guidance import hidden_positions
from llada_tui.diffusion.last_pass import LastPass
from llada_tui.diffusion.length_policy import LengthChange
from llada_tui.diffusion.predictor import MaskPredictor
from llada_tui.diffusion.run_inputs import RunInputs
from llada_tui.diffusion.schedule import Block
from llada_tui.diffusion.sequence_decoder import SequenceDecoder
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import StepData
from llada_tui.trace.resume import EarlierStep, Resume
from llada_tui.trace.stop_sequences import Stops


@dataclass(frozen=True, slots=True)
class Step:
    """One forward pass and its decision. ``index`` counts the run's steps from 0, ``block_step`` those of the block.

    ``rows`` is empty for a pass of an earlier step that is made again. ``canvas_before`` and ``canvas`` are the whole
    sequences (prompt and canvas) before and after it: long, (batch, length), on the CPU, free to keep.
    """

    index: int
    block: int
    block_step: int
    rows: list[StepData]
    canvas_before: Tensor
    canvas: Tensor


def denoise(
    predictor: MaskPredictor,
    canvas: Tensor,
    settings: SamplerSettings | Sequence[SamplerSettings] | Callable[[], SamplerSettings],
    *,
    prompt_length: int = 0,
    attention_mask: Tensor | None = None,
    resume: Resume | None = None,
    stop: Stops = (),
    suffix_length: int = 0,
    last_pass: LastPass | None = None,
    cancelled_rows: Set[int] = frozenset(),
) -> Generator[Step, None, None]:
    """Denoises ``canvas`` and yields every step; stop iterating, or close it, to cancel.

    ``canvas``: long, (batch, length), the whole sequences, of which the first ``prompt_length`` columns are the prompt.
    Every mask id after them is denoised; other tokens are given and never change. ``attention_mask``: (batch, length),
    0 where a row is padded on the left. ``settings`` may be one for each row, which must agree on `SHARED`; or a
    function that is called before every step, so that live settings can change: the others are those of its first
    answer.

    ``resume`` says where a run goes on whose ``canvas`` is as it was at that step, its changes made; it holds for every
    row. With the same settings the tail is the same, unless the model had predicted the mask token itself (which no
    trained one does). A strategy or a cache policy that ``looks_back`` at earlier steps needs them for that
    (``resume.earlier``, of one row alone): the passes that it needs are made again first, each a `Step` without rows.
    Without them it begins anew.

    ``stop``: where one of these sequences of tokens, or texts, stands on the canvas the text ends before it. What comes
    after it is not denoised any more, by strategies that keep what they commit; the others finish the block, and those
    that go back to earlier blocks the canvas. A text needs a predictor that knows the text of its tokens
    (`SpellingPredictor`). ``suffix_length``: so many of the last columns are a given text that comes after the canvas.
    It is seen by all passes, guidance's too, and it never changes. (Both as published for LLaDA-V, arXiv 2505.16933,
    ``generate.py``.)

    With a ``length`` policy, of one row alone, a canvas of ``gen_length`` grows or shrinks, and a step's with it.

    ``last_pass``: keeps each pass of a batch of one row until the next, to be read with other settings.

    ``cancelled_rows``: the numbers of rows that make no more steps, as they are before each pass.

    Rows of a batch come out as each alone would; a row that is done with a block waits for the others.
    Raises `SettingsError` for settings that do not fit the canvas, rows that cannot share a cache, or a step of other
    noise than the first; `ValueError` for tensors that do not fit together.
    """
    read = reader(settings, len(canvas))
    fixed = read()
    check_batch(canvas, fixed, prompt_length + suffix_length, attention_mask)
    for row_settings in fixed:
        strategy_for(row_settings, predictor)
    columns = slice(prompt_length, canvas.shape[1] - suffix_length)
    if last_pass is not None and len(canvas) != 1:
        raise ValueError(f"The last pass is kept of one row, not of {len(canvas)}.")
    if resume is not None and resume.earlier is not None and len(canvas) != 1:
        raise ValueError(f"Earlier steps are those of one row, not of {len(canvas)}.")
    return BatchDenoiser(
        predictor, canvas, read, fixed, columns, attention_mask, resume or Resume(), stop, last_pass, cancelled_rows
    ).steps()


def _with_canvas(sequences: Tensor, columns: slice, canvas: list[int] | None) -> Tensor:
    """The sequences with another canvas in their ``columns``: (batch, length), on the CPU."""
    sequences = sequences.to("cpu", copy=True)
    if canvas is not None:
        if len(canvas) != columns.stop - columns.start:
            raise ValueError(f"The canvas has {columns.stop - columns.start} positions, not {len(canvas)}.")
        sequences[:, columns] = torch.tensor(canvas)
    return sequences


class BatchDenoiser:
    """The rows of a batch at work. The canvas stays on the CPU: only ids go to the model, and one small tensor a step
    comes back."""

    def __init__(
        self,
        predictor: MaskPredictor,
        canvas: Tensor,
        read: Read,
        fixed: Sequence[SamplerSettings],
        columns: slice,
        attention_mask: Tensor | None,
        resume: Resume,
        stop: Stops,
        last_pass: LastPass | None,
        cancelled_rows: Set[int],
    ) -> None:
        """``columns``: those of the canvas, between prompt and suffix."""
        self.last_pass = last_pass
        self.cancelled_rows = cancelled_rows
        self.canvas = canvas.to("cpu", copy=True)
        self.earlier = EarlierPasses(resume, fixed[0])
        self.read = read
        self.fixed = fixed
        self.columns = columns
        self.stop = stop
        self.resume = resume
        self.given_positions = _with_canvas(canvas, columns, resume.initial_canvas) != predictor.mask_id
        self.predictor = predictor
        self.padding = [0] * len(canvas)
        if attention_mask is not None:
            self.padding = (attention_mask.cpu() != 0).int().argmax(-1).tolist()
        self.cache, length_policy = chosen_parts(fixed[0])[1:]
        self.length: CanvasLength | None = None
        if not fixed[0].has_fixed_length:
            prompt, length = columns.start - self.padding[0], columns.stop - columns.start
            suffix = canvas.shape[1] - columns.stop
            self.length = CanvasLength(predictor, length_policy, fixed[0], prompt, length, suffix, resume)
        self._blocks = [
            blocks_of(predictor, row_settings, columns.start - padding)
            for row_settings, padding in zip(fixed, self.padding, strict=True)
        ]
        point = self.earlier.point
        block_start = point.block_start_canvas
        block_start_canvas = None if block_start is None else _with_canvas(canvas, columns, block_start)
        hidden = self.given_positions.clone()
        hidden[:, columns.stop :] = False  # guidance hides no suffix
        self.hidden = hidden_positions(predictor, self.canvas, hidden)
        self.attention_mask = attention_mask
        check_windows(self.cache, predictor, fixed, self.given_positions[:, columns])
        if resume.earlier is not None:
            self.canvas = _with_canvas(canvas, columns, point.canvas)
        self._open(block_start_canvas)

    def _open(self, block_start_canvas: Tensor | None = None) -> None:
        """Begin the passes, with nothing kept."""
        numerics = self.fixed[0].reference_numerics
        self.passes = self.cache.open(
            RunInputs(self.predictor, self.attention_mask, self.hidden, self.columns, numerics, block_start_canvas)
        )

    def steps(self) -> Generator[Step, None, None]:
        """The steps, until every row is done."""
        point = self.earlier.point
        rows = [
            SequenceDecoder(
                self.predictor, canvas, given_positions, self.columns, padding, settings.seed, point.step, self.stop
            )
            for canvas, given_positions, padding, settings in zip(
                self.canvas, self.given_positions, self.padding, self.fixed, strict=True
            )
        ]
        if point.commit_confidence:
            for row in rows:
                confidence = torch.tensor(point.commit_confidence, dtype=torch.float64)
                row.commit_confidence[self.columns] = confidence
        index, at_work = point.step, point.block or 0
        last = max(map(len, self.blocks)) - 1
        number = 0 if self.length is None else self.length.begin(rows[0], at_work)
        while number < max(map(len, self.blocks)):
            shares, following = self._shares(number), number + 1
            is_resumed = number == at_work
            block_step = point.block_step if is_resumed else 0
            for row, share, now in zip(rows, shares, self._settings(), strict=True):
                row.enter(number, share, block_step, now, passed=number < min(at_work, last))
                if is_resumed:
                    row.committed_last_step, row.post_steps = point.committed_last_step, point.post_steps_done
            if self.length is not None:
                self.length.enter(rows[0], number)
            at_work = -1 if is_resumed else at_work  # a canvas that grows may go back to it
            while True:
                settings = self._settings()
                for each in self.cancelled_rows:
                    rows[each].is_cancelled = True
                needed = torch.stack([row.prepare(now) for row, now in zip(rows, settings, strict=True)])
                if not needed.any():
                    break
                check_windows(self.cache, self.predictor, settings, self.given_positions[:, self.columns])
                before = self.canvas.clone()
                if (made := self.earlier.next) is not None:
                    rows[0].seed = settings[0].seed
                    if self.earlier.is_pass:
                        self._step(rows, needed, shares, block_step, made)
                        yield Step(index, number, block_step, [], before, self.canvas.clone())
                    else:
                        self._pass_over(rows[0], made, shares[0], block_step)
                    self.earlier.go_on()
                    rows[0].seed = self.fixed[0].seed
                    index, block_step = index + 1, block_step + 1
                    continue
                data, ends = self._step(rows, needed, shares, block_step)
                stays = number
                if self.length is not None:
                    was_masked = before[0, self.columns] == self.predictor.mask_id
                    resize = partial(self._resize, rows[0])
                    data[0], stays = self.length.after_step(rows[0], data[0], was_masked, ends, resize)
                yield Step(index, number, block_step, data, before, self.canvas.clone())
                index, block_step = index + 1, block_step + 1
                if stays != number:
                    following = stays
                    break
                shares = self._shares(number)
            number = following

    def _settings(self) -> Sequence[SamplerSettings]:
        """The settings of every row for the next step."""
        made = self.earlier.next
        return self.read() if made is None or made.settings is None else [made.settings]

    def _pass_over(self, row: SequenceDecoder, made: EarlierStep, share: Block, block_step: int) -> None:
        """Make an earlier step again without its pass."""
        self.passes.pass_over(self.canvas, self.columns.start + share.begin, block_step, [row.settings.cfg_scale])
        row.repeat(made)

    @property
    def blocks(self) -> list[list[Block]]:
        """The blocks of each row, as its canvas is now."""
        return self._blocks if self.length is None else [self.length.blocks(self.columns.stop - self.columns.start)]

    def _shares(self, number: int) -> list[Block]:
        """The block of every row with a number: an empty one where it has no such."""
        done = Block(self.fixed[0].gen_length, self.fixed[0].gen_length, 0)
        return [shares[number] if number < len(shares) else done for shares in self.blocks]

    def _resize(self, row: SequenceDecoder, change: LengthChange) -> None:
        """Make a change to the canvas of the batch's one row. Nothing is kept of earlier passes."""
        assert self.length is not None
        columns, mask = self.columns, self.predictor.mask_id
        fill = self.predictor.eos_id if change.written_ends else mask
        self.canvas = resized(self.canvas, columns, change, mask if fill is None else fill)
        self.given_positions, self.hidden = (
            resized(positions, columns, change, False) for positions in (self.given_positions, self.hidden)
        )
        if self.attention_mask is not None:
            self.attention_mask = resized(self.attention_mask, columns, change, 1)
        self.columns = slice(columns.start, columns.stop + change.inserted - change.removed)
        row.canvas, row.given_positions, row.columns = self.canvas[0], self.given_positions[0], self.columns
        row.commit_confidence = resized(row.commit_confidence[None], columns, change, 1.0)[0]
        row.history, row.memory, row.fused, row.numbers = DivergenceHistory(), {}, {}, self.length.numbers
        self._open()

    @torch.inference_mode()
    def _step(
        self,
        rows: Sequence[SequenceDecoder],
        needed: Tensor,
        shares: Sequence[Block],
        block_step: int,
        made: EarlierStep | None = None,
    ) -> tuple[list[StepData], Tensor]:
        """The step of each row, and what the length policy sees of its pass. ``made``: the step that it is again."""
        guidance = [row.settings.cfg_scale for row in rows]
        begin = self.columns.start + min(block.begin for block in shares)
        end = self.columns.start + max(block.end for block in shares)
        if self.last_pass is not None:
            self.last_pass.forget()
        verified = torch.stack([row.to_verify for row in rows])
        is_plain = all(row.pass_canvas is row.canvas for row in rows)
        pass_canvas = self.canvas if is_plain else torch.stack([row.pass_canvas for row in rows])
        ahead = self._ahead(rows, begin, end, block_step)
        looked_at = beyond = torch.zeros_like(needed) if ahead is None else ahead
        if self.length is not None:
            window = self.cache.window(begin, end, needed.shape[1])
            beyond = looked_at | self.length.prepare(rows[0], window)
            ahead = beyond if beyond.any() else None
        if verified.any():
            logits = self.passes.logits_with_shadow(pass_canvas, needed, verified, begin, end, guidance, ahead)
        else:
            logits = self.passes.logits(pass_canvas, needed, begin, end, block_step, guidance, ahead)
        counts = [*torch.stack([needed.sum(-1), verified.sum(-1)], 1).flatten().tolist(), *beyond.sum(-1).tolist()]
        parts = torch.split(logits, counts)
        near, far = parts[: 2 * len(rows)], parts[2 * len(rows) :]
        if self.last_pass is not None and made is None:
            self.last_pass.keep(rows[0], near[0])
        ends = [] if self.length is None else [self.length.read(near[0], far[0])]
        verifications = [
            row.verify(part, of_pass) for row, part, of_pass in zip(rows, near[1::2], near[::2], strict=True)
        ]
        predictions = [row.predict(part) for row, part in zip(rows, near[::2], strict=True)]
        if self.length is not None:
            far = (far[0][looked_at[0][beyond[0]].to(far[0].device)],)
        looks = [row.look_ahead(part, positions) for row, part, positions in zip(rows, far, looked_at, strict=True)]
        # One transfer a step: every wait for the device costs more than the few numbers that are carried over.
        results = [*predictions, *verifications, *looks, *ends]
        numbers = torch.cat([part.flatten() for part in results]).cpu()
        parts_on_cpu = iter(torch.split(numbers, [part.numel() for part in results]))
        groups = [
            [next(parts_on_cpu).view(part.shape) for part in group]
            for group in (predictions, verifications, looks, ends)
        ]
        if made is not None:
            if self.length is None or rows[0].is_check or made.changes_canvas:  # else the step only looked
                rows[0].remember(*groups[0], *groups[1])
            rows[0].repeat(made)
            return [], numbers[:0]
        if self.length is not None:
            self.length.look(rows[0], groups[3][0])
            if self.last_pass is not None and rows[0].waits:
                self.last_pass.only_looks()
        recomputed = self.passes.recomputed
        data = [
            row.decide(*row_parts, None if recomputed is None or not row.settings.recomputed else recomputed[number])
            for number, (row, *row_parts) in enumerate(zip(rows, *groups[:3], strict=True))
        ]
        return data, groups[3][0] if ends else numbers[:0]

    def _ahead(self, rows: Sequence[SequenceDecoder], begin: int, end: int, block_step: int) -> Tensor | None:
        """The masks beyond the block that are to be predicted as well, of those that the pass can see."""
        ahead = torch.stack([row.ahead for row in rows])
        ahead[:, :end] = False
        ahead[:, self.passes.reach(begin, end, ahead.shape[1], block_step) :] = False
        return ahead if ahead.any() else None
