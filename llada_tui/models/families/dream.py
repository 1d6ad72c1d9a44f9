"""Dream's architecture (arXiv 2508.15487) on transformers' own Qwen2, with bidirectional attention. Dream was trained
from Qwen2.5, and its logits still predict the token after their position."""

from __future__ import annotations

from huggingface_hub.dataclasses import strict
from transformers.models.qwen2.configuration_qwen2 import Qwen2Config
from transformers.models.qwen2.modeling_qwen2 import Qwen2ForCausalLM

from llada_tui.models.architecture import DENSE_SIZES, Architecture
from llada_tui.models.config_checks import NEUTRAL, Allowed
from llada_tui.models.masked_diffusion import MaskedDiffusion

OPTIONS: Allowed = {
    **NEUTRAL,
    "use_mrope": (False, None),
    "attention_bias": (True, None),
    "block_size": (None,),
}
"""Options of later models that share the name; a block size means one whose logits are not shifted."""


@strict
class DreamConfig(Qwen2Config):
    """A Qwen2 configuration that sees both ways."""

    model_type = "Dream"
    is_causal: bool = False
    use_cache: bool = False
    mask_token_id: int | None = None


class DreamForMaskedDiffusion(MaskedDiffusion, Qwen2ForCausalLM):
    """Dream with its LM head.

    Its published loop commits by time that ends just before 0: with as many steps as tokens nothing in its first step,
    and two tokens in its last. Ours commits as the schedule says, one in each; at equal counts both commit the same.
    """

    config: DreamConfig
    shifted = True


ARCHITECTURE = Architecture("Dream", DreamConfig, DreamForMaskedDiffusion, OPTIONS, DENSE_SIZES)
