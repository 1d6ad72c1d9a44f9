"""Which tokens mean masked, end of text and end of turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llada_tui.models.errors import ModelError

if TYPE_CHECKING:
    from llada_tui.models.tokenizer import Tokenizer

_MASKS = ("<|mdm_mask|>", "<|mask|>", "<[MASK]>", "<|MASK|>", "|<MASK>|")
_TURN_ENDS = ("<|eot_id|>", "<|role_end|>", "<|im_end|>")


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """The special tokens' ids; a checkpoint may have no ends."""

    mask: int
    eos: int | None
    eot: int | None


_PUBLISHED = {
    126_464: SpecialIds(mask=126_336, eos=126_081, eot=126_348),
    155_136: SpecialIds(mask=5, eos=None, eot=None),
    157_184: SpecialIds(mask=156_895, eos=156_892, eot=None),
}
"""By the size of the vocabulary, for copies of the published checkpoints that do not name all of their tokens: the
LLaDA 8B family, iLLaDA, and LLaDA-MoE with LLaDA2."""


def special_ids(
    config: Any, tokenizer: Tokenizer | None, *, mask_id: int | None, eos_id: int | None, eot_id: int | None
) -> SpecialIds:
    """The ids that were given, else the config's, else the tokenizer's, else those of the published vocabularies.

    Raises `ModelError` for an id outside the vocabulary, or when the mask is nowhere named.
    """
    hub = _PUBLISHED.get(config.vocab_size)
    ends = config.eos_token_id
    mask = _first(
        mask_id,
        config.mask_token_id,
        *_named(tokenizer, _MASKS),
        tokenizer and tokenizer.mask_id,
        hub and hub.mask,
    )
    eos = _first(
        eos_id, ends[0] if isinstance(ends, list) and ends else ends, tokenizer and tokenizer.eos_id, hub and hub.eos
    )
    eot = _first(eot_id, *_named(tokenizer, _TURN_ENDS), hub and hub.eot)
    if mask is None:
        raise ModelError(
            "The checkpoint does not name its mask token: write its id into config.json as mask_token_id, or give "
            "load_model a mask_id."
        )
    for name, token in (("mask_id", mask), ("eos_id", eos), ("eot_id", eot)):
        if token is not None and not 0 <= token < id_count(config):
            raise ModelError(f"{name} is {token}, and the model's ids are below {id_count(config)}: give another.")
    return SpecialIds(mask, eos, eot)


def id_count(config: Any) -> int:
    """How many ids a model takes: a mask that is none of its predictions comes after its vocabulary."""
    count: int = config.vocab_size + getattr(config, "extra_ids", 0)
    return count


def _named(tokenizer: Tokenizer | None, names: tuple[str, ...]) -> list[int | None]:
    return [] if tokenizer is None else [tokenizer.id_of(name) for name in names]


def _first(*candidates: object) -> int | None:
    return next((candidate for candidate in candidates if isinstance(candidate, int)), None)
