"""What is read off the logits, at the sizes where it takes short cuts, and in the published code's precision."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.diffusion.noise import Noise
from llada_tui.diffusion.predictions import Predictions
from llada_tui.diffusion.sampler import denoise
from llada_tui.settings.sampler_settings import SamplerSettings
from tests.diffusion.fakes import TablePredictor, masked

sizes = st.sampled_from([12, 255, 256, 257, 512, 1000, 1025])


def predictions(logits: torch.Tensor, settings: SamplerSettings, draws: torch.Tensor | None = None) -> Predictions:
    count = len(logits)
    draws = Noise(0, 0).uniform("token", count) if draws is None else draws
    return Predictions(logits.clone(), settings, TablePredictor(), draws, Noise(0, 0).uniform("rank", count))


@given(sizes, st.integers(0, 1000))
def test_the_likeliest_token_is_the_first_of_equals(size: int, seed: int) -> None:
    logits = torch.randint(0, 20, (5, size), generator=torch.Generator().manual_seed(seed)).float()
    assert predictions(logits, SamplerSettings()).tokens.tolist() == logits.argmax(-1).tolist()


@given(sizes, st.integers(0, 1000), st.sampled_from([0.3, 1.0, 1.7]))
def test_a_number_draws_the_token_at_its_place_in_the_sum(size: int, seed: int, temperature: float) -> None:
    source = torch.Generator().manual_seed(seed)
    logits = torch.randn(6, size, generator=source) * 3
    draws = torch.rand(6, dtype=torch.float64, generator=source)
    choices = predictions(logits, SamplerSettings(temperature=temperature), draws).tokens
    logits[:, TablePredictor().mask_id] = -torch.inf
    sums = (logits.double() / temperature).softmax(-1).cumsum(-1)
    for row, (token, draw) in enumerate(zip(choices.tolist(), draws.tolist(), strict=True)):
        # Up to the rounding of float32 the number lies in the token's part of the sum.
        assert sums[row, token] > draw - 1e-6
        assert token == 0 or sums[row, token - 1] <= draw + 1e-6


@pytest.mark.parametrize("draw", [0.0, 1 - 2**-53])
@pytest.mark.parametrize("size", [12, 700])
def test_the_ends_of_the_range_draw_tokens_that_can_be(draw: float, size: int) -> None:
    logits = torch.full((1, size), -1e30)
    logits[0, size // 2] = logits[0, size // 2 + 1] = 0
    choices = predictions(logits, SamplerSettings(temperature=1.0), torch.tensor([draw], dtype=torch.float64))
    assert choices.tokens.tolist() == [size // 2 + (draw > 0.5)]


def test_what_a_position_draws_depends_on_no_other() -> None:
    predictor = TablePredictor()
    run_settings = SamplerSettings(steps=1, gen_length=6, block_length=6, temperature=1.0, seed=5)
    predictor.tokens[:] = 0
    canvas = masked(predictor, [1], 6)
    whole = next(denoise(predictor, canvas, run_settings, prompt_length=1)).canvas[0].tolist()
    canvas[0, 3] = 2
    some = next(denoise(predictor, canvas, run_settings, prompt_length=1)).canvas[0].tolist()
    assert some == [*whole[:3], 2, *whole[4:]]


class Rounded(TablePredictor):
    """Gives its logits in bfloat16."""

    def _hidden(self, place: torch.Tensor, mixed: torch.Tensor) -> torch.Tensor:
        return (super()._hidden(place, mixed) / 7).bfloat16()


def test_reference_numerics_take_confidence_in_the_models_dtype() -> None:
    predictor, plain = Rounded(), SamplerSettings(steps=4, gen_length=8, block_length=8)
    canvas = masked(predictor, [1, 2], 8)
    logits = predictor.logits(canvas, None, canvas == predictor.mask_id)
    for run_settings, chances in (
        (plain, logits.float().softmax(-1)),
        (plain.replace(reference_numerics=True), logits.softmax(-1).float()),
    ):
        (row,) = next(denoise(predictor, canvas, run_settings, prompt_length=2)).rows
        choices = sorted(row.commits + row.predictions, key=lambda choice: choice.position)
        assert [choice.confidence for choice in choices] == chances.max(-1).values.tolist()


def test_reference_numerics_guide_in_the_models_dtype() -> None:
    predictor = Rounded()
    run_settings = SamplerSettings(steps=4, gen_length=8, block_length=8, cfg_scale=0.7, reference_numerics=True)
    canvas = masked(predictor, [1, 2], 8)
    canvas[0, 5] = 3
    rows = canvas == predictor.mask_id
    guided = predictor.logits(canvas, None, rows)
    unguided = predictor.logits(torch.full_like(canvas, predictor.mask_id), None, rows)
    chances = (unguided + (0.7 + 1) * (guided - unguided)).softmax(-1).float()
    (row,) = next(denoise(predictor, canvas, run_settings, prompt_length=2)).rows
    choices = sorted(row.commits + row.predictions, key=lambda choice: choice.position)
    assert [choice.confidence for choice in choices] == chances.max(-1).values.tolist()


@pytest.mark.parametrize("attention", [False, True])
def test_guidance_hides_words_that_are_given_in_the_canvas(attention: bool) -> None:
    """The published code crashes without an attention mask, and has no constraint but the prompt."""
    predictor = TablePredictor()
    run_settings = SamplerSettings(steps=6, gen_length=6, block_length=3, cfg_scale=1.5)
    canvas = masked(predictor, [1, 2], 6)
    canvas[0, 4] = 3
    canvas[0, 7] = 5
    mask = torch.ones_like(canvas) if attention else None
    for step in denoise(predictor, canvas, run_settings, prompt_length=2, attention_mask=mask):
        now = step.canvas_before
        rows = now == predictor.mask_id
        rows[:, 2 + 3 * step.block + 3 :] = False
        hidden = now.masked_fill(canvas != predictor.mask_id, predictor.mask_id)
        guided, unguided = predictor.logits(now, None, rows), predictor.logits(hidden, None, rows)
        (row,) = step.rows
        choices = sorted(row.commits + row.predictions, key=lambda choice: choice.position)
        assert [choice.token for choice in choices] == (unguided + 2.5 * (guided - unguided)).argmax(-1).tolist()
        assert step.canvas[0, [0, 1, 4, 7]].tolist() == [1, 2, 3, 5]


@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.3, 0.9, 1.0]), st.sampled_from([0.5, 1.0]))
def test_tokens_are_drawn_from_the_nucleus(seed: int, share: float, temperature: float) -> None:
    source = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(40, 300, generator=source)
    run_settings = SamplerSettings(temperature=temperature, top_p=share)
    draws = torch.rand(40, dtype=torch.float64, generator=source)
    logits[:, TablePredictor(300).mask_id] = -1e30
    choices = Predictions(logits.clone(), run_settings, TablePredictor(300), draws, draws)
    chances = (logits / temperature).softmax(-1)
    for token, chance in zip(choices.tokens.tolist(), chances, strict=True):
        assert float(chance[chance > chance[token]].sum()) <= share + 1e-5
    # How sure the model is has nothing to do with what was drawn from.
    assert torch.allclose(choices.confidence, logits.softmax(-1).gather(-1, choices.tokens[:, None])[:, 0], atol=1e-6)


def test_the_nucleus_is_drawn_from_in_proportion() -> None:
    chances = torch.tensor([0.4, 0.3, 0.2, 0.1])
    draws = torch.linspace(0, 1, 9001, dtype=torch.float64)[:-1]
    logits = chances.log().expand(len(draws), -1).clone()
    predictor = TablePredictor(4)
    choices = Predictions(logits, SamplerSettings(temperature=1.0, top_p=0.75), predictor, draws, draws)
    assert (
        torch.bincount(choices.tokens, minlength=4)
        .div(len(draws))
        .sub(chances.new_tensor([4, 3, 2, 0]) / 9)
        .abs()
        .max()
        < 1e-3
    )


@given(sizes, st.integers(0, 1000), st.sampled_from([1e-40, 0.01, 0.7, 1.0, 10.0]), st.sampled_from([1.0, 0.5]))
def test_the_mask_is_never_drawn(size: int, seed: int, temperature: float, share: float) -> None:
    source = torch.Generator().manual_seed(seed)
    logits = torch.randn(4, size, generator=source)
    mask = TablePredictor().mask_id
    logits[:, mask] = 20
    choices = predictions(logits, SamplerSettings(temperature=temperature, top_p=share))
    assert mask not in choices.tokens.tolist()
    assert torch.allclose(choices.probabilities, logits.softmax(-1))


@given(sizes, st.integers(0, 1000))
def test_next_to_no_temperature_is_none(size: int, seed: int) -> None:
    logits = torch.randn(4, size, generator=torch.Generator().manual_seed(seed))
    logits[:, TablePredictor().mask_id] = -1e30
    cold = predictions(logits, SamplerSettings(temperature=1e-40))
    assert cold.tokens.tolist() == predictions(logits, SamplerSettings()).tokens.tolist()
