"""The settings of a batch's rows: how they are read before each step, and which a batch cannot have."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from llada_tui.diffusion.batches import SHARED
from llada_tui.diffusion.cache_policy import CachePolicy
from llada_tui.diffusion.chosen_parts import check_same_noise, strategy_for
from llada_tui.diffusion.predictor import MaskPredictor
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError

Read = Callable[[], Sequence[SamplerSettings]]
"""The settings of every row, as they are now."""


def reader(settings: SamplerSettings | Sequence[SamplerSettings] | Callable[[], SamplerSettings], rows: int) -> Read:
    """The settings of so many rows, from one for all, one for each, or a function that tells them. What this tells is
    checked each time: it raises `SettingsError` for other noise than the run began with."""
    if isinstance(settings, SamplerSettings):
        same = [settings] * rows
        return lambda: same
    if isinstance(settings, Sequence):
        return lambda: settings
    first = settings()

    def read() -> Sequence[SamplerSettings]:
        now = settings()
        check_same_noise(now, first)
        return [now] * rows

    return read


def check_batch(
    canvas: Tensor, settings: Sequence[SamplerSettings], around: int, attention_mask: Tensor | None
) -> None:
    """Raises `SettingsError` for settings that do not fit the canvas, or that rows of a batch cannot have; `ValueError`
    for tensors that do not fit together. ``around``: columns that are not the canvas."""
    if canvas.dim() != 2:
        raise ValueError(f"The canvas must be (batch, length), not {canvas.dim()}-dimensional.")
    if len(settings) != len(canvas):
        raise ValueError(f"There must be settings for each of the {len(canvas)} rows, not {len(settings)}.")
    for name in SHARED:
        if any(getattr(row, name) != getattr(settings[0], name) for row in settings):
            raise SettingsError(name, f"{name} must be the same for all rows of a batch.")
    length = canvas.shape[1] - around
    changing = any(not row.has_fixed_length for row in settings)
    if changing and len(settings) > 1:
        raise SettingsError("length", "A canvas that changes its length is denoised by itself: one row at a time.")
    if settings and settings[0].gen_length != length and not changing:
        message = f"gen_length must be the canvas' length, {length}, not {settings[0].gen_length}."
        raise SettingsError("gen_length", message)
    if attention_mask is not None and attention_mask.shape != canvas.shape:
        raise ValueError(
            f"attention_mask must have the canvas' shape {tuple(canvas.shape)}, not {tuple(attention_mask.shape)}."
        )


def check_windows(
    cache: CachePolicy, predictor: MaskPredictor, settings: Sequence[SamplerSettings], given_positions: Tensor
) -> None:
    """Raises `SettingsError` where a pass would run columns of a row that it does not run of that row alone.
    ``given_positions``: those of the canvas, bool, ``(batch, length)``."""
    if len(settings) < 2 or not cache.one_window:
        return
    firsts = [
        int((~positions).int().argmax()) if strategy_for(row_settings, predictor).revisits else None
        for row_settings, positions in zip(settings, given_positions, strict=True)
    ]
    if len(set(firsts)) > 1:
        raise SettingsError(
            "remasking",
            f"A strategy that goes back to earlier blocks shares no {cache.name} cache with other rows: "
            "denoise its rows by themselves, or set cache to none.",
        )
