"""Times a model's ways of denoising side by side: in turns, so that what else the machine does meets all of them."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from llada_tui.bench import lower_bound, published
from llada_tui.diffusion import caches
from llada_tui.diffusion.sampler import denoise
from llada_tui.models import packed_linear as packed
from llada_tui.models import peak_memory as peak
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError

REFERENCE = "published sampler"
MODES: dict[str, dict[str, Any]] = {
    "exact": {"cache": "none"},
    "exact, threshold": {"cache": "none", "remasking": "threshold"},
    **{
        f"{name.removesuffix('_cache')} cache": {"cache": name}
        for name, kind in caches.by_name().items()
        if not kind.exact
    },
    "dual cache, threshold": {"cache": "dual", "remasking": "threshold"},
}
"""The ways that are measured, with the settings that each is. A threshold is the strategy's default."""
_PUBLISHED = (
    "steps",
    "gen_length",
    "block_length",
    "temperature",
    "cfg_scale",
    "logits_eos_inf",
    "confidence_eos_eot_inf",
)
"""The settings that the published sampler has."""
_OTHER = ("remasking", "remasking_params", "schedule", "cache", "cache_params", "early_stop")
"""The settings that make another sampler of ours than the published one."""
Progress = Callable[[str], None]
"""Hears in words what is being measured."""


@dataclass
class Measured:
    """One way of denoising a canvas: seconds of each round, and what they were spent on.

    ``passes`` are calls of the model. ``peak`` is how many bytes the process held at most, weights included; None
    where the system does not tell. ``least`` is the floor of all passes together, in seconds. ``tokens`` are the
    canvas at the end.
    """

    name: str
    seconds: list[float] = field(default_factory=list)
    passes: int = 0
    peak: int | None = None
    least: float = 0.0
    tokens: list[int] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return len(self.tokens) / self.median


def why_no_reference(model: LoadedModel, settings: SamplerSettings) -> str | None:
    """Why the published sampler cannot be run with a model and settings; None if it can."""
    network: Any = model.network
    if network.block_size or network.shifted or network.pace:
        return "it is not for this architecture"
    if settings.gen_length % settings.block_length or settings.steps % settings.blocks:
        return "it needs a canvas of whole blocks, and as many steps for each"
    return None


def equals_published(settings: SamplerSettings) -> bool:
    """Whether ours writes the published sampler's very tokens with these settings."""
    usual = SamplerSettings()
    return settings.temperature == 0 and all(getattr(settings, name) == getattr(usual, name) for name in _OTHER)


def possible(model: LoadedModel, settings: SamplerSettings) -> tuple[list[str], str | None]:
    """Those of `MODES` that the settings can be run in, and why the others cannot; None where all can but for a
    cache of another family."""
    modes, why = [], None
    short = settings.replace(gen_length=1, block_length=1, steps=1)
    canvas = torch.full((1, 2), model.mask_id)
    for name, changes in MODES.items():
        try:
            denoise(model, canvas, short.replace(**changes), prompt_length=1)  # no step of it is made
        except SettingsError as error:
            why = why if caches.by_name()[changes["cache"]].of_one_family else str(error)
        else:
            modes.append(name)
    return modes, why


def compare(
    model: LoadedModel,
    prompt: Sequence[int],
    settings: SamplerSettings,
    modes: Sequence[str],
    device: lower_bound.Device,
    *,
    rounds: int = 3,
    progress: Progress = lambda line: None,
) -> list[Measured]:
    """Denoises ``prompt`` and a canvas in each of ``modes`` (`REFERENCE` among them, or keys of `MODES`), ``rounds``
    times after a short one to warm up. The steps of the same mode are the same in every round. ``progress`` hears what
    is measured; nothing is printed."""
    work = lower_bound.work(model.network)
    measured = {name: Measured(name) for name in modes}
    for name in modes:
        progress(f"{name}: warming up")
        short = min(settings.gen_length, settings.block_length)
        blocks = settings.replace(gen_length=short, steps=min(short, 2), block_length=short)
        _run(model, prompt, blocks, name, Measured(name), work, device)
    for number in range(rounds):
        for name in modes:
            progress(f"{name}: round {number + 1} of {rounds}")
            _run(model, prompt, settings, name, measured[name], work, device)
    return list(measured.values())


def _run(
    model: LoadedModel,
    prompt: Sequence[int],
    settings: SamplerSettings,
    name: str,
    measured: Measured,
    work: lower_bound.Work,
    device: lower_bound.Device,
) -> None:
    measured.passes, measured.least = 0, 0.0
    length, begin = len(prompt) + settings.gen_length, len(prompt)
    edges = model.info.edges(settings, begin)
    batch = 2 if settings.cfg_scale else 1  # guidance runs every row once more, in the same call
    gc.collect()
    measurable = peak.reset_peak(model.device)
    began = time.perf_counter()
    if name == REFERENCE:
        with packed.plain(model.network):
            canvas = _published(model, prompt, settings)
        measured.passes = settings.steps
        measured.least = settings.steps * work.seconds(device, batch * length, length, batch * length)
    else:
        settings = settings.replace(**MODES[name])
        policy = caches.get(settings.cache, settings.cache_params)
        canvas = torch.tensor([[*prompt, *[model.mask_id] * settings.gen_length]])
        for step in model.denoise(canvas, settings, prompt_length=begin):
            canvas = step.canvas
            first, end = edges[step.block], edges[step.block + 1]
            columns = policy.window(begin + first, begin + end, length) if step.block_step else slice(0, length)
            window = columns.stop - columns.start
            row = step.rows[0]
            measured.passes += 1
            asked = len(row.commits) + len(row.predictions)
            measured.least += work.seconds(device, batch * window, length, batch * asked)
    lower_bound.wait(model.device)
    measured.seconds.append(time.perf_counter() - began)
    measured.peak = peak.peak_bytes(model.device) if measurable else None
    measured.tokens = canvas[0, begin:].tolist()


def _published(model: LoadedModel, prompt: Sequence[int], settings: SamplerSettings) -> torch.Tensor:
    network: Any = model.network
    torch.manual_seed(settings.seed)
    return published.generate(
        lambda ids, mask: network(input_ids=ids, attention_mask=mask, use_cache=False).logits,
        torch.tensor([[*prompt]], device=model.device),
        mask_id=model.mask_id,
        eos_id=model.eos_id,
        eot_id=model.eot_id,
        **{name: getattr(settings, name) for name in _PUBLISHED},
    )
