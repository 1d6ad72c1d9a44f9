"""At a temperature, tokens are drawn from the published distribution."""

from __future__ import annotations

import math

import torch

from llada_tui.diffusion.sampler import denoise
from llada_tui.settings.sampler_settings import SamplerSettings
from tests.diffusion.fakes import TablePredictor

SIGNIFICANCE = 1e-3
DRAWS = 20_000


class Constant(TablePredictor):
    """The same logits everywhere."""

    values = (1.0, 0.3, -0.5, 2.0, -1.5, -60.0)

    def __init__(self) -> None:
        super().__init__(len(self.values))
        self.eos_id = self.eot_id = None  # type: ignore[assignment]

    def logits(
        self,
        ids: torch.Tensor,
        attention_mask: torch.Tensor | None,
        rows: torch.Tensor,
        ahead: torch.Tensor | None = None,
    ) -> torch.Tensor:
        return torch.tensor(self.values).repeat(int(rows.sum()), 1)


def published(temperature: float, seed: int) -> torch.Tensor:
    """Counts of tokens drawn as generate.py draws them: argmax of exp(logits) / (-log u) ** temperature."""
    source = torch.Generator().manual_seed(seed)
    logits = torch.tensor(Constant.values).double().repeat(DRAWS, 1)
    noise = torch.rand(logits.shape, dtype=torch.float64, generator=source)
    drawn = (logits.exp() / (-noise.log()) ** temperature).argmax(-1)
    return torch.bincount(drawn, minlength=len(Constant.values)).double()


def ours(temperature: float) -> torch.Tensor:
    canvas = torch.full((1, DRAWS), Constant().mask_id)
    run_settings = SamplerSettings(steps=1, gen_length=DRAWS, block_length=DRAWS, temperature=temperature, seed=7)
    (step,) = denoise(Constant(), canvas, run_settings)
    return torch.bincount(step.canvas[0], minlength=len(Constant.values)).double()


def p_value(first: torch.Tensor, other: torch.Tensor) -> float:
    """Chi-square test that two samples of equal size come from one distribution."""
    drawn = (first + other) > 0
    statistic = ((first - other)[drawn] ** 2 / (first + other)[drawn]).sum()
    freedom = torch.tensor((int(drawn.sum()) - 1) / 2, dtype=torch.float64)
    return float(torch.special.gammaincc(freedom, statistic / 2))


def test_tokens_are_distributed_as_published() -> None:
    for temperature in (0.5, 1.0, 2.0):
        assert p_value(ours(temperature), published(temperature, 1)) > SIGNIFICANCE


def test_the_test_would_notice_another_temperature() -> None:
    assert p_value(ours(1.0), published(1.1, 1)) < SIGNIFICANCE


def test_at_temperature_one_it_is_the_softmax() -> None:
    chances = torch.tensor(Constant.values).double().softmax(-1)
    counts = ours(1.0)
    for chance, count in zip(chances.tolist(), counts.tolist(), strict=True):
        assert abs(count - DRAWS * chance) <= 4 * math.sqrt(DRAWS * chance) + 1


def test_large_logits_do_not_overflow() -> None:
    predictor = Constant()
    predictor.values = (900.0, 890.0, 0.0, 0.0, 0.0, -60.0)  # type: ignore[assignment]
    run_settings = SamplerSettings(steps=1, gen_length=50, block_length=50, temperature=0.5)
    (step,) = denoise(predictor, torch.full((1, 50), predictor.mask_id), run_settings)
    assert step.canvas[0].tolist() == [0] * 50
