"""Sizes of the model and settings of a run, each in one frozen dataclass."""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_RUN_FOLDER = Path.home() / ".cache" / "llada-tui-training"


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """The sizes of the bidirectional Llama. The defaults are the shipped model's."""

    vocabulary: int = 3072
    width: int = 192
    layers: int = 7
    heads: int = 4
    feed_forward: int = 512
    rope_theta: float = 10000.0
    norm_eps: float = 1e-5
    longest: int = 512


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """The settings of a training run. Its length is set by the clock or by a number of steps, elsewhere."""

    seed: int = 0
    tokens_per_step: int = 4096
    pool: int = 8000
    matrix_rate: float = 1.5e-3
    embedding_rate: float = 1.2e-3
    weight_decay: float = 0.05
    warmup_steps: int = 60
    decay_from: float = 0.3
    copy_gate: float = 0.95
    copy_at_most: float = 0.15
    probes: int = 96
    compiled: bool = True
    only_stage: str = ""
    uniform_noise: float = 0.0
