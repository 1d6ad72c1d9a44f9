"""Uniform noise: a random token takes the place of a learnt one, where a mask would; the network names the token that
belongs at each learnt position, replaced or not.

The forward process is that of UDLM (arXiv 2412.10193): a position keeps its token with probability 1 - t. The loss is
the plain cross-entropy, without the weights of the bound. DiffusionGemma's canvas has this kind of noise.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from training.masking import stratified_times
from training.tokenizer import SPECIAL_TOKENS, Vocabulary


def noise_tokens(vocabulary: Vocabulary) -> Tensor:
    """The ids that noise is drawn from, (tokens,): ordinary ones and the two ends, no other special token."""
    special = {vocabulary.tokenizer.token_to_id(token) for token in SPECIAL_TOKENS} - {vocabulary.eot, vocabulary.eos}
    return torch.tensor([token for token in range(vocabulary.tokenizer.get_vocab_size()) if token not in special])


def noised(ids: Tensor, learnt: Tensor, tokens: Tensor, generator: torch.Generator) -> Tensor:
    """The ids, each learnt one replaced by one of `tokens` with its row's probability t; everything is on the CPU.

    ids, learnt: (rows, length). Returns (rows, length).
    """
    times = stratified_times(ids.shape[0], generator)
    replaced = (torch.rand(ids.shape, generator=generator) < times[:, None]) & learnt
    drawn = tokens[torch.randint(len(tokens), ids.shape, generator=generator)]
    return torch.where(replaced, drawn, ids)


def uniform_loss(logits: Tensor, ids: Tensor, learnt: Tensor) -> Tensor:
    """The mean over rows of the mean cross-entropy of a row's learnt positions; `logits` are (learnt, vocabulary)."""
    losses = F.cross_entropy(logits.float(), ids[learnt], reduction="none")
    return (losses / learnt.sum(1)[learnt.nonzero()[:, 0]]).sum() / ids.shape[0]
