"""Options that several commands share. Those of the sampler come from the settings' own descriptions."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from llada_tui.cli.output import USAGE, CommandError
from llada_tui.diffusion import caches, lengths, strategies
from llada_tui.diffusion.sampler_part import SamplerPart
from llada_tui.server_address import NO_TOKEN, is_token
from llada_tui.settings.presets import PRESETS, Preset
from llada_tui.settings.sampler_settings import (
    KINDS,
    KNOBS,
    PARAMETERS_OF,
    SettingsError,
    check,
    check_number,
    either,
    span,
)

Model = Annotated[
    str | None,
    typer.Option(
        help="demo, a folder, or a checkpoint's id on the Hugging Face hub (see: llada-tui models).", metavar="MODEL"
    ),
]
DType = Annotated[str, typer.Option(help="Type of the weights: auto, bfloat16, float16 or float32.", metavar="DTYPE")]
Device = Annotated[str, typer.Option(help="auto, cuda, cuda:1, mps or cpu.", metavar="DEVICE")]
Quantization = Annotated[
    str | None, typer.Option(help="nf4 (4-bit) or int8: less memory, for a GPU with little.", metavar="NAME")
]
Force = Annotated[bool, typer.Option("--force", help="Load the model even where it seems not to fit the memory.")]
Compile = Annotated[
    bool,
    typer.Option(
        "--compile",
        help="Compile the steps with a dual cache (torch.compile; CUDA graphs on a GPU): a wait at first, then faster.",
    ),
]
RawTokens = Annotated[
    bool,
    typer.Option(
        "--raw-tokens", help="Read special tokens in what is asked, such as <|eot_id|>; else they are plain text."
    ),
]
Images = Annotated[
    list[Path] | None,
    typer.Option(
        "--image",
        help="A picture that the prompt is about, for a model that sees; given again, another. It stands where the "
        "prompt says <image>, else before it.",
        metavar="FILE",
    ),
]
LinkImages = Annotated[
    bool,
    typer.Option("--link-images", help="Sessions link to the pictures' files instead of holding the pictures."),
]
Stop = Annotated[
    list[str] | None,
    typer.Option(
        "--stop",
        help="The answer ends before this text, wherever it begins, or special token such as <|eot_id|>.",
        metavar="TEXT",
    ),
]
Suffix = Annotated[
    str | None,
    typer.Option("--suffix", help="A text after the canvas, for models that see both ways.", metavar="TEXT"),
]
Worker = Annotated[
    str | None,
    typer.Option(
        help='Command that starts the worker elsewhere, as in "ssh box llada-tui worker"; or the address of a server, '
        "as in http://box:8000 (llada-tui serve).",
        metavar="COMMAND",
    ),
]
SessionFile = Annotated[
    Path | None, typer.Argument(help="A recorded session; the latest where none is named.", metavar="[FILE]")
]
Present = Annotated[bool, typer.Option("--present", help="For a class: words in large letters, and little else.")]
Share = Annotated[bool, typer.Option("--share", help="Let others follow it, in terminals of their own.")]
ShareName = Annotated[str | None, typer.Option("--share-name", help="Name by which others follow it.", metavar="NAME")]
ShareAt = Annotated[
    str | None,
    typer.Option(
        "--share-at",
        help="Where others follow it: the address of a server, as in http://box:8000, or of this machine, as in "
        "0.0.0.0:8001; by itself the server of --worker, else 127.0.0.1.",
        metavar="ADDRESS",
    ),
]
WhichRun = Annotated[
    str | None,
    typer.Option(
        "--run",
        help="Which run: its number, counted from 1, its name or its id; the last where none is named.",
        metavar="RUN",
    ),
]


def number(
    flag: str, help: str, low: float, high: float, *, whole: bool = True, check: Callable[[object], None] | None = None
) -> Any:
    """An option that is a number from ``low`` to ``high``; what is none is told as the screen and the library do."""

    def read(text: object) -> Any:
        value = _number(str(text), whole=whole)
        try:
            check(value) if check is not None else check_number(flag, value, low, high, whole=whole)
        except SettingsError as error:
            raise CommandError(str(error), USAGE) from None
        return value

    words = f"{help.rstrip('.')} ({span(low, high).removeprefix('from ')})."
    return typer.Option(flag, help=words, parser=read, metavar="NUMBER")


def setting(name: str) -> Any:
    """A sampler setting that is a number, as an option of a command that has only a few of them."""
    knob, whole = KNOBS[name], KINDS[name] is int
    flag, checked = f"--{name.replace('_', '-')}", functools.partial(check, name)
    return number(flag, knob.help, knob.low, knob.high, whole=whole, check=checked)


def _number(text: str, *, whole: bool) -> object:
    """The number that a text is; the text itself if it is none."""
    try:
        return int(text) if whole else float(text)
    except ValueError:
        return text


def _preset(name: str | None) -> Preset | None:
    if name is None:
        return None
    for preset in PRESETS:
        if name.casefold() in (preset.name.casefold(), preset.name.casefold().removeprefix("authors: ")):
            return preset
    names = ", ".join(preset.name for preset in PRESETS)
    raise typer.BadParameter(f"there is no preset {name!r}; there are {names}.", param_hint="--preset")


def _parameters(flag: str, pairs: list[str]) -> dict[str, float] | None:
    values = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        number = _number(value, whole=False)
        if not name.strip().isidentifier() or not isinstance(number, float) or not isfinite(number):
            raise typer.BadParameter(f"{pair!r} is not of the form name=number.", param_hint=flag)
        values[name.strip()] = number
    return values or None


_PARTS: dict[str, Callable[[], Mapping[str, type[SamplerPart]]]] = {
    "remasking": strategies.by_name,
    "cache": caches.by_name,
    "length": lengths.by_name,
}
"""Settings that name a part of the sampler, each with what there is."""
_FLAGS = {
    PARAMETERS_OF["remasking"]: "--param",
    PARAMETERS_OF["cache"]: "--cache-param",
    PARAMETERS_OF["length"]: "--length-param",
}
"""The options that set the parts' parameters."""


