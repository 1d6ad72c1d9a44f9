"""The common parts of dllm's families (ZHZisZZ/dllm): the pace of its samplers, and which of the two is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llada_tui.diffusion.dllm_pace import DllmBlockPace, DllmPace
from llada_tui.diffusion.pace import Pace
from llada_tui.models.masked_diffusion import MaskedDiffusion

_TRAINED_BLOCK = 32
"""Tokens a block of the published bd3lm checkpoints; their config.json does not say."""
_FULL, _BLOCKS = DllmPace(), DllmBlockPace()


class DllmMaskedDiffusion(MaskedDiffusion):
    """Mixed into a network, as `MaskedDiffusion` is. Its config's ``block_size`` is
    None where attention sees both ways (mdlm). In bd3lm the attention's blocks are as long as the sampler's, and one
    begins where the canvas does. Its ``right_shift_logits``, the option of dllm's samplers with that name, says that
    logits predict the token after their position."""

    blocks_as_set = True
    blocks_from_canvas = True

    @property
    def shifted(self) -> bool:
        return bool(self.config.right_shift_logits)

    @property
    def pace(self) -> Pace:
        """The pace of dllm's sampler."""
        return _BLOCKS if self.block_size else _FULL


def block_size_of(config_json: Mapping[str, Any], source: object) -> Mapping[str, Any]:
    """The block size that the name of a checkpoint stands for: nothing else tells bd3lm from mdlm."""
    if config_json.get("block_size") is not None:
        return {}
    names = re.findall("bd3lm|mdlm", str(Path(str(source)).absolute()).lower())
    return {"block_size": _TRAINED_BLOCK} if names and names[-1] == "bd3lm" else {}
