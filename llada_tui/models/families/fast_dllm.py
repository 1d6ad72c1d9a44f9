"""Fast-dLLM v2's architecture (arXiv 2509.26328) on transformers' own Qwen2: attention that is causal over blocks of
32, counted from the sequence's first token, and logits that still predict the token after their position."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from huggingface_hub.dataclasses import strict
from transformers.models.qwen2.configuration_qwen2 import Qwen2Config
from transformers.models.qwen2.modeling_qwen2 import Qwen2ForCausalLM

from llada_tui.diffusion.pace import Pace
from llada_tui.models.architecture import DENSE_SIZES, Architecture
from llada_tui.models.config_checks import NEUTRAL
from llada_tui.models.masked_diffusion import MaskedDiffusion
from llada_tui.settings.sampler_settings import SamplerSettings

BLOCK_SIZE = 32
"""Tokens a block where config.json does not say."""


class FastDLLMPace(Pace):
    """The pace of its ``generate``. The settings' blocks are its sub-blocks, and each has as many steps as the settings
    have for so many tokens."""

    def block_steps(self, settings: SamplerSettings, edges: list[int]) -> list[int]:
        share = settings.steps / settings.gen_length
        return [max(1, round((end - begin) * share)) for begin, end in pairwise(edges)]

    def quota(self, settings: SamplerSettings, masks: int, left: int, step: int, steps: int) -> int:
        return -(-left // max(1, steps - step))


@strict
class FastDLLMConfig(Qwen2Config):
    """A Qwen2 configuration with blocks."""

    model_type = "Fast_dLLM_Qwen"
    is_causal: bool = False
    use_cache: bool = False
    mask_token_id: int | None = None
    block_size: int | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        self.block_size = kwargs.pop("bd_size", None) or self.block_size or BLOCK_SIZE
        super().__post_init__(**kwargs)


class FastDLLMForBlockDiffusion(MaskedDiffusion, Qwen2ForCausalLM):
    """Fast-dLLM v2 with its LM head.

    Its published loop writes the first token of a block from the pass that finishes the block before it.
    """

    config: FastDLLMConfig
    shifted = True
    first_alone = True
    _pace = FastDLLMPace()

    @property
    def pace(self) -> Pace:
        return self._pace


ARCHITECTURE = Architecture("Fast-dLLM v2", FastDLLMConfig, FastDLLMForBlockDiffusion, NEUTRAL, DENSE_SIZES)
