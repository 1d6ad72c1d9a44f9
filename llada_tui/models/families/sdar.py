"""SDAR's architecture (arXiv 2510.06303) on transformers' own Qwen3: attention that is causal over blocks of 4, counted
from the sequence's first token, so that the prompt's last tokens share a block with the first of the canvas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from huggingface_hub.dataclasses import strict
from transformers.models.qwen3.configuration_qwen3 import Qwen3Config
from transformers.models.qwen3.modeling_qwen3 import Qwen3ForCausalLM

from llada_tui.diffusion.pace import Pace
from llada_tui.models.architecture import DENSE_SIZES, Architecture
from llada_tui.models.config_checks import NEUTRAL
from llada_tui.models.masked_diffusion import MaskedDiffusion
from llada_tui.settings.model_name import model_name
from llada_tui.settings.sampler_settings import SamplerSettings

BLOCK_SIZE = 4
"""Tokens a block where config.json does not say."""


class SDARPace(Pace):
    """The pace of its ``generate.py``: every block has the same quotas, those of a whole block, whether or not as many
    masks are in it; and an end of text is looked for when a block is full."""

    finishes_blocks = True

    def quota(self, settings: SamplerSettings, masks: int, left: int, step: int, steps: int) -> int:
        each, spare = divmod(settings.block_length, steps)
        return max(each + (step < spare), 1)


class BlocksOfSDAR(MaskedDiffusion):
    """Mixed into a network, as `MaskedDiffusion` is: attention and sampler have the same blocks."""

    blocks_as_set = True
    _pace = SDARPace()

    @property
    def pace(self) -> Pace:
        return self._pace


@strict
class SDARConfig(Qwen3Config):
    """A Qwen3 configuration with blocks."""

    model_type = "sdar"
    is_causal: bool = False
    use_cache: bool = False
    mask_token_id: int | None = None
    block_size: int | None = None


class SDARForBlockDiffusion(BlocksOfSDAR, Qwen3ForCausalLM):
    """SDAR with its LM head."""

    config: SDARConfig


def block_size_of(config_json: Mapping[str, Any], source: object) -> Mapping[str, Any]:
    """The block size, which a published config.json leaves out: that of the name, as in SDAR-8B-Chat-b32, or
    `BLOCK_SIZE`."""
    if config_json.get("block_size"):
        return {}
    size = re.search(r"-b(\d{1,4})(?!\w)", model_name(str(source)))
    return {"block_size": int(size[1]) if size else BLOCK_SIZE}


ARCHITECTURE = Architecture("SDAR", SDARConfig, SDARForBlockDiffusion, NEUTRAL, DENSE_SIZES, missing=block_size_of)
