"""The training loop: one object that holds a run and takes it from step to step."""

import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.batches import Batch, build_pool
from training.checkpoint import Position, load_checkpoint, save_checkpoint
from training.clock import Clock
from training.masking import masked, masked_loss
from training.model import Network
from training.probes import build_probes, run_probes
from training.settings import ModelSettings, TrainSettings
from training.stages import STAGES, stage_after_copying
from training.tokenizer import Vocabulary
from training.uniform_noise import noise_tokens, noised, uniform_loss
from training.windows import window_loss

COPY_PROBES = ("copy.animal", "copy.object", "copy.word")


class Trainer:
    """A run. Every random choice is derived from the seed and the position, so resuming changes nothing."""

    def __init__(
        self, vocabulary: Vocabulary, sizes: ModelSettings, settings: TrainSettings, clock: Clock, device: str = "cpu"
    ) -> None:
        torch.manual_seed(settings.seed)
        self.vocabulary, self.settings, self.clock, self.device = vocabulary, settings, clock, device
        self.network = Network(sizes).to(device)
        self.hidden = torch.compile(self.network.hidden, dynamic=True) if settings.compiled else self.network.hidden
        self.states = torch.compile(self.network.states, dynamic=True) if settings.compiled else self.network.states
        self.optimizers = self.make_optimizers()
        self.position = Position()
        self.probes = build_probes(vocabulary, settings.probes)
        self.noise_tokens = noise_tokens(vocabulary)
        self.worker = ThreadPoolExecutor(1)
        self.pool: list[Batch] = []
        self.next_pool: Future[list[Batch]] | None = None

    def make_optimizers(self) -> list[torch.optim.Optimizer]:
        """Muon for the matrices of the blocks, AdamW for embeddings and norms.

        Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) is scaled so that the root mean square of
        its update matches AdamW's (arXiv 2502.16982).
        """
        matrices = [p for p in self.network.blocks.parameters() if p.dim() == 2]
        chosen = {id(p) for p in matrices}
        rest = [p for p in self.network.parameters() if id(p) not in chosen]
        settings = self.settings
        return [
            torch.optim.Muon(
                matrices,
                lr=settings.matrix_rate,
                weight_decay=settings.weight_decay,
                adjust_lr_fn="match_rms_adamw",
            ),
            torch.optim.AdamW(rest, lr=settings.embedding_rate, betas=(0.9, 0.98), weight_decay=0.0),
        ]

    def progress(self) -> float:
        """The progress of the run, from 0 to 1."""
        return self.clock.progress(self.position.step, self.position.seconds)

    def rate(self) -> float:
        """The factor on the learning rates: warm-up, constant, then linear to nearly nothing."""
        warm = min(1.0, (self.position.step + 1) / self.settings.warmup_steps)
        decay = (1 - self.progress()) / (1 - self.settings.decay_from)
        return warm * min(1.0, max(0.01, decay))

    def stage_after_copying(self) -> str:
        """The stage for the run's progress, or the one it was told to stay in."""
        return self.settings.only_stage or stage_after_copying(self.progress())

    def request_pool(self, number: int, stage: str) -> Future[list[Batch]]:
        """Start building a pool in the background."""
        settings = self.settings
        longest = self.network.settings.longest
        return self.worker.submit(
            build_pool, self.vocabulary, settings.seed, number, stage, settings.pool, settings.tokens_per_step, longest
        )

    def current_batch(self) -> Batch:
        """The batch at the position, moving on to the next pool where one ends."""
        position = self.position
        if not self.pool:
            self.pool = self.request_pool(position.pool, position.stage).result()
        if self.next_pool is None:
            self.next_pool = self.request_pool(position.pool + 1, position.next_stage)
        if position.batch >= len(self.pool):
            self.pool = self.next_pool.result()
            position.pool, position.batch, position.stage = position.pool + 1, 0, position.next_stage
            position.next_stage = self.stage_after_copying() if position.copied else "copy"
            self.next_pool = self.request_pool(position.pool + 1, position.next_stage)
        return self.pool[position.batch]

    def leave_copying(self) -> None:
        """Drop what is left of the copy stage once its gate is passed, or its share of the run is used up."""
        position = self.position
        if position.copied:
            return
        results = run_probes(self.network, {name: self.probes[name] for name in COPY_PROBES})
        if min(results.values()) >= self.settings.copy_gate or self.progress() >= self.settings.copy_at_most:
            self.skip_copying()

    def skip_copying(self) -> None:
        """Go on to the stage that follows the copy stage, with a new pool."""
        position = self.position
        position.copied = True
        position.pool, position.batch = position.pool + 1, 0
        position.stage = position.next_stage = self.stage_after_copying()
        self.pool, self.next_pool = [], None

    def loss(self, batch: Batch) -> Tensor:
        """Of masks, or, for the stage's share of the steps, of two passes over a block; or of uniform noise."""
        stage = STAGES[self.position.stage]
        generator = torch.Generator().manual_seed(self.settings.seed * 1_000_003 + self.position.step)
        uniform = self.settings.uniform_noise
        with torch.autocast(torch.device(self.device).type, torch.bfloat16):
            if uniform and torch.rand(1, generator=generator).item() < uniform:
                noisy = noised(batch.ids, batch.learnt, self.noise_tokens, generator).to(self.device)
                ids, learnt = batch.ids.to(self.device), batch.learnt.to(self.device)
                return uniform_loss(self.network.head(self.hidden(noisy)[learnt]), ids, learnt)
            if torch.rand(1, generator=generator).item() < stage.windows:
                return window_loss(self.network, self.states, batch.ids, batch.learnt, self.vocabulary, generator)
            ids, learnt = batch.ids.to(self.device), batch.learnt.to(self.device)
            noisy, chosen, times = masked(ids, learnt, self.vocabulary.mask, generator)
            logits = self.network.head(self.hidden(noisy)[chosen])
        return masked_loss(logits, ids, learnt, chosen, times, stage.weighting)

    def step(self) -> float:
        """One update; returns the loss."""
        started = time.perf_counter()
        batch = self.current_batch()
        loss = self.loss(batch)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimizer, base in zip(
            self.optimizers, (self.settings.matrix_rate, self.settings.embedding_rate), strict=True
        ):
            for group in optimizer.param_groups:
                group["lr"] = base * self.rate()
            optimizer.step()
            optimizer.zero_grad()
        position = self.position
        position.step += 1
        position.batch += 1
        position.tokens += batch.ids.numel()
        position.seconds += time.perf_counter() - started
        value = loss.item()
        if not math.isfinite(value):
            raise RuntimeError(f"the loss is {value} at step {position.step}")
        return value

    def save(self, path: Path) -> None:
        """Write the state of the run."""
        save_checkpoint(path, self.network, self.optimizers, self.position)

    def resume(self, path: Path) -> None:
        """Take the state of a run from a checkpoint."""
        content: dict[str, Any] = load_checkpoint(path)
        self.network.load_state_dict(content["network"])
        for optimizer, state in zip(self.optimizers, content["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.position = Position(**content["position"])
        self.pool, self.next_pool = [], None
