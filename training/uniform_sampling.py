"""The entropy-bound sampler for networks that have learnt uniform noise, as DiffusionGemma's: the canvas begins as
random tokens, and what is not accepted in a step becomes random again.

It is batched, for evaluation, as `training.sampling` is, and takes the most probable tokens.
"""

import torch
from torch import Tensor

from training.model import Network
from training.tokenizer import Vocabulary
from training.uniform_noise import noise_tokens

BOUND = 0.1
COLDEST, WARMEST = 0.4, 0.8
STILL = 0.005


def accepted(entropy: Tensor) -> Tensor:
    """The positions that a step takes: those of lowest entropy, as long as the entropies before add up to BOUND nats.

    entropy: (rows, canvas), in nats. Returns bool, the same shape; every row has one position at least.
    """
    ascending, order = entropy.sort(1)
    within = ascending.cumsum(1) - ascending <= BOUND
    return torch.zeros_like(within).scatter(1, order, within)


@torch.no_grad()
def sample_uniform(
    network: Network, vocabulary: Vocabulary, prompts: list[list[int]], length: int, steps: int, seed: int
) -> list[list[int]]:
    """The canvas of each prompt, of `length` tokens, after at most `steps` steps.

    A row ends when its most probable tokens are those of the step before and its mean entropy is below STILL nats.
    """
    device = network.wte.weight.device
    generator = torch.Generator().manual_seed(seed)
    tokens = noise_tokens(vocabulary)
    starts = torch.tensor([len(prompt) for prompt in prompts], device=device)
    total = int(starts.max()) + length
    where = starts[:, None] + torch.arange(length, device=device)
    keep = (torch.arange(total, device=device) < (starts + length)[:, None])[:, None, None, :]
    ids = torch.full((len(prompts), total), vocabulary.eos, device=device)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = torch.tensor(prompt, device=device)
    banned = torch.ones(network.settings.vocabulary, dtype=torch.bool, device=device)
    banned[tokens] = False
    canvas = tokens[torch.randint(len(tokens), where.shape, generator=generator)].to(device)
    best = torch.full_like(canvas, -1)
    live = torch.arange(len(prompts), device=device)
    for step in range(steps):
        ids[live] = ids[live].scatter(1, where[live], canvas[live])
        with torch.autocast(device.type, torch.bfloat16):
            hidden = network.hidden(ids[live], keep[live])
            hidden = hidden.gather(1, where[live][:, :, None].expand(-1, -1, hidden.shape[-1]))
            logits = network.head(hidden).float().masked_fill(banned, -torch.inf)
        temperature = COLDEST + (WARMEST - COLDEST) * (steps - step) / steps
        logarithms = (logits / temperature).log_softmax(-1)
        entropy = -(logarithms.exp() * logarithms.masked_fill(banned, 0)).sum(-1)
        predicted = logits.argmax(-1)
        noise = tokens[torch.randint(len(tokens), where.shape, generator=generator)].to(device)
        canvas[live] = torch.where(accepted(entropy), predicted, noise[live])
        ended = (predicted == best[live]).all(1) & (entropy.mean(1) < STILL)
        best[live] = predicted
        live = live[~ended]
        if not len(live):
            break
    result: list[list[int]] = best.tolist()
    return result
