"""The checkpoint to begin with on this machine. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass

from llada_tui.models.catalog import CHECKPOINTS
from llada_tui.models.checkpoint_entry import Checkpoint
from llada_tui.models.machine import Memory, best_place
from llada_tui.models.machine_speed import USUAL, MachineSpeed

ANSWER = 128
"""Tokens of the answer that is reckoned with."""
PATIENCE = 60
"""Seconds that such an answer may take for a checkpoint to be recommended."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A checkpoint that fits. ``quantization`` is nf4 where it does not otherwise; ``seconds`` for `ANSWER` tokens."""

    checkpoint: Checkpoint
    quantization: str | None
    seconds: float

    @property
    def download(self) -> int:
        """Bytes to download: the weights as they are published."""
        return self.checkpoint.bf16_bytes

    @property
    def command(self) -> str:
        """The command to type."""
        option = f" --quantization {self.quantization}" if self.quantization else ""
        return f"llada-tui chat --model {self.checkpoint.aliases[0]}{option}"


def best_choice() -> Recommendation | None:
    """The checkpoint to begin with on this machine, whose speed is taken to be a usual one's; None where none fits."""
    place, _ = best_place()
    return next(iter(recommended(place, USUAL[place.device_type])), None)


def recommended(place: Memory, speed: MachineSpeed) -> list[Recommendation]:
    """The checkpoints that fit the free memory of a place and answer questions within `PATIENCE`, the largest first: it
    answers best. Where none is as quick, the quickest first."""
    fitting = []
    for checkpoint in CHECKPOINTS:
        if not checkpoint.chat or checkpoint.good_for != "questions":
            continue
        # On a processor 4 bits save memory and no time.
        on_gpu = place.device_type != "cpu"
        for weights, quantization in ((checkpoint.bf16_bytes, None), (checkpoint.nf4_bytes, "nf4"))[: 1 + on_gpu]:
            if checkpoint.needed(weights, place.device_type) <= place.free:
                seconds = speed.seconds(checkpoint, weights, ANSWER)
                fitting.append(Recommendation(checkpoint, quantization, seconds))
                break
    quick = [choice for choice in fitting if choice.seconds <= PATIENCE]
    if not quick:
        return sorted(fitting, key=lambda choice: choice.seconds)
    return sorted(quick, key=lambda choice: (-choice.checkpoint.parameters, choice.seconds))
