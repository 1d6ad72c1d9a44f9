"""The network: a bidirectional Llama, with its parameters named as on the hub.

RMSNorm, half-split rotary positions in float32, SwiGLU, no biases, no causal mask (LLaDA, arXiv 2502.09992, section 2).
The head shares the embedding's weights.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.settings import ModelSettings

KeysValues = tuple[Tensor, Tensor]


class RMSNorm(nn.Module):
    """Root-mean-square norm (arXiv 1910.07467)."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) -> (..., width)."""
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.eps)


def rotary_tables(longest: int, head: int, theta: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines, each (longest, head), of rotary positions (arXiv 2104.09864)."""
    frequencies = theta ** (-torch.arange(0, head, 2).float() / head)
    angles = torch.outer(torch.arange(longest).float(), frequencies)
    angles = torch.cat([angles, angles], dim=-1)
    return angles.cos(), angles.sin()


def rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Half-split rotation of (batch, heads, length, head), in float32."""
    wide = x.float()
    left, right = wide.chunk(2, dim=-1)
    return (wide * cos + torch.cat([-right, left], dim=-1) * sin).to(x.dtype)


class Block(nn.Module):
    """Attention and feed-forward, each behind a norm and added to the stream."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        width, inner = settings.width, settings.feed_forward
        self.heads = settings.heads
        self.attn_norm = RMSNorm(width, settings.norm_eps)
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width, bias=False)
        self.attn_out = nn.Linear(width, width, bias=False)
        self.ff_norm = RMSNorm(width, settings.norm_eps)
        self.ff_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.ff_out = nn.Linear(inner, width, bias=False)

    def attend(
        self, x: Tensor, cos: Tensor, sin: Tensor, keep: Tensor | None, before: KeysValues | None
    ) -> tuple[Tensor, KeysValues]:
        """(batch, length, width) -> the same, and the keys and values of x.

        `before` are keys and values, (batch, heads, cached, head), in front of those of x, attended to as well;
        `keep` (batch, 1, 1, cached + length) is False for keys to be ignored.
        """
        batch, length, width = x.shape
        heads = (batch, length, self.heads, width // self.heads)
        q, k, v = (proj(x).view(heads).transpose(1, 2) for proj in (self.q_proj, self.k_proj, self.v_proj))
        q, k = rotated(q, cos, sin), rotated(k, cos, sin)
        keys_values = (k, v)
        if before is not None:
            k, v = torch.cat([before[0], k], dim=2), torch.cat([before[1], v], dim=2)
        if x.is_cuda:
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=keep)
        else:  # on CPU the backward pass of SDPA is slower than this at the lengths of the corpus
            scores = (q @ k.transpose(-1, -2)).float() * (q.shape[-1] ** -0.5)
            if keep is not None:
                scores = scores.masked_fill(~keep, -torch.inf)
            mixed = torch.softmax(scores, dim=-1).to(v.dtype) @ v
        out: Tensor = self.attn_out(mixed.transpose(1, 2).reshape(batch, length, width))
        return out, keys_values

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, keep: Tensor | None, before: KeysValues | None = None
    ) -> tuple[Tensor, KeysValues]:
        """(batch, length, width) -> the same, and the keys and values of x."""
        attended, keys_values = self.attend(self.attn_norm(x), cos, sin, keep, before)
        x = x + attended
        normed = self.ff_norm(x)
        x = x + self.ff_out(F.silu(self.ff_proj(normed)) * self.up_proj(normed))
        return x, keys_values


class Network(nn.Module):
    """Token ids to hidden states to logits."""

    cos: Tensor
    sin: Tensor

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        self.settings = settings
        self.wte = nn.Embedding(settings.vocabulary, settings.width)
        self.blocks = nn.ModuleList(Block(settings) for _ in range(settings.layers))
        self.ln_f = RMSNorm(settings.width, settings.norm_eps)
        cos, sin = rotary_tables(settings.longest, settings.width // settings.heads, settings.rope_theta)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.initialize()

    def initialize(self) -> None:
        """Normal weights of 1/sqrt(width); those that write into the stream are divided by sqrt(2 x layers)."""
        std = 1 / math.sqrt(self.settings.width)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                writes = name.endswith(("attn_out.weight", "ff_out.weight"))
                nn.init.normal_(parameter, 0.0, std / math.sqrt(2 * self.settings.layers) if writes else std)

    def states(
        self,
        ids: Tensor,
        keep: Tensor | None = None,
        positions: Tensor | None = None,
        before: list[KeysValues] | None = None,
    ) -> tuple[Tensor, list[KeysValues]]:
        """(batch, length) ids -> (batch, length, width), and each block's keys and values.

        `positions` (batch, length) are the places of the ids, 0 to length - 1 unless given; `before` are the keys and
        values that an earlier pass left, attended to as well where `keep` allows.
        """
        x = self.wte(ids)
        if torch.is_autocast_enabled(ids.device.type):
            x = x.to(torch.get_autocast_dtype(ids.device.type))
        if positions is None:
            cos, sin = self.cos[: ids.shape[1]], self.sin[: ids.shape[1]]
        else:
            cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        left: list[KeysValues] = []
        for index, block in enumerate(self.blocks):
            x, keys_values = block(x, cos, sin, keep, before[index] if before else None)
            left.append(keys_values)
        return self.ln_f(x), left

    def hidden(self, ids: Tensor, keep: Tensor | None = None) -> Tensor:
        """(batch, length) ids -> (batch, length, width)."""
        return self.states(ids, keep)[0]

    def head(self, hidden: Tensor) -> Tensor:
        """(..., width) -> (..., vocabulary)."""
        return F.linear(hidden, self.wte.weight)

    def forward(self, ids: Tensor, keep: Tensor | None = None) -> Tensor:
        """(batch, length) ids -> (batch, length, vocabulary) logits."""
        return self.head(self.hidden(ids, keep))