def _parameters_of_all(setting: str) -> str:
    """The parameters of all parts that a setting can name, and their defaults; last those that every part takes."""
    kinds = _PARTS[setting]()
    each = {name: _with_defaults(kind, shown=True) for name, kind in kinds.items()}
    each["all of them"] = next((words for kind in kinds.values() if (words := _with_defaults(kind, shown=False))), "")
    return "; ".join(f"{name}: {words}" for name, words in each.items() if words) or "None of them has any"


def _with_defaults(kind: type[SamplerPart], *, shown: bool) -> str:
    parameters = (parameter for parameter in kind.parameters if parameter.shown is shown)
    return ", ".join(f"{parameter.name}={parameter.default:g}" for parameter in parameters)


def _option(name: str) -> Any:
    """A setting as a command's parameter: None where it was not named."""
    knob, kind = KNOBS[name], KINDS[name]
    flag = f"--{name.replace('_', '-')}"
    if kind is bool:
        return Annotated[bool | None, typer.Option(f"{flag}/--no-{flag[2:]}", help=knob.help)]
    if kind in (int, float):
        return Annotated[kind | None, setting(name)]
    if knob.choices:
        help = f"{knob.help.rstrip('.')} ({either(knob.choices)})."
        return Annotated[
            str | None, typer.Option(flag, help=help, autocompletion=lambda: [*knob.choices], metavar="NAME")
        ]
    if kind is str:
        parts = _PARTS[name]
        exact = {part: " (exact)" for part, kind in caches.by_name().items() if kind.exact} if name == "cache" else {}
        help = f"{knob.help.rstrip('.')}: {', '.join(part + exact.get(part, '') for part in parts())}."
        return Annotated[str | None, typer.Option(flag, help=help, autocompletion=lambda: [*parts()], metavar="NAME")]
    part = next(part for part, holder in PARAMETERS_OF.items() if holder == name)
    help = f"{knob.help.rstrip('.')}: name=number; may be repeated. {_parameters_of_all(part)}."
    return Annotated[list[str] | None, typer.Option(_FLAGS[name], help=help, metavar="NAME=NUMBER")]


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command an option for each sampler setting, and --preset.

    It is called with ``settings``, a dict of those that were named, and ``preset`` instead.
    """
    presets = Annotated[
        str | None,
        typer.Option(
            "--preset",
            help=f"Settings to start from: {'; '.join(preset.name for preset in PRESETS)}.",
            autocompletion=lambda: [preset.name for preset in PRESETS],
            metavar="NAME",
        ),
    ]

    @functools.wraps(command)
    def wrapped(**values: Any) -> Any:
        return command(**{**values, "preset": _preset(values["preset"])})

    signature = inspect.signature(command, eval_str=True)
    parameters = [parameter for name, parameter in signature.parameters.items() if name != "preset"]
    preset = inspect.Parameter("preset", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=presets)
    wrapped.__signature__ = signature.replace(parameters=[*parameters, preset])  # type: ignore[attr-defined]
    return with_sampler_settings(wrapped)


def with_sampler_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command an option for each sampler setting. It is called with ``settings``, a dict of those that were
    named."""
    signature = inspect.signature(command, eval_str=True)

    @functools.wraps(command)
    def wrapped(**values: Any) -> Any:
        named = {name: values.pop(name) for name in KNOBS}
        for name, flag in _FLAGS.items():
            named[name] = named[name] and _parameters(flag, named[name])
        named = {name: value for name, value in named.items() if value is not None}
        for name, value in named.items():
            check(name, value)
        return command(**values, settings=named)

    unshared = [parameter for name, parameter in signature.parameters.items() if name != "settings"]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_option(name))
        for name in KNOBS
    ]
    wrapped.__signature__ = signature.replace(parameters=[*unshared, *more])  # type: ignore[attr-defined]
    return wrapped


def checked_token(token: str | None) -> str | None:
    """The token of a server, as it is sent. Raises `CommandError`."""
    if token is None or is_token(token.strip()):
        return token and token.strip()
    raise CommandError(NO_TOKEN if token.strip() else "The token is empty.", USAGE)
