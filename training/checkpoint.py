"""Checkpoints that survive kill -9: written beside, synced, then renamed over the old one.

They hold tensors, numbers and strings only and are read with `weights_only=True`, so a file cannot run code.
"""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from training.model import Network
from training.settings import ModelSettings


@dataclass
class Position:
    """The position of a run: everything besides weights and optimizer state that the next step depends on."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    pool: int = 0
    batch: int = 0
    stage: str = "copy"
    next_stage: str = "copy"
    copied: bool = False


def save_atomically(content: dict[str, Any], path: Path) -> None:
    """Write so that either the old file or the whole new one is there, whenever the process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".partial")
    with beside.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def save_checkpoint(path: Path, network: Network, optimizers: list[torch.optim.Optimizer], position: Position) -> None:
    """The whole state of a run."""
    content = {
        "sizes": asdict(network.settings),
        "network": network.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "position": asdict(position),
    }
    save_atomically(content, path)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """The content of a checkpoint, without running anything in it."""
    content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return content


def load_network(path: Path) -> Network:
    """The network of a checkpoint."""
    content = load_checkpoint(path)
    network = Network(ModelSettings(**content["sizes"]))
    network.load_state_dict(content["network"])
    return network
