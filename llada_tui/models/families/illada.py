"""iLLaDA's architecture (arXiv 2606.25331): transformers' own Llama with bidirectional attention, grouped heads and
tied embeddings. Its published code rotates queries and keys in the model's dtype, as Llama does and LLaDA does not."""

from __future__ import annotations

from huggingface_hub.dataclasses import strict
from transformers.models.llama.configuration_llama import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaForCausalLM

from llada_tui.models.architecture import DENSE_SIZES, Architecture
from llada_tui.models.config_checks import NEUTRAL, Allowed
from llada_tui.models.masked_diffusion import MaskedDiffusion

OPTIONS: Allowed = {
    **NEUTRAL,
    "layer_norm_eps": (None,),
    "sliding_window": (None,),
}
"""With layer_norm_eps the model has LayerNorm instead of RMSNorm, which no published checkpoint does."""


@strict
class ILLaDAConfig(LlamaConfig):
    """A Llama configuration that sees both ways."""

    model_type = "illada"
    is_causal: bool = False
    use_cache: bool = False
    mask_token_id: int | None = None
    tie_word_embeddings: bool = True
    bos_token_id: int | None = None
    eos_token_id: int | list[int] | None = None


class ILLaDAForMaskedDiffusion(MaskedDiffusion, LlamaForCausalLM):
    """iLLaDA with its LM head."""

    config: ILLaDAConfig


ARCHITECTURE = Architecture("iLLaDA", ILLaDAConfig, ILLaDAForMaskedDiffusion, OPTIONS, DENSE_SIZES)
