"""Jobs: work of a worker that takes long and is no run. Each has a command and a reply.

``run`` is a job's name, among those of runs: Cancel ends the job by it, and the answer, a reply of its own or a
Failure, carries it. Progress comes meanwhile. One job or run is at work at a time; the others wait. Workers that are
older than this file answer that the command is malformed.
"""

from __future__ import annotations

import msgspec

from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.worker.messages import Command, Reply

MAX_JOB_SAMPLES = 1_000_000
"""Most samples of a ScoreTokens."""
MAX_BATCH = 4096
"""Most samples in one call of the model."""
MAX_ROUNDS = 100
"""Most rounds of a Bench."""
MAX_SUMS = 1000
"""Most sums of a Bench."""


class ScoreTokens(Command, frozen=True, tag="score_tokens"):
    """Asks for the log-likelihood of an answer, token by token. Answered by TokensScored.

    The prompt is messages, a text or ids; the answer a text, or ``answer_ids``. ``samples`` ways to mask
    the answer are tried, ``batch_size`` in one call of the model, or all where there are no more. ``cfg_scale`` is the
    weight of classifier-free guidance. Progress has the stage score, and counts samples.
    """

    run: str
    prompt: Prompt
    answer: str = ""
    answer_ids: list[int] | None = None
    samples: int = 128
    cfg_scale: float = 0.0
    seed: int = 0
    batch_size: int = 16


class TokensScored(Reply, frozen=True, tag="tokens_scored"):
    """The log-likelihood of an answer in nats, and each token's part of it; the parts add up to ``total``.

    ``standard_error`` is that of ``total``: 0 where all ways to mask the answer were tried, None for a single sample.
    ``samples`` is how many were tried. The bytes of ``ids``, the answer's tokens, were told before.
    """

    run: str
    total: float
    standard_error: float | None
    ids: list[int]
    tokens: list[float]
    samples: int

    @property
    def per_token(self) -> float:
        """Mean log-probability of a token, in nats."""
        return self.total / len(self.tokens)


class Bench(Command, frozen=True, tag="bench"):
    """Time the ways of denoising an answer to ``prompt``, each ``rounds`` times. Answered by Benched.

    A checkpoint without a tokenizer is given some ids instead of the prompt. ``reference`` times the published sampler
    as well. ``sums`` are asked with several thresholds, for a curve of right answers against tokens a pass. Progress
    has the stage bench, and says in ``detail`` what is measured.
    """

    run: str
    prompt: str
    settings: SamplerSettings
    rounds: int = 3
    reference: bool = True
    sums: int = 0


class BenchRow(msgspec.Struct, frozen=True):
    """One way of denoising.

    ``rate`` is tokens a second, ``median`` seconds of a round, ``passes`` calls of the model, ``peak`` the most bytes
    that the worker held (None: the system does not tell), ``least`` the floor of all passes together, in seconds.
    """

    name: str
    rate: float
    median: float
    passes: int
    peak: int | None
    least: float


class ParallelismPoint(msgspec.Struct, frozen=True):
    """A threshold's tokens a forward pass, and its right answers in percent."""

    threshold: float
    tokens_per_pass: float
    percent: float


class Benched(Reply, frozen=True, tag="benched"):
    """The measurements, those of the published sampler first if it is among them.

    ``prompt`` is the prompt's length in tokens, ``threads`` those of the CPU that torch uses. The device reads
    ``bandwidth`` bytes and does ``flops`` floating-point operations a second. ``no_reference`` says why the published
    sampler was not timed, ``not_timed`` why other ways were not; empty: they were. ``as_published``: whether exact
    denoising gives the published sampler's tokens with these settings. ``curve`` is that of the sums, none where they
    were not asked for.
    """

    run: str
    rows: list[BenchRow]
    prompt: int
    threads: int
    bandwidth: float
    flops: float
    no_reference: str = ""
    not_timed: str = ""
    as_published: bool = False
    curve: list[ParallelismPoint] = []


class Quantize(Command, frozen=True, tag="quantize"):
    """Save a quantised copy of a checkpoint where the worker runs. Answered by Quantized.

    ``quantization`` is nf4 or int8. ``folder`` must not exist yet; empty: in the worker's folder, by the name of the
    original. Progress has the stages of a Load, and save (files).
    """

    run: str
    source: str
    quantization: str
    folder: str = ""
    device: str = "auto"
    force: bool = False


class Quantized(Reply, frozen=True, tag="quantized"):
    """A copy was saved: ``size`` bytes of weights in ``folder``."""

    run: str
    folder: str
    size: int


JobCommand = ScoreTokens | Bench | Quantize
JobReply = TokensScored | Benched | Quantized
