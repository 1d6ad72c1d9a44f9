"""Named settings: what a person starts from before turning single knobs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from llada_tui.settings.model_name import model_name
from llada_tui.settings.sampler_settings import MAX_CANVAS, SamplerSettings


@dataclass(frozen=True, slots=True)
class Preset:
    """Settings under a name. ``share`` is steps per canvas token, for presets that keep the canvas as it is.

    ``variants`` are the settings that its authors give for other models, by a part of their names in small letters.
    """

    name: str
    help: str
    changes: dict[str, Any]
    share: float | None = None
    variants: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_uniform: bool = False
    """Whether it is for models alone that were trained with uniform noise."""

    def of(self, model: str, block_length: int = 0) -> Preset:
        """The preset as it is for a model, by its id or folder. ``block_length`` is that of a model that has blocks,
        which no preset changes; 0 for another."""
        name = model_name(model)
        changes = next((changes for part, changes in self.variants.items() if part in name), self.changes)
        if block_length:
            changes = {**changes, "block_length": block_length}
        return self if changes is self.changes else replace(self, changes=changes, variants={})

    def apply(self, settings: SamplerSettings) -> SamplerSettings:
        """The settings with this preset's values; seed and recording stay."""
        return settings.replace(**self._values(settings))

    def matches(self, settings: SamplerSettings) -> bool:
        """Whether the settings have this preset's values. The screen asks it of every preset at each redraw."""
        return all(getattr(settings, name) == value for name, value in self._values(settings).items())

    def _values(self, settings: SamplerSettings) -> dict[str, Any]:
        if self.share is None:
            return self.changes
        blocks = -(-settings.gen_length // self.changes.get("block_length", settings.block_length))
        return {**self.changes, "steps": max(blocks, round(settings.gen_length * self.share))}


def choose(base: SamplerSettings, preset: Preset | None, changes: dict[str, Any], model: str = "") -> SamplerSettings:
    """``base`` with a preset's values and then ``changes``: what a person asked for by name. Raises `SettingsError`.
    ``model`` is the id of the model that it is for.

    Where no steps are asked for they keep their share of the canvas, and every block has one.
    """
    if preset is None:
        return _change(base, changes)
    canvas: dict[str, Any] = {name: changes[name] for name in ("gen_length", "block_length") if name in changes}
    return _change(preset.of(model).apply(_change(base, canvas)), changes)


def _change(settings: SamplerSettings, changes: dict[str, Any]) -> SamplerSettings:
    length = changes.get("gen_length", settings.gen_length)
    block = changes.get("block_length", settings.block_length)
    if "steps" in changes or not all(isinstance(value, int) and value > 0 for value in (length, block)):
        return settings.replace(**changes)
    # more steps than tokens is nobody's share: they stay as they are
    full = settings.steps > settings.gen_length
    share = settings.steps if full else round(length * settings.steps / settings.gen_length)
    return settings.replace(**changes, steps=min(max(share, -(-length // block)), MAX_CANVAS))


_PLAIN: dict[str, Any] = {
    "temperature": 0.0,
    "top_p": 1.0,
    "cfg_scale": 0.0,
    "remasking": "low_confidence",
    "remasking_params": {},
    "schedule": "linear",
    "logits_eos_inf": False,
    "confidence_eos_eot_inf": False,
}
_NO_CACHE: dict[str, Any] = {"cache": "none", "cache_params": {}}
_FIXED: dict[str, Any] = {"length": "fixed", "length_params": {}}


def _published(
    name: str, help: str, length: int, block: int, variants: dict[str, tuple[int, int]] | None = None, **more: Any
) -> Preset:
    """One step a token, as the authors have it; ``variants`` are length and block for other models."""
    plain = {**_PLAIN, **_NO_CACHE, **_FIXED}
    values = {**plain, "steps": length, "gen_length": length, "block_length": block, **more}
    others = {
        part: {**plain, "steps": length_there, "gen_length": length_there, "block_length": size}
        for part, (length_there, size) in (variants or {}).items()
    }
    return Preset(name, help, values, variants=others)


_LAST: dict[str, Any] = {"confidence_eos_eot_inf": True}
_PARALLEL: dict[str, Any] = {"remasking": "threshold", "remasking_params": {"threshold": 0.95}}
_QUALITY: dict[str, Any] = {
    "remasking": "editing",
    "remasking_params": {"threshold": 0.7, "edit_threshold": 0.5, "post_steps": 16},
}
_SPEED: dict[str, Any] = {
    "remasking": "editing",
    "remasking_params": {"threshold": 0.5, "edit_threshold": 0.0, "post_steps": 16},
}

_SURE: dict[str, Any] = {"remasking": "threshold", "remasking_params": {"threshold": 0.9, "at_least_quota": 1}}
_HALF: dict[str, Any] = {"remasking": "threshold", "remasking_params": {"threshold": 0.5}}
_ENTROPY: dict[str, Any] = {"remasking": "entropy_threshold", "remasking_params": {"threshold": 0.5}}

_NOISE: dict[str, Any] = {
    **_PLAIN,
    **_NO_CACHE,
    **_FIXED,
    "remasking": "entropy_bound",
    "steps": 32,
    "gen_length": 64,
    "block_length": 64,
}

SHOW = Preset(
    "show",
    "One block, ends of text last, temperature 1: most guesses change before they are kept.",
    {
        **_PLAIN,
        "steps": 64,
        "gen_length": 64,
        "block_length": 64,
        "temperature": 1.0,
        "confidence_eos_eot_inf": True,
    },
)
"""Settings in which there is most to see; benchmarks/liveliness.py counts it."""

PRESETS = (
    SHOW,
    Preset("fast", "Four tokens a step: quick, and visibly worse.", {**_PLAIN, "block_length": 32}, share=0.25),
    Preset("balanced", "Two tokens a step.", {**_PLAIN, "block_length": 32}, share=0.5),
    Preset("best", "One token a step, in blocks of 32.", {**_PLAIN, "block_length": 32}, share=1.0),
    Preset(
        "noise",
        "Random tokens in place of masks, one block: what is sure stays, the rest is drawn anew.",
        _NOISE,
        is_uniform=True,
    ),
    _published("authors: chat", "The authors' chat script: 128 tokens, 128 steps, blocks of 32.", 128, 32),
    _published(
        "authors: GSM8K",
        "LLaDA-8B-Instruct on GSM8K: 256 tokens, blocks of 8 (LLaDA-1.5: of 16).",
        256,
        8,
        {"llada-1.5": (256, 16)},
    ),
    _published(
        "authors: Math",
        "LLaDA-8B-Instruct on Math: 512 tokens, blocks of 64 (LLaDA-1.5: 1024, of 128).",
        512,
        64,
        {"llada-1.5": (1024, 128)},
    ),
    _published(
        "authors: HumanEval",
        "One block of 512, end-of-text banned (LLaDA-1.5: blocks of 32, not banned).",
        512,
        512,
        {"llada-1.5": (512, 32)},
        logits_eos_inf=True,
    ),
    _published(
        "authors: MBPP",
        "One block of 256, end-of-text last (LLaDA-1.5: 512 tokens, blocks of 32).",
        256,
        256,
        {"llada-1.5": (512, 32)},
        confidence_eos_eot_inf=True,
    ),
    _published("authors: one block", "GSM8K and Math in one block of 512, end-of-text last.", 512, 512, **_LAST),
    _published("authors: GPQA", "One block of 64, end-of-text last.", 64, 64, **_LAST),
    _published("authors: LLaDA2.0", "All above 0.95 at once, in blocks of 32.", 512, 32, **_PARALLEL),
    _published("authors: LLaDA2.1 quality", "Drafts above 0.7 and edits above 0.5.", 512, 32, **_QUALITY),
    _published("authors: LLaDA2.1 speed", "Drafts above 0.5 and edits whatever differs.", 512, 32, **_SPEED),
    _published(
        "authors: Dream",
        "One block of 512, the least entropy first.",
        512,
        512,
        temperature=0.2,
        top_p=0.95,
        remasking="entropy",
    ),
    _published(
        "authors: SDAR", "All above 0.9 at once, one at least, in blocks of 4.", 128, 4, cache="prefix", **_SURE
    ),
    _published(
        "authors: Fast-dLLM v2",
        "All above 0.9 at once, eight tokens at a time.",
        256,
        8,
        cache="prefix",
        remasking="threshold",
        remasking_params={"threshold": 0.9},
    ),
    _published(
        "authors: SMDM",
        "One block of 128, each mask by chance, temperature 1, guidance 0.6.",
        128,
        128,
        temperature=1.0,
        cfg_scale=0.6,
        remasking="origin",
    ),
    _published("authors: d3LLM", "All whose entropy is below 0.5 at once, in blocks of 32.", 256, 32, **_ENTROPY),
    _published("authors: dParallel", "All above 0.5 at once, in blocks of 32.", 256, 32, **_HALF),
)
"""The published settings (LLaDA, arXiv 2502.09992, appendix; the others: their model cards), and our own speeds."""

CHAT = SamplerSettings(steps=128, gen_length=128, block_length=32, early_stop=True, top_k=5)
"""The first settings of the chat on a model of the hub: the authors' chat script."""
DEMO_CHAT = SamplerSettings(steps=64, gen_length=64, block_length=32, early_stop=True, top_k=5)
"""The first settings of commands and lessons on the embedded model, whose answers are short."""
_CHATS: dict[str, dict[str, Any]] = {
    r"llada2\.0": _PARALLEL,
    r"llada2\.1": _QUALITY,
    "dream-v0": {"remasking": "entropy"},
    "d3llm_llada": _ENTROPY,
    "dparallel-llada": _HALF,
    "bd3lm": {"cache": "prefix"},
    "sdar": {"block_length": 4, "cache": "prefix", **_SURE},
    "fast_dllm_v2": {"block_length": 8, "cache": "prefix", "remasking": "threshold"},
    r"^qwen3-[\d.]+b$": {"block_length": 1, "cache": "prefix"},
}
"""The settings of their authors' scripts, by a pattern for the model's name in small letters."""


def chat_settings(model: str) -> SamplerSettings:
    """The first settings of the chat on a model, by its id: on the embedded one there is something to see."""
    settings = first_settings(model)
    return SHOW.apply(settings) if model == "demo" else settings


def first_settings(model: str) -> SamplerSettings:
    """The first settings on a model, by its id or folder. Its blocks are known when it is loaded:
    `llada_tui.trace.model_blocks`."""
    if model == "demo":
        return DEMO_CHAT
    name = model_name(model)
    return next((CHAT.replace(**values) for pattern, values in _CHATS.items() if re.search(pattern, name)), CHAT)
