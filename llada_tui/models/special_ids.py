"""The ids of the tokens for masks, end of text and end of turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llada_tui.models.config_checks import checked_id
from llada_tui.models.errors import ModelError

if TYPE_CHECKING:
    from llada_tui.models.tokenizer import Tokenizer

_MASKS = ("<|mdm_mask|>", "<|mask|>", "<[MASK]>", "<|MASK|>", "|<MASK>|")
_TURN_ENDS = ("<|eot_id|>", "<|role_end|>", "<|im_end|>")
_OTHERS = {"bos": "<|startoftext|>", "start_header": "<|start_header_id|>", "end_header": "<|end_header_id|>"}
"""Special tokens that matter to models which may not predict them."""
NAMES = ("mask", "eos", "eot", *_OTHERS)
"""The names of special tokens here."""


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """The special tokens' ids; a checkpoint may have no ends. ``banned`` are never predicted."""

    mask: int
    eos: int | None
    eot: int | None
    banned: tuple[int, ...] = ()


_PUBLISHED = {
    126_464: SpecialIds(mask=126_336, eos=126_081, eot=126_348),
    155_136: SpecialIds(mask=5, eos=None, eot=None),
    157_184: SpecialIds(mask=156_895, eos=156_892, eot=None),
}
"""By the size of the vocabulary, for copies of the published checkpoints that do not name all of their tokens: the
LLaDA 8B family, iLLaDA, and LLaDA-MoE with LLaDA2."""
_PUBLISHED_OTHERS = {126_464: {"bos": 126_080, "start_header": 126_346, "end_header": 126_347}}


def special_ids(
    config: Any,
    tokenizer: Tokenizer | None,
    by_name: Mapping[str, int | None],
    bans: Sequence[str] = (),
    stops: object = None,
    source: object = "the checkpoint",
) -> SpecialIds:
    """The ids of ``by_name`` (the names are `NAMES`), else the config's, else the tokenizer's, else those of the
    published vocabularies.

    ``stops`` is what generation_config.json ends at: one id or several, of which one that is not the end of text ends a
    turn. ``bans`` names the tokens that are banned, where their ids are known. ``source`` is whose config it is.

    Raises `ModelError` for an id outside the vocabulary, or when the mask is nowhere named.
    """
    unknown = next((name for name in by_name if name not in NAMES), None)
    if unknown is not None:
        raise ModelError(f"There is no special token {unknown!r}: the names are {', '.join(NAMES)}.")
    hub = _PUBLISHED.get(config.vocab_size)

    def configured(name: str) -> int | None:
        """The id of the config, which counts where none is given."""
        field = f"{name}_token_id"
        if by_name.get(name) is not None:
            return None
        return checked_id(field, getattr(config, field), id_count(config), source)

    mask = _first(
        by_name.get("mask"),
        config.vocab_size if getattr(config, "extra_ids", 0) else configured("mask"),
        *_named(tokenizer, _MASKS),
        tokenizer and tokenizer.mask_id,
        hub and hub.mask,
    )
    eos = _first(
        by_name.get("eos"),
        configured("eos"),
        tokenizer and tokenizer.eos_id,
        hub and hub.eos,
    )
    others = [stop for stop in (stops if isinstance(stops, list) else []) if stop != eos and _is_id(stop, config)]
    eot = _first(by_name.get("eot"), *_named(tokenizer, _TURN_ENDS), hub and hub.eot, *others)
    if mask is None:
        raise ModelError(
            "The checkpoint does not name its mask token: write its id into config.json as mask_token_id, or give "
            "load_model a mask_id."
        )
    ids = {"mask": mask, "eos": eos, "eot": eot}
    for name, text in _OTHERS.items():
        published = _PUBLISHED_OTHERS.get(config.vocab_size, {})
        ids[name] = _first(by_name.get(name), *_named(tokenizer, (text,)), published.get(name))
    for name, token in ids.items():
        if token is not None and not 0 <= token < id_count(config):
            raise ModelError(f"{name}_id is {token}, and the model's ids are below {id_count(config)}: give another.")
    banned = [token for name in bans if (token := ids[name]) is not None]
    return SpecialIds(mask, eos, eot, tuple(sorted(set(banned))))


def _is_id(number: object, config: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < id_count(config)


def id_count(config: Any) -> int:
    """The number of ids that a model takes: a mask that is none of its predictions comes after its vocabulary."""
    count: int = config.vocab_size + getattr(config, "extra_ids", 0)
    return count


def _named(tokenizer: Tokenizer | None, names: tuple[str, ...]) -> list[int | None]:
    return [] if tokenizer is None else [tokenizer.id_of(name) for name in names]


def _first(*candidates: object) -> int | None:
    return next((candidate for candidate in candidates if isinstance(candidate, int)), None)
