"""Checkpoints of small models with what their published code gave on them: ``tests/golden``, read for the tests.

``expected.json`` has the cases (settings as the published code calls them) and, by case, what happened in it;
``expected.safetensors`` the tensors: ``forward.*`` logits, ``prompt.*``, and for each case the canvas that every
denoising pass saw and the ids in the end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.loading import load
from llada_tui.settings.sampler_settings import SamplerSettings

GOLDEN = Path(__file__).parents[1] / "golden"


@dataclass(frozen=True)
class PublishedRuns:
    """A checkpoint and what is expected of it."""

    model: LoadedModel
    expected: dict[str, Any]
    tensors: dict[str, Tensor]

    def case(self, index: int) -> dict[str, Any]:
        """The settings of a case, as published."""
        return next(case for case in self.expected["cases"] if case["index"] == index)

    def prompt(self, index: int) -> Tensor:
        """The ids before the canvas: long, ``(batch, length)``."""
        return self.tensors[f"prompt.{self.case(index)['prompt']}"].long()

    def output(self, index: int) -> Tensor:
        """Prompt and canvas in the end: long, ``(batch, length)``."""
        return self.tensors[f"case{index}.output_ids"].long()


@cache
def published(name: str) -> PublishedRuns:
    """The runs on the golden checkpoint ``name``."""
    expected = json.loads((GOLDEN / name / "expected.json").read_text())
    ids = {key: expected[key] for key in ("mask_id", "eos_id", "eot_id") if expected.get(key) is not None}
    model = load(GOLDEN / name, device="cpu", dtype="float32", **ids)
    return PublishedRuns(model, expected, load_file(GOLDEN / name / "expected.safetensors"))


def check_run(
    runs: PublishedRuns,
    index: int,
    settings: SamplerSettings | list[SamplerSettings],
    model: LoadedModel | None = None,
) -> None:
    """Our run of a case has the published canvas before every pass, as many passes, and the same ids in the end.
    ``settings`` may be one for each row."""
    prompt, output = runs.prompt(index), runs.output(index)
    before = runs.tensors[f"case{index}.canvas_before_each_step"].long()
    model = model or runs.model
    canvas_length = (settings[0] if isinstance(settings, list) else settings).gen_length
    begin, length = prompt.shape[1], prompt.shape[1] + canvas_length
    canvas = torch.full((len(prompt), length), model.mask_id)
    canvas[:, :begin] = prompt
    mask = runs.tensors.get(f"prompt.{runs.case(index)['prompt']}_attention_mask")
    if mask is not None:
        mask = torch.cat([mask, mask.new_ones(len(prompt), canvas_length)], 1)
    steps = list(model.denoise(canvas, settings, prompt_length=begin, attention_mask=mask))
    assert len(steps) == len(before)
    shared = min(length, before.shape[2])
    made = torch.stack([step.canvas_before for step in steps])
    assert torch.equal(made[:, :, begin:shared], before[:, :, begin:shared])
    shared = min(length, output.shape[1])
    assert torch.equal(steps[-1].canvas[:, begin:shared], output[:, begin:shared])
