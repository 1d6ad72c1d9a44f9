"""The block_length that suits a model whose attention is causal over blocks."""

from __future__ import annotations

from collections.abc import Collection
from math import gcd

from llada_tui.settings.presets import choose
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import ModelInfo

_SUB_BLOCK = 8
"""Tokens a sub-block of Fast-dLLM v2 (arXiv 2509.26328), whose authors fill its blocks part by part."""

_ONE_BLOCK = ("smdm",)
"""Families whose published samplers know no blocks: the canvas is one."""


def block_length_of(model: ModelInfo | None) -> int:
    """The block_length to start from on a model that has blocks; 0 where any will do, or no model is there."""
    if model is None or model.block_size == 1:  # from left to right every block is one token, whatever the settings say
        return 0
    return gcd(_SUB_BLOCK, model.block_size) if model.first_alone else model.block_size


def in_blocks_of(model: ModelInfo, settings: SamplerSettings, asked: Collection[str] = ()) -> SamplerSettings:
    """The settings with the blocks of a model that has any, or with one block for a family whose sampler knows none.
    ``asked``: the settings that a person named, which stay.

    Raises `SettingsError` where the steps were named and are fewer than the blocks.
    """
    length = settings.gen_length if model.family in _ONE_BLOCK else block_length_of(model)
    if not length or "block_length" in asked or length == settings.block_length:
        return settings
    if "steps" in asked:
        return settings.replace(block_length=length)
    return choose(settings, None, {"block_length": length})


def block_warning(model: ModelInfo, settings: SamplerSettings) -> str:
    """That a run has other blocks than its model was trained with, in a sentence; empty where it has not."""
    if not model.blocks_as_set or settings.block_length == model.block_size:
        return ""
    return (
        f"This model was trained with blocks of {model.block_size}, and block_length is {settings.block_length}: "
        "its answer will be worse."
    )
