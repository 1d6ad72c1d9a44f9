"""What published code saw and did, step by step: a predictor that says what the model said then."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.settings.sampler_settings import SamplerSettings

ROOT = Path(__file__).parents[1] / "golden" / "methods"


@dataclass(frozen=True)
class Case:
    """One run of published code: its settings, and its tensors by name."""

    method: str
    facts: dict[str, Any]
    checkpoint: dict[str, Any]
    tensors: dict[str, Tensor]

    def __str__(self) -> str:
        return f"{self.method}-{self.facts['index']}-{self.facts['checkpoint']}"

    @property
    def prompt(self) -> int:
        return len(self.facts["prompt_ids"])

    @property
    def canvases(self) -> Tensor:
        """The canvas before each forward pass, and the output: ``(passes + 1, length)``."""
        before = self.tensors["canvas_before_each_step"]
        return torch.cat([before, self.tensors["output_ids"][None]])[:, self.prompt :].long()


@cache
def expected_of(method: str) -> dict[str, Any]:
    """What is told of all cases of a method."""
    expected: dict[str, Any] = json.loads((ROOT / method / "expected.json").read_text())
    return expected


@cache
def tensors_of(method: str) -> dict[str, Tensor]:
    """The tensors of all cases of a method."""
    return load_file(ROOT / method / "expected.safetensors")


@cache
def cases(method: str) -> list[Case]:
    """The runs that were recorded of a method."""
    expected, tensors = expected_of(method), tensors_of(method)
    return [
        Case(
            method,
            facts,
            expected["checkpoints"][facts["checkpoint"]],
            {
                name.partition(".")[2]: value
                for name, value in tensors.items()
                if name.startswith(f"case{facts['index']}.")
            },
        )
        for facts in expected["cases"]
    ]


def logits_of(case: Case, step: int) -> Tensor:
    """Logits whose probabilities were recorded for a step, at every position of the canvas: ``(canvas, vocabulary)``.

    The likeliest tokens have theirs; the others share what is left, so that the entropy is as recorded where it was.
    """
    tensors, vocabulary = case.tensors, case.checkpoint["vocab"]
    if "top_logits" in tensors:
        top, ids = tensors["top_logits"][step].double(), tensors["top_tokens"][step].long()
        total = tensors["log_sum_exp"][step].double()[:, None]
        rest = (total.exp() - top.exp().sum(-1, keepdim=True)).clamp(min=1e-30)
        return (rest / (vocabulary - ids.shape[-1])).log().repeat(1, vocabulary).scatter(1, ids, top)
    best, second = tensors["argmax"][step].long(), tensors["second"][step].long()
    p_best, p_second = tensors["p_max"][step].double(), tensors["p_second"][step].double()
    left = (1 - p_best - p_second).clamp(min=1e-30)
    low, high = torch.full_like(left, -20), torch.full_like(left, 8)
    place = torch.arange(vocabulary - 2, dtype=torch.float64)

    def spread(decay: Tensor) -> Tensor:
        return left[:, None] * torch.softmax(-place * decay.exp()[:, None], -1)

    if "entropy" in tensors:
        likeliest = torch.stack([p_best, p_second.clamp(min=1e-30)], -1)
        goal = tensors["entropy"][step].double() + torch.xlogy(likeliest, likeliest).sum(-1)
        for _ in range(50):
            middle = (low + high) / 2
            others = spread(middle)
            above = -torch.xlogy(others, others).sum(-1) > goal
            low, high = torch.where(above, middle, low), torch.where(above, high, middle)
    others = spread(low)
    chances = torch.zeros(len(best), vocabulary, dtype=torch.float64)
    free = torch.ones_like(chances, dtype=torch.bool)
    free.scatter_(1, best[:, None], False).scatter_(1, second[:, None], False)
    chances[free] = others.flatten()
    chances.scatter_(1, second[:, None], p_second[:, None]).scatter_(1, best[:, None], p_best[:, None])
    return chances.clamp(min=1e-30).log()


class RecordedPredictor:
    """A `llada_tui.diffusion.predictor.MaskPredictor` that knows the canvases that were recorded, and no others."""

    device = torch.device("cpu")
    eot_id = None
    banned_ids: tuple[int, ...] = ()

    def __init__(self, case: Case) -> None:
        self.case = case
        self.mask_id, self.eos_id = case.checkpoint["mask"], case.facts["eos_id"]
        self.vocab_size = case.checkpoint["vocab"]
        self.step = 0

    def logits(
        self, ids: Tensor, attention_mask: Tensor | None, positions: Tensor, ahead: Tensor | None = None
    ) -> Tensor:
        canvases = self.case.canvases
        canvas = ids[0, self.case.prompt :]
        same = (canvases[:-1] == canvas).all(-1).nonzero()[:, 0].tolist()
        # A pass may have been made in vain: the canvas is then that of the pass after.
        self.step = next((step for step in same if step >= self.step), -1)
        assert self.step >= 0, f"no such canvas in what was recorded: {canvas.tolist()}"
        logits = logits_of(self.case, self.step).float()[positions[0, self.case.prompt :]]
        self.step += 1
        return logits


def replayed(case: Case, settings: SamplerSettings) -> list[Step]:
    """The steps of our sampler on what was recorded, up to the last that was."""
    masks = torch.full((settings.gen_length,), case.checkpoint["mask"])
    canvas = torch.cat([torch.tensor(case.facts["prompt_ids"]), masks])[None]
    predictor = RecordedPredictor(case)
    steps = []
    for step in denoise(predictor, canvas, settings, prompt_length=case.prompt):
        steps.append(step)
        if predictor.step >= len(case.canvases) - 1:
            break
    return steps
