"""Named settings: what a person starts from before turning single knobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llada_tui.trace.settings import MAX_CANVAS, SamplerSettings


@dataclass(frozen=True, slots=True)
class Preset:
    """Settings under a name. ``share`` is steps per canvas token, for presets that keep the canvas as it is."""

    name: str
    help: str
    changes: dict[str, Any]
    share: float | None = None

    def apply(self, settings: SamplerSettings) -> SamplerSettings:
        """The settings with this preset's values; seed and recording stay."""
        values = dict(self.changes)
        if self.share is not None:
            blocks = -(-settings.gen_length // values.get("block_length", settings.block_length))
            values["steps"] = max(blocks, round(settings.gen_length * self.share))
        return settings.replace(**values)

    def matches(self, settings: SamplerSettings) -> bool:
        return self.apply(settings) == settings


def choose(base: SamplerSettings, preset: Preset | None, changes: dict[str, Any]) -> SamplerSettings:
    """``base`` with a preset's values and then ``changes``: what a person asked for by name. Raises `SettingsError`.

    Where no steps are asked for they keep their share of the canvas, and every block has one.
    """
    if preset is None:
        return _change(base, changes)
    canvas: dict[str, Any] = {name: changes[name] for name in ("gen_length", "block_length") if name in changes}
    return _change(preset.apply(_change(base, canvas)), changes)


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
    "cfg_scale": 0.0,
    "remasking": "low_confidence",
    "remasking_params": {},
    "logits_eos_inf": False,
    "confidence_eos_eot_inf": False,
}


def _published(name: str, help: str, length: int, block: int, **more: Any) -> Preset:
    return Preset(name, help, {**_PLAIN, "steps": length, "gen_length": length, "block_length": block, **more})


PRESETS = (
    Preset("fast", "Four tokens a step: quick, and visibly worse.", {**_PLAIN, "block_length": 32}, share=0.25),
    Preset("balanced", "Two tokens a step.", {**_PLAIN, "block_length": 32}, share=0.5),
    Preset("best", "One token a step, in blocks of 32.", {**_PLAIN, "block_length": 32}, share=1.0),
    _published("authors: chat", "The authors' chat script: 128 tokens, 128 steps, blocks of 32.", 128, 32),
    _published("authors: GSM8K", "LLaDA-8B-Instruct on GSM8K: 256 tokens, blocks of 8.", 256, 8),
    _published("authors: Math", "LLaDA-8B-Instruct on Math: 512 tokens, blocks of 64.", 512, 64),
    _published("authors: HumanEval", "One block of 512, end-of-text banned.", 512, 512, logits_eos_inf=True),
    _published("authors: MBPP", "One block of 256, end-of-text last.", 256, 256, confidence_eos_eot_inf=True),
)
"""The published evaluation settings (LLaDA, arXiv 2502.09992, appendix) and our own three speeds."""

CHAT = SamplerSettings(steps=128, gen_length=128, block_length=32, early_stop=True, top_k=5)
"""What the chat starts from on a model of the hub: the authors' chat script."""
DEMO_CHAT = SamplerSettings(steps=64, gen_length=64, block_length=32, early_stop=True, top_k=5)
"""What the chat starts from on the embedded model, whose answers are short."""
