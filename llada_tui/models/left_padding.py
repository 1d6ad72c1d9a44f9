"""Prompts of different lengths as the rows of one batch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from llada_tui.models.loaded_model import LoadedModel


def left_padded(
    model: LoadedModel, prompts: Sequence[Sequence[int]], masks: int, suffix: Sequence[int] = ()
) -> tuple[Tensor, Tensor | None]:
    """Each prompt, a canvas of so many ``masks`` and the suffix, and where they are: long, both (batch, length).

    Shorter prompts are padded on the left, where the second tensor, the attention mask, is 0; it is None where all are
    of one length. The canvas begins behind the longest prompt.
    """
    length = max(map(len, prompts), default=0)
    padding = model.mask_id if model.eos_id is None else model.eos_id
    sequences = torch.full((len(prompts), length + masks + len(suffix)), model.mask_id)
    sequences[:, length + masks :] = torch.tensor([*suffix], dtype=torch.long)
    attention_mask = torch.ones_like(sequences)
    for index, prompt in enumerate(prompts):
        before = length - len(prompt)
        sequences[index, :before] = padding
        sequences[index, before:length] = torch.tensor([*prompt], dtype=torch.long)
        attention_mask[index, :before] = 0
    return sequences, attention_mask if bool((attention_mask == 0).any()) else None
