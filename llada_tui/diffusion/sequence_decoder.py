"""The decoder of one sequence, a row of a batch: what it needs predicted, and what becomes of the predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from llada_tui.diffusion.chosen_parts import strategy_for
from llada_tui.diffusion.committed_predictions import chosen_predictions, spaced
from llada_tui.diffusion.divergence_history import DivergenceHistory
from llada_tui.diffusion.logit_budget import at_work
from llada_tui.diffusion.noise import Noise
from llada_tui.diffusion.pace import pace_of
from llada_tui.diffusion.predictions import SCALARS, Predictions, chances_of
from llada_tui.diffusion.predictor import MaskPredictor
from llada_tui.diffusion.schedule import Block, part_committed, quota
from llada_tui.diffusion.step_choices import alternatives, choices, tensors_of
from llada_tui.diffusion.strategy import HELD_BACK, START_STRIDE, Decision, Places, StepView
from llada_tui.diffusion.text_ends import has_ended, masks_before_stop
from llada_tui.diffusion.uniform_noise import noise_by_place, noised
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import DIGITS, Choice, StepData
from llada_tui.trace.model_info import UNIFORM_NOISE
from llada_tui.trace.resume import EarlierStep
from llada_tui.trace.stop_sequences import Stops


class SequenceDecoder:
    """One row of a batch: its sequence, which it denoises, and how far it is. ``canvas`` (length) is a view of the
    batch's.

    ``given_positions`` (bool, length): true where no mask was when the run began. ``columns``: those of the canvas;
    ``padding``: how many before it are padding. ``step``: steps made before. ``stop``: sequences of tokens, or
    texts, before which the text ends. Columns count in the batch, padding and prompt included.
    """

    def __init__(
        self,
        predictor: MaskPredictor,
        canvas: Tensor,
        given_positions: Tensor,
        columns: slice,
        padding: int,
        seed: int,
        step: int,
        stop: Stops = (),
    ) -> None:
        self.predictor = predictor
        self.canvas, self.given_positions = canvas, given_positions
        self.columns, self.start = columns, columns.start
        self.padding, self.seed, self.step, self.stop = padding, seed, step, stop
        self.commit_confidence = torch.ones(len(canvas), dtype=torch.float64)
        """The probability with which each token was committed; 1 where that is not known."""
        self.history = DivergenceHistory()
        self.memory: dict[str, Tensor] = {}
        """The values that the strategy keeps from step to step."""
        self.fused: dict[str, Tensor] = {}
        """The values of the block's steps that the strategy changes logits by."""
        self.remembering = ""
        """The strategy that `memory` and `fused` belong to."""
        self.leaves_masks = self.waits = False
        """Whether masks before the block stay, and whether the step commits nothing, as the length policy has it."""
        self.is_cancelled = False
        """Whether it makes no more steps, whatever it needs."""
        self.numbers: Sequence[int] = range(len(canvas))
        """By place on the canvas: the position, as `StepData` numbers it."""

    def enter(self, number: int, block: Block, block_step: int, settings: SamplerSettings, *, passed: bool) -> None:
        """Go on with a block, which is the canvas' ``number``th from 0, and of which ``block_step`` steps were made.

        A strategy that revisits denoises the masks of earlier blocks with it. ``passed``: the run was beyond this block
        before it was continued, so that such a strategy leaves its masks to the block at work.
        """
        self.settings = settings
        self.strategy = strategy_for(settings, self.predictor)
        self.pace = pace_of(self.predictor, settings)
        self.number = number
        self.steps = self.block_steps = block.steps
        self.block_step = block_step
        self.take_block(block)
        self.committed_last_step: int | None = None
        self.fused = {}
        if self._revisits and passed:
            self.masks_left = 0
        self.finished = self.masks_left == 0 and block_step == 0
        """True when the block needs no steps after its last mask."""

    @property
    def _revisits(self) -> bool:
        """Whether it goes back to earlier blocks."""
        return self.strategy.revisits and not self.leaves_masks

    def take_block(self, block: Block) -> None:
        """The block at work, as its canvas is now."""
        self.block = slice(self.start + block.begin, self.start + block.end)
        self.masks = int((~self.given_positions[self.block]).sum())
        first = self.start if self._revisits else self.block.start
        self.masks_left = int((self.canvas[first : self.block.stop] == self.predictor.mask_id).sum())
        self.post_steps, self.finished = 0, False

    def prepare(self, settings: SamplerSettings) -> Tensor:
        """The positions whose logits the next step needs (bool, length): none when the row is done with the block."""
        if settings is not self.settings:
            self.settings = settings
            self.strategy = strategy_for(settings, self.predictor)
            self.pace = pace_of(self.predictor, settings)
        self.steps = self.block_steps
        if self.pace is not None and not self.strategy.remasks:
            self.steps = self.pace.steps_needed(self.masks, self.block_steps)
        if self.strategy.name != self.remembering:
            self.memory, self.fused, self.remembering = {}, {}, self.strategy.name
        self.masked: Tensor = self.canvas == self.predictor.mask_id
        self.masked[: self.block.start if self.leaves_masks else self.start] = False
        self.masked[self.columns.stop :] = False
        # What a strategy edits or takes back may still change: its block is finished first.
        changes = self.strategy.edits or self.strategy.remasks
        may_end = not self.strategy.revisits and (self.committed_last_step is None or not changes)
        done = settings.early_stop and may_end and has_ended(self.predictor, self.canvas, self.start, self.masked)
        if self.pace is not None and self.pace.finishes_blocks:
            done = done and (self.masks_left <= 0 or self.block_step == 0)
        if self.stop and may_end:
            done = masks_before_stop(self.predictor, self.canvas, self.columns, self.stop, self.masked) or done
        self.ahead = self.masked.clone() if settings.look_ahead else torch.zeros_like(self.masked)
        """The masks beyond the block, if they are to be predicted as well."""
        self.ahead[: self.block.stop] = False
        self.masked[self.block.stop :] = False
        if self.masks_left <= 0:
            done = done or not self._goes_on
            self.masked[:] = False
        committed = torch.zeros_like(self.masked)
        may_change = slice(self.start if self._revisits else self.block.start, self.block.stop)
        committed[may_change] = (self.canvas[may_change] != self.predictor.mask_id) & ~self.given_positions[may_change]
        self.committed = committed.nonzero()[:, 0]
        """Positions of the committed tokens that the strategy may change (long, K)."""
        positions = self.masked | committed if self.strategy.rereads else self.masked.clone()
        if done or self.is_cancelled:
            positions[:] = self.ahead[:] = False
        self.needed = positions.nonzero()[:, 0]
        """Positions whose logits the step needs (long, N)."""
        self._prepare_check()
        return positions

    def _prepare_check(self) -> None:
        """Note the checks among the steps of the block, and what the pass of this one does not see."""
        hidden: Tensor | None = None
        self.checks = self.strategy.checks(self.steps, self.block.stop - self.block.start)
        if self.block_step in self.checks and not self.waits:
            hidden = self.strategy.hide(self._places(self.masked.nonzero()[:, 0]), self.memory)
        self.is_check, self.pass_canvas = hidden is not None, self.canvas
        """The sequence that the step's pass sees: long, (length)."""
        if hidden is not None:
            self.pass_canvas = self.canvas.clone()
            self.pass_canvas[self.columns].masked_fill_(hidden, self.predictor.mask_id)
        if self.reads_noise:
            self.pass_canvas = noised(self.predictor, self.pass_canvas, self.columns, self.seed, self.step)

    @property
    def _goes_on(self) -> bool:
        """Whether a step is made on the block though it holds no mask any more."""
        return not self.finished and (self.strategy.settles or self.post_steps < self.strategy.post_steps)

    @property
    def reads_noise(self) -> bool:
        """Whether the network reads random tokens in place of masks."""
        return self.strategy.noise == UNIFORM_NOISE

    @property
    def to_verify(self) -> Tensor:
        """Positions of the committed tokens that the step verifies (bool, length)."""
        positions = torch.zeros_like(self.masked)
        if self.strategy.verifies and len(self.needed):
            positions[self.committed] = True
        return positions

    def verify(self, logits: Tensor, of_pass: Tensor | None = None) -> Tensor:
        """The probabilities of the tokens at `to_verify`, from their logits without them: float64. A check verifies all
        committed tokens, from ``of_pass``: the needed positions' logits, before they are predicted from."""
        if self.is_check and of_pass is not None:
            standing = (~self.masked[self.needed]).nonzero()[:, 0]
            logits = of_pass.index_select(0, standing.to(of_pass.device, non_blocking=True))
        return chances_of(logits, self.canvas[self.committed]) if len(logits) else logits.new_empty(0).double()

    def predict(self, logits: Tensor) -> Tensor:
        """Predictions at the positions that are needed, from their logits, as numbers that fit in one transfer:
        (`SCALARS` + 2 top_k, N), of which the last are the top-k's tokens and probabilities. Float64 holds a token id
        exactly."""
        columns = []
        fuses = self.strategy.fuses
        for part_positions, predictions in self._predictions(logits, self.needed, fuses):
            self.history.add(predictions, part_positions, self.strategy.history)
            predictions.is_reread = ~self.masked[part_positions].to(logits.device, non_blocking=True)
            score = self.strategy.score(predictions).to(predictions.tokens.device).double()
            score = score.masked_fill(predictions.held_back & ~predictions.is_reread, HELD_BACK)
            columns.append(predictions.columns(score, self.settings.top_k, likeliest=self.strategy.settles))
        self.history.end_step()
        return torch.cat(columns, 1) if columns else logits.new_empty(SCALARS, 0, dtype=torch.float64)

    def look_ahead(self, logits: Tensor, positions: Tensor) -> Tensor:
        """Predictions at ``positions`` (bool, length) from their logits: token and confidence, float64, (2, N)."""
        self.ahead_positions = positions.nonzero()[:, 0]
        columns = [
            torch.stack([predictions.tokens.double(), predictions.confidence.double()])
            for _, predictions in self._predictions(logits, self.ahead_positions)
        ]
        return torch.cat(columns, 1) if columns else logits.new_empty(2, 0, dtype=torch.float64)

    def _predictions(
        self, logits: Tensor, positions: Tensor, fuses: bool = False
    ) -> Iterator[tuple[Tensor, Predictions]]:
        """Predictions at ``positions`` (long, N), some positions at a time; ``fuses``: from the logits as the strategy
        changes them."""
        if not len(positions):
            return
        noise = Noise(self.seed, self.step)
        settings = self.settings.replace(temperature=0.0) if self.is_check else self.settings
        length = len(self.canvas) - self.start
        draws, ranks = (noise.uniform(purpose, length)[positions - self.start] for purpose in ("token", "rank"))
        left = max(self.steps - self.block_step, 0) / max(self.steps, 1)
        size = max(1, at_work(logits.device.type) // logits.shape[-1])
        cut = (torch.split(values, size) for values in (logits, positions, draws, ranks))
        for part_logits, part_positions, draw, rank in zip(*cut, strict=True):
            if fuses:
                masks = part_positions - self.block.start
                part_logits = self.strategy.fuse(part_logits, masks, self.fused, left)
            yield part_positions, Predictions(part_logits, settings, self.predictor, draw, rank, self.reads_noise)

    def decide(self, columns: Tensor, verified: Tensor, ahead: Tensor, recomputed: Tensor | None = None) -> StepData:
        """Carry the strategy's decision out on the canvas. ``columns``, ``verified`` and ``ahead`` are what `predict`,
        `verify` and `look_ahead` gave, on the CPU; ``recomputed`` (float, length) is that of the pass."""
        if not len(self.needed):
            return StepData(block=self.number, block_step=self.block_step, commits=[])
        view = self._view(columns, verified)
        masked = self.masked[self.needed]
        fresh, positions = columns[:, masked], self.needed[masked]
        scores, tokens, confidence = fresh[:3]
        entropy = (columns if self.strategy.settles else fresh)[3]
        decision = Decision(0) if self.waits else self.strategy.decide(view)
        last = self.block_step >= self.steps - 1 or decision.finish
        least = view.quota if last or not view.quota else int(not self.strategy.may_wait)
        least = len(positions) if decision.finish else least
        least *= not (self.waits or self.is_check)
        remasked = self.committed[:0] if decision.remask is None or last else self.committed[decision.remask]
        edits = self._edit(decision.edit, columns[:, ~masked])

        length = len(self.canvas) - self.padding
        chosen = chosen_predictions(decision.commit, least, scores, positions - self.padding, length)
        if (stride := self.strategy.values[START_STRIDE.name]) and not last:
            gap = max(2, int(self.masks_left * stride // (self.block.stop - self.block.start)))
            chosen = spaced(chosen, scores, positions, gap)
        self.canvas[positions[chosen]] = tokens[chosen].long()
        self.commit_confidence[positions[chosen]] = confidence[chosen].round(decimals=DIGITS)
        self.canvas[remasked] = self.predictor.mask_id
        self._count(int(chosen.sum()), len(remasked), is_edited=bool(edits), is_last=last)

        numbers = self._positions(positions)
        predicted, committed = choices(numbers, tokens, confidence), chosen.tolist()
        return StepData(
            block=self.number,
            block_step=self.block_step - 1,
            commits=[choice for choice, stays in zip(predicted, committed, strict=True) if stays],
            predictions=[choice for choice, stays in zip(predicted, committed, strict=True) if not stays],
            alternatives=alternatives(numbers, fresh[SCALARS:]),
            entropy=entropy.mean().item() if len(entropy) else None,
            remasked=self._positions(remasked),
            edits=edits,
            ahead=choices(self._positions(self.ahead_positions), *ahead),
            recomputed=[] if recomputed is None else recomputed[self.columns].tolist(),
            more=self.masks_left <= 0 and self._goes_on,
            noise=noise_by_place(self.predictor, self.canvas[self.columns], self.seed, self.step, self.reads_noise),
            stop_entropy=self.strategy.stop_entropy,
        )

    def _view(self, columns: Tensor, verified: Tensor) -> StepView:
        """The step as the strategy sees it."""
        masked = self.masked[self.needed]
        fresh, reread = columns[:, masked], columns[:, ~masked]
        step, steps = self._schedule_step()
        differs = reread[1].bool()
        if self.strategy.rereads:
            again = reread[1].long()
            differs = (again != self.canvas[self.committed]) & (again != self.predictor.mask_id)
        alpha = part_committed(self.settings.schedule, min(step + 1, steps), steps)
        return StepView(
            fresh[0], fresh[2], self._quota(), alpha, self.block_step, self.steps, self.committed_last_step,
            self.commit_confidence[self.committed], reread[2], differs, reread[0], verified,
            self.block_step + 1 in self.checks, self._chances, self._places(self.needed[masked]), self.memory,
            torch.cat([fresh[4], reread[4]]).long(),
        )  # fmt: skip

    def remember(self, columns: Tensor, verified: Tensor) -> None:
        """Have the strategy keep what it keeps of a step, from what `predict` and `verify` gave, on the CPU."""
        if self.strategy.remembers:
            self.strategy.decide(self._view(columns, verified))

    def repeat(self, made: EarlierStep) -> None:
        """Carry out what an earlier step decided."""
        for changes in (made.edits, made.commits):
            positions, tokens, confidence = tensors_of(changes)
            self.canvas[self.start + positions] = tokens
            self.commit_confidence[self.start + positions] = confidence
        remasked = torch.tensor(made.remasked, dtype=torch.long) + self.start
        self.canvas[remasked] = self.predictor.mask_id
        self._count(len(made.commits), len(remasked), is_edited=bool(made.edits), is_last=not made.more)

    def _count(self, committed: int, remasked: int, *, is_edited: bool, is_last: bool) -> None:
        """A step is made: count what it did. ``is_last``: a block that holds no mask then is done, if the strategy
        settles."""
        if self.masks_left <= 0:
            self.post_steps += 1
            self.finished = not is_edited
        self.finished = is_last if self.strategy.settles else self.finished
        # A prediction may be the mask itself. It counts as committed, as published, though it stays a mask.
        self.masks_left += remasked - committed
        self.committed_last_step = committed
        self.step += 1
        self.block_step += 1

    def _schedule_step(self) -> tuple[int, int]:
        """The step of the schedule, and how many it has: a check is none of them."""
        return self.block_step - sum(check < self.block_step for check in self.checks), self.steps - len(self.checks)

    def _quota(self) -> int:
        if self.pace is None or self.block_step >= self.steps - 1:
            return quota(self.settings.schedule, self.masks_left, *self._schedule_step())
        planned = self.pace.quota(self.settings, self.masks, self.masks_left, self.block_step, self.block_steps)
        return min(planned, self.masks_left)

    def _chances(self) -> Tensor:
        noise = Noise(self.seed, self.step).uniform("take back", len(self.canvas) - self.start)
        return noise[self.committed - self.start]

    def _places(self, positions: Tensor) -> Places:
        written = self.canvas[self.columns] != self.predictor.mask_id
        block = slice(self.block.start - self.start, self.block.stop - self.start)
        return Places(positions - self.start, self.committed - self.start, written, block)

    def _edit(self, edit: Tensor | None, reread: Tensor) -> list[Choice]:
        """Replace committed tokens by what is predicted there now."""
        if edit is None or not edit.any():
            return []
        positions = self.committed[edit]
        self.canvas[positions] = reread[1, edit].long()
        self.commit_confidence[positions] = reread[2, edit].round(decimals=DIGITS)
        return choices(self._positions(positions), *reread[1:3, edit])

    def _positions(self, columns: Tensor) -> list[int]:
        """The positions of columns, as `StepData` numbers them."""
        return [self.numbers[place] for place in (columns - self.start).tolist()]
