"""The checkpoint that a run used, as events and workers tell of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.bounds import Count, TokenId

MASK_NOISE, UNIFORM_NOISE = "mask", "uniform"
"""The kinds of noise that a model may be trained with: the mask, and random tokens."""


class ModelInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """The checkpoint that a run used, and how it was loaded."""

    id: str
    family: str
    dtype: str
    device: str
    mask_id: TokenId
    eos_id: TokenId | None = None
    eot_id: TokenId | None = None
    quantization: str | None = None
    parameters: Count = 0
    context: Count = 0
    """Longest prompt plus canvas, in tokens; 0 where the checkpoint does not say."""
    chat: bool = False
    """Whether the checkpoint has a chat template; without one it continues raw text."""
    vocab_size: Count = 0
    demo: bool = False
    block_size: Count = 0
    """Tokens a block of a model whose attention is causal over blocks; 0 where every position sees every other."""
    blocks_from_canvas: bool = False
    """Whether its blocks count from where the canvas begins; else from the sequence's first token."""
    blocks_as_set: bool = False
    """Whether the blocks of its attention are as long as those of the settings, whatever it was trained with."""
    first_alone: bool = False
    """Whether the first token of each of its blocks is written by itself, before the others."""
    end_text: str = ""
    """The words with which a turn ends, where no token does it."""
    earlier_rounds: Count = 0
    """Rounds before a question, at most, in the conversations that it was trained on; 0 where its config.json says
    nothing."""
    banned_ids: list[TokenId] = []
    """Tokens that the model is never let predict, besides what the settings say."""
    sees: bool = False
    """Whether its prompts may hold pictures."""
    noises: list[str] = []
    """The kinds of noise that it was trained with; none for masks alone."""

    def knows_noise(self, kind: str) -> bool:
        """Whether it was trained with a kind of noise."""
        return kind in (self.noises or (MASK_NOISE,))

    def first_end(self, tokens: Sequence[int | None]) -> int:
        """The index of the first end of text or of turn among tokens; how many they are where there is none."""
        return next((at for at, token in enumerate(tokens) if self.is_end(token)), len(tokens))

    def before_end(self, text: str) -> str:
        """A text up to the words that end a turn, where no token does."""
        return text.partition(self.end_text)[0] if self.end_text else text

    def edges(self, settings: SamplerSettings, prompt: int) -> list[int]:
        """The positions at which the canvas' blocks begin after a prompt of ``prompt`` tokens, and the end of the last
        one."""
        if self.block_size == 1:
            return [*range(settings.gen_length + 1)]
        edges = settings.edges(prompt, 0 if self.blocks_from_canvas else self.block_size)
        if not self.first_alone:
            return edges
        firsts = range(-prompt % self.block_size, settings.gen_length, self.block_size)
        return sorted({*edges, *(first + 1 for first in firsts if first < settings.gen_length)})

    def is_end(self, token: int | None) -> bool:
        """Whether a token is the end of text or of turn; a mask (None) is not."""
        return token is not None and token in (self.eos_id, self.eot_id)
