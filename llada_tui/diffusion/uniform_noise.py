"""Uniform noise: a random token where a mask would be read (UDLM, arXiv 2412.10193; the canvas of DiffusionGemma).

A mask on the canvas means that its position is undecided. With uniform noise the network reads a random token there, a
fresh one in every pass. Nothing else of a run knows of these tokens, so that both kinds of noise go the same way.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from llada_tui.diffusion.chosen_parts import strategy_for
from llada_tui.diffusion.noise import Noise
from llada_tui.diffusion.predictor import MaskPredictor, NoisePredictor
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.model_info import UNIFORM_NOISE


def fresh_noise(predictor: MaskPredictor, canvas: Tensor, seed: int, step: int) -> Tensor:
    """The canvas as the pass of a step reads it: random tokens in place of masks. ``canvas``: long, ``(length,)``, as
    is the result. The token of a place depends on the seed, the step and the place alone."""
    assert isinstance(predictor, NoisePredictor)
    tokens = predictor.noise_tokens
    draws = Noise(seed, step).uniform("noise", len(canvas))
    noise = tokens[(draws * len(tokens)).long().clamp(max=len(tokens) - 1)]
    return torch.where(canvas == predictor.mask_id, noise, canvas)


def noised(predictor: MaskPredictor, sequence: Tensor, columns: slice, seed: int, step: int) -> Tensor:
    """A sequence (long, ``(length,)``) with noise in its canvas, which has the ``columns``."""
    before, canvas, after = sequence.tensor_split([columns.start, columns.stop])
    return torch.cat([before, fresh_noise(predictor, canvas, seed, step), after])


def noise_by_place(
    predictor: MaskPredictor, canvas: Tensor, seed: int, step: int, is_uniform: bool = True
) -> list[tuple[int, int]]:
    """The undecided places of a canvas (long, ``(length,)``), each with the token that the pass of a step reads there;
    none where the noise is not ``is_uniform``."""
    if not is_uniform:
        return []
    places = (canvas == predictor.mask_id).nonzero()[:, 0]
    tokens = fresh_noise(predictor, canvas, seed, step)[places]
    return [*zip(places.tolist(), tokens.tolist(), strict=True)]


def noise_before(
    predictor: MaskPredictor, settings: SamplerSettings, canvas: Sequence[int], step: int
) -> list[tuple[int, int]]:
    """As `noise_by_place`, for a run with these settings; none where they have masks there. Raises `SettingsError`."""
    is_uniform = strategy_for(settings, predictor).noise == UNIFORM_NOISE
    return noise_by_place(predictor, torch.tensor(canvas, dtype=torch.long), settings.seed, step, is_uniform)
