"""The sampler's settings: one validated definition that the library, the command line, the screen, the worker and the
session files share. Names and defaults are those of the published ``generate.py`` (LLaDA, arXiv 2502.09992)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_type_hints

import msgspec

from llada_tui.picklable import PicklableError

MAX_CANVAS = 32_768
"""Longest canvas, in tokens, that any file, command or knob may ask for."""


NO_CACHE = "none"
"""The cache policy that keeps nothing: what runs have that say nothing else, and what any worker knows."""
FIXED_LENGTH = "fixed"
"""The length policy under which the canvas keeps its length: what runs have that say nothing else."""
PARAMETERS_OF = {"remasking": "remasking_params", "cache": "cache_params", "length": "length_params"}
"""Settings that name a part of the sampler, each with the setting that holds the part's parameters."""


class SettingsError(PicklableError, ValueError):
    """A setting that cannot be used. ``field`` names it; the message is one sentence for the person who set it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Knob:
    """The description of one field of `SamplerSettings` for whoever sets it, wherever that is.

    ``low`` and ``high`` bound it; ``nudge`` is what one press of an arrow key adds; ``usual`` is the value at which a
    bar on the screen is full. ``live`` settings may change between two steps of a run; the others take effect with
    the next run.
    """

    label: str
    help: str
    low: float = 0
    high: float = 0
    nudge: float = 1
    usual: float = 0
    live: bool = False
    shown: bool = True
    choices: tuple[str, ...] = ()
    """The values that a text may have; none where it is a name that the worker alone knows."""
    names: str = ""
    """The kind of thing that such a name stands for."""
    main: bool = False
    """One of the few that the program is about: the screen shows it at every size."""


def _is_number(value: object) -> bool:
    """Whether a value is a number that a float can hold; whole numbers may be larger."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


class SamplerSettings(msgspec.Struct, frozen=True):
    """The settings of the sampler. Raises `SettingsError` when a value cannot be used.

    ``block_length`` above ``gen_length`` means one block; neither ``steps`` nor ``gen_length`` need divide evenly.
    """

    steps: Annotated[
        int,
        Knob(
            "steps",
            "Forward passes for the whole canvas; with masks, steps = canvas is best.",
            1,
            MAX_CANVAS,
            8,
            256,
            main=True,
        ),
    ] = 128
    gen_length: Annotated[
        int,
        Knob(
            "canvas", "Tokens in the answer's canvas, which begins as masks or noise.", 1, MAX_CANVAS, 8, 256, main=True
        ),
    ] = 128
    block_length: Annotated[
        int,
        Knob(
            "block",
            "Tokens a block: blocks are filled left to right, any order within one.",
            1,
            MAX_CANVAS,
            8,
            256,
            main=True,
        ),
    ] = 128
    temperature: Annotated[
        float,
        Knob(
            "temperature",
            "Gumbel noise on the guesses; 0 takes the likeliest token.",
            0,
            10,
            0.1,
            2,
            live=True,
            main=True,
        ),
    ] = 0.0
    top_p: Annotated[
        float,
        Knob(
            "nucleus",
            "With a temperature, draw from the nucleus: the likeliest tokens that make up this much probability.",
            0,
            1,
            0.05,
            1,
            live=True,
        ),
    ] = 1.0
    cfg_scale: Annotated[
        float,
        Knob("guidance", "Classifier-free guidance: 0 is off; doubles the work of a step.", 0, 20, 0.5, 4, live=True),
    ] = 0.0
    remasking: Annotated[
        str,
        Knob(
            "remasking",
            "Which guesses a step keeps; the others are masked again.",
            live=True,
            names="strategy",
            main=True,
        ),
    ] = "low_confidence"
    schedule: Annotated[
        str,
        Knob(
            "schedule",
            "Tokens a step keeps: linear, the same number each; cosine, few at first and many at the end.",
            live=True,
            choices=("linear", "cosine"),
        ),
    ] = "linear"
    cache: Annotated[
        str,
        Knob("cache", "What is kept of keys and values while a block is denoised.", names="cache policy"),
    ] = NO_CACHE
    length: Annotated[
        str,
        Knob("length", "Whether the canvas grows or shrinks while it is written.", names="length policy"),
    ] = FIXED_LENGTH
    logits_eos_inf: Annotated[
        bool, Knob("ban eos", "Never guess end of text (eos), so that the answer fills the canvas.", live=True)
    ] = False
    confidence_eos_eot_inf: Annotated[
        bool, Knob("eos last", "Guess end of text (eos) freely, but keep it after everything else.", live=True)
    ] = False
    early_stop: Annotated[
        bool, Knob("early stop", "Stop once everything up to an end of text (eos) is kept.", live=True)
    ] = False
    seed: Annotated[
        int,
        Knob("seed", "Start of the random numbers; the same seed and settings give the same run.", 0, 2**63 - 1, 1),
    ] = 0
    top_k: Annotated[
        int,
        Knob("alternatives", "Likeliest tokens recorded for each guess (0 records none).", 0, 50, 1, 10, live=True),
    ] = 0
    look_ahead: Annotated[
        bool,
        Knob(
            "look-ahead",
            "Show what is guessed beyond the block too: it costs logits (scores of tokens), changes no token.",
            live=True,
        ),
    ] = False
    recomputed: Annotated[
        bool,
        Knob(
            "recomputed",
            "Record which positions of the canvas each step computes anew, where a cache keeps the others.",
            live=True,
            shown=False,
        ),
    ] = False
    remasking_params: Annotated[
        dict[str, float], Knob("parameters", "Parameters of the remasking strategy.", live=True, shown=False)
    ] = {}
    cache_params: Annotated[
        dict[str, float], Knob("cache parameters", "Parameters of the cache policy.", shown=False)
    ] = {}
    length_params: Annotated[
        dict[str, float], Knob("length parameters", "Parameters of the length policy.", shown=False)
    ] = {}
    reference_numerics: Annotated[
        bool,
        Knob(
            "reference numerics",
            "Take confidence in the model's dtype as the published code does, instead of float32.",
            shown=False,
        ),
    ] = False

    def __post_init__(self) -> None:
        for name in KNOBS:
            check(name, getattr(self, name))
        if self.steps < self.blocks:
            raise SettingsError(
                "steps",
                f"steps must be at least {self.blocks}, one for each block of {self.block_length}, not {self.steps}.",
            )

    @property
    def has_cache(self) -> bool:
        """Whether a cache policy keeps something from step to step; what that is, the policy knows."""
        return self.cache != NO_CACHE

    @property
    def has_fixed_length(self) -> bool:
        """Whether the canvas keeps the length that it begins with."""
        return self.length == FIXED_LENGTH

    @property
    def blocks(self) -> int:
        """The number of blocks of the canvas; the last may be shorter than the others."""
        return len(self.edges()) - 1

    def edges(self, prompt: int = 0, block_size: int = 0) -> list[int]:
        """The positions at which the canvas' blocks begin, and the end of the last one.

        They count from the start of the canvas. Those of a model that has blocks of its own (``block_size``, 0 for
        others) count from the start of the sequence, of which ``prompt`` tokens come before the canvas.
        """
        first = self.block_length - (prompt % self.block_length if block_size else 0)
        return [0, *range(first, self.gen_length, self.block_length), self.gen_length]

    def replace(self, **changes: Any) -> SamplerSettings:
        """A copy with some fields changed, checked again. Raises `SettingsError`."""
        unknown = changes.keys() - KNOBS.keys()
        if unknown:
            raise SettingsError(min(unknown), f"There is no setting named {min(unknown)}.")
        return msgspec.structs.replace(self, **changes)

    def changes_from(self, other: SamplerSettings) -> dict[str, Any]:
        """The fields in which this differs from ``other``, with this one's values."""
        return {name: getattr(self, name) for name in KNOBS if getattr(self, name) != getattr(other, name)}


