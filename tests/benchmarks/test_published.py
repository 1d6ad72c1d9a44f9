"""The published sampler as we state it again gives the tokens that the published code gave."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from llada_tui.bench import published
from tests.benchmarks.golden import FOLDERS, golden, network


@pytest.mark.parametrize("index", range(11))
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_golden_case_is_exact(folder: Path, index: int) -> None:
    model, expected, tensors = golden(folder)
    case = {name: value for name, value in expected["cases"][index].items() if name not in ("index", "forward_passes")}
    prompt = tensors[f"prompt.{case.pop('prompt')}"]
    passes = []

    def counted(ids: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        passes.append(len(ids))
        return network(model)(ids, mask)

    output = published.generate(
        counted,
        prompt,
        attention_mask=tensors.get("prompt.batch_attention_mask") if len(prompt) > 1 else None,
        **{name: expected[name] for name in ("mask_id", "eos_id", "eot_id")},
        **case,
    )
    assert torch.equal(output, tensors[f"case{index}.output_ids"])
    assert len(passes) == expected["cases"][index]["forward_passes"]


def test_gumbel_noise_samples_the_softmax_at_temperature_one() -> None:
    torch.manual_seed(0)
    logits = torch.tensor([0.0, 1.0, 2.0]).expand(40_000, 3)
    drawn = published.add_gumbel_noise(logits, 1.0).argmax(-1).bincount(minlength=3) / len(logits)
    assert (drawn - logits[0].softmax(-1)).abs().max() < 0.01
