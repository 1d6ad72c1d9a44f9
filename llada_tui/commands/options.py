"""Options that several commands share. Those of the sampler come from the settings' own descriptions."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from llada_tui.diffusion.strategies import known
from llada_tui.trace.presets import PRESETS, Preset
from llada_tui.trace.settings import KINDS, KNOBS, check

Model = Annotated[
    str | None,
    typer.Option(help="demo, a folder, or a checkpoint's id on the Hugging Face hub (see: llada-tui models)."),
]
DType = Annotated[str, typer.Option(help="Type of the weights: auto, bfloat16, float16 or float32.")]
Device = Annotated[str, typer.Option(help="auto, cuda, cuda:1, mps or cpu.")]
Quantization = Annotated[str | None, typer.Option(help="nf4 (4-bit) or int8: less memory, for a GPU with little.")]
Force = Annotated[bool, typer.Option("--force", help="Load the model even where it seems not to fit the memory.")]
Compile = Annotated[
    bool,
    typer.Option(
        "--compile",
        help="Compile the steps with a dual cache (torch.compile; CUDA graphs on a GPU): a wait at first, then faster.",
    ),
]
Worker = Annotated[
    str | None,
    typer.Option(help='Command that starts the worker elsewhere, as in "ssh box llada-tui worker".', metavar="COMMAND"),
]
SessionFile = Annotated[Path | None, typer.Argument(help="A recorded session; the latest where none is named.")]
WhichRun = Annotated[
    str | None,
    typer.Option(
        "--run", help="Which run: its number, counted from 1, its name or its id; the last where none is named."
    ),
]


def _preset(name: str | None) -> Preset | None:
    if name is None:
        return None
    for preset in PRESETS:
        if name.casefold() in (preset.name.casefold(), preset.name.casefold().removeprefix("authors: ")):
            return preset
    names = ", ".join(preset.name for preset in PRESETS)
    raise typer.BadParameter(f"there is no preset {name!r}; there are {names}.", param_hint="--preset")


def _parameters(pairs: list[str]) -> dict[str, float] | None:
    values = {}
    for pair in pairs:
        name, _, number = pair.partition("=")
        try:
            values[name.strip()] = float(number)
        except ValueError:
            raise typer.BadParameter(f"{pair!r} is not of the form name=number.", param_hint="--param") from None
    return values or None


def _parameters_of_all() -> str:
    """Every strategy's parameters and their defaults."""
    own = {name: ", ".join(f"{one.name}={one.default:g}" for one in kind.parameters) for name, kind in known().items()}
    return "; ".join(f"{name}: {words}" for name, words in own.items() if words) + "."


def _option(name: str) -> Any:
    """A setting as a command's parameter: None where it was not named."""
    knob, kind = KNOBS[name], KINDS[name]
    flag = f"--{name.replace('_', '-')}"
    if kind is bool:
        return Annotated[bool | None, typer.Option(f"{flag}/--no-{flag[2:]}", help=knob.help)]
    if kind in (int, float):
        help = f"{knob.help.rstrip('.')} ({knob.low:g} to {knob.high:g})."
        return Annotated[kind | None, typer.Option(flag, help=help)]
    if knob.choices:
        help = f"{knob.help.rstrip('.')} ({', '.join(knob.choices)})."
        return Annotated[
            str | None, typer.Option(flag, help=help, autocompletion=lambda: [*knob.choices], metavar="NAME")
        ]
    if kind is str:
        help = f"{knob.help.rstrip('.')}: {', '.join(known())}."
        return Annotated[str | None, typer.Option(flag, help=help, autocompletion=lambda: [*known()], metavar="NAME")]
    help = f"{knob.help.rstrip('.')}: name=number; may be repeated. {_parameters_of_all()}"
    return Annotated[list[str] | None, typer.Option("--param", help=help, metavar="NAME=NUMBER")]


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command an option for each sampler setting, and --preset.

    It is called with ``settings``, a dict of those that were named, and ``preset`` instead.
    """
    own = inspect.signature(command, eval_str=True)
    presets = Annotated[
        str | None,
        typer.Option(
            "--preset",
            help=f"Settings to start from: {'; '.join(preset.name for preset in PRESETS)}.",
            autocompletion=lambda: [preset.name for preset in PRESETS],
        ),
    ]

    @functools.wraps(command)
    def wrapped(**values: Any) -> Any:
        values["preset"] = _preset(values["preset"])
        named = {name: values.pop(name) for name in KNOBS}
        named = {name: _parameters(value) if isinstance(value, list) else value for name, value in named.items()}
        named = {name: value for name, value in named.items() if value is not None}
        for name, value in named.items():
            check(name, value)
        return command(**values, settings=named)

    kept = [parameter for name, parameter in own.parameters.items() if name not in ("settings", "preset")]
    kinds = {"preset": presets, **{name: _option(name) for name in KNOBS}}
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in kinds.items()
    ]
    wrapped.__signature__ = own.replace(parameters=[*kept, *more])  # type: ignore[attr-defined]
    return wrapped