def check_number(name: str, value: object, low: float, high: float, *, whole: bool) -> None:
    """Raises `SettingsError` if a value is no number, or none of those from ``low`` to ``high``."""
    kind = "a whole number" if whole else "a number"
    if not _is_number(value) or (whole and not isinstance(value, int)):
        raise SettingsError(name, f"{name} must be {kind}, not {brief(value)}.")
    if not low <= value <= high:  # type: ignore[operator]
        raise SettingsError(name, f"{name} must be {kind} {span(low, high)}, not {brief(value)}.")


def brief(value: object) -> str:
    """A value for a sentence about it, cut: a text has no end, a number may have thousands of digits."""
    if isinstance(value, int) and value.bit_length() > 200:
        return f"a number of {value.bit_length():,} bits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def span(low: float, high: float) -> str:
    """Bounds in words: from 0 to 10."""
    return " ".join(f"{word} {int(end) if end == int(end) else end}" for word, end in (("from", low), ("to", high)))


def either(names: Sequence[str]) -> str:
    """Names in words: none, prefix or dual."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def check(name: str, value: object) -> None:
    """Raises `SettingsError` if a setting cannot have a value, whatever the others are."""
    kind, knob = KINDS[name], KNOBS[name]
    if kind is bool:
        if not isinstance(value, bool):
            raise SettingsError(name, f"{name} must be true or false, not {value!r}.")
    elif kind in (int, float):
        check_number(name, value, knob.low, knob.high, whole=kind is int)
    elif knob.choices:
        if value not in knob.choices:
            raise SettingsError(name, f"{name} must be {either(knob.choices)}, not {value!r}.")
    elif kind is str:
        if not isinstance(value, str) or not value.isidentifier() or len(value) > 64:
            raise SettingsError(name, f"{name} must be the name of a {knob.names}, not {value!r}.")
    elif not isinstance(value, dict) or not all(
        isinstance(key, str) and key.isidentifier() and _is_number(number) for key, number in value.items()
    ):
        raise SettingsError(name, f"{name} must give a number for each parameter's name.")


def _collect() -> tuple[dict[str, Knob], dict[str, type]]:
    hints = get_type_hints(SamplerSettings, include_extras=True)
    knobs = {name: get_args(hints[name])[1] for name in SamplerSettings.__struct_fields__}
    kinds = {name: get_args(hints[name])[0] for name in SamplerSettings.__struct_fields__}
    return knobs, kinds


KNOBS: dict[str, Knob]
"""Every setting's name and its description, in the order of the fields."""
KINDS: dict[str, Any]
"""Every setting's name and its type: int, float, bool, str or dict."""
KNOBS, KINDS = _collect()
LIVE = frozenset(name for name, knob in KNOBS.items() if knob.live)
"""Settings that may change between two steps of a run."""
READABLE = frozenset(
    "temperature top_p remasking remasking_params schedule logits_eos_inf confidence_eos_eot_inf early_stop seed top_k "
    "look_ahead recomputed".split()
)
"""The settings that change nothing before the logits: a pass can be read with others of them."""
