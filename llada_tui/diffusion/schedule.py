"""How the canvas is cut into blocks, how many steps each gets, and how many tokens a step commits."""

from __future__ import annotations

from dataclasses import dataclass

from llada_tui.trace.settings import SamplerSettings


@dataclass(frozen=True, slots=True)
class Block:
    """Canvas positions ``begin`` up to ``end`` (not included), denoised in ``steps`` steps."""

    begin: int
    end: int
    steps: int


def blocks(settings: SamplerSettings) -> list[Block]:
    """The blocks, left to right: the last may be shorter, and the steps left over go to the first ones.

    Where the published sampler is defined (everything divides evenly) these are its blocks and steps.
    """
    each, spare = divmod(settings.steps, settings.blocks)
    return [
        Block(
            index * settings.block_length,
            min((index + 1) * settings.block_length, settings.gen_length),
            each + (index < spare),
        )
        for index in range(settings.blocks)
    ]


def quota(masks: int, steps_left: int) -> int:
    """Tokens to commit in the next of ``steps_left`` steps, of ``masks`` that are left.

    Published (LLaDA, arXiv 2502.09992, ``get_num_transfer_tokens``): of m masks and s steps each step commits m // s,
    the first m % s steps one more. Taking the ceiling of what is left gives the same numbers, needs no memory of the
    steps before, and leaves no step that commits nothing.
    """
    return -(-masks // max(1, steps_left))
