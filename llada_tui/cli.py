"""The command line: which commands there are, their options and their words. What they do is in `llada_tui.commands`.

Commands import what they need when they run, so that ``llada-tui --version`` is immediate.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from llada_tui import __version__
from llada_tui.commands import options
from llada_tui.commands.output import FAILED, INTERRUPTED, USAGE, CommandError, warn
from llada_tui.trace.presets import Preset
from llada_tui.trace.settings import SettingsError

_OWN = ("--version", "-V", "--help", "-h", "--install-completion", "--show-completion")
"""Options of the program itself; other options without a command are the chat's."""
TRACEBACK = "LLADA_TUI_TRACEBACK"
"""Environment variable: with any value, what fails unexpectedly shows where."""

app = typer.Typer(
    name="llada-tui",
    help="Watch a diffusion language model write: LLaDA in your terminal, every denoising step live.",
    epilog="Without a command it opens the chat. Exit codes: 0 done, 1 failed, 2 used wrongly, 130 interrupted.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"llada-tui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Print the version and leave.", callback=_version, is_eager=True)
    ] = False,
) -> int | None:
    if context.invoked_subcommand is None:
        from llada_tui.commands.screen import chat

        return chat()
    return None


@app.command()
@options.with_settings
def chat(
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    compile: options.Compile = False,
    worker: options.Worker = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with a recorded session.", metavar="FILE")] = None,
    theme: Annotated[str | None, typer.Option(help="Colours, by name; the command palette lists them.")] = None,
    settings: dict[str, Any] | None = None,
    preset: Preset | None = None,
) -> int:
    """Chat, and watch every step of the answers. Settings named here are what the chat starts from."""
    from llada_tui.commands import screen

    return screen.chat(
        model=model,
        dtype=dtype,
        device=device,
        quantization=quantization,
        force=force,
        compile=compile,
        worker=worker,
        resume=resume,
        theme=theme,
        settings=settings or {},
        preset=preset,
    )


@app.command()
def replay(
    file: options.SessionFile = None,
    step: Annotated[int | None, typer.Option(help="Steps made; the last where none is named.", min=0)] = None,
    text: Annotated[bool, typer.Option("--text", help="Print the canvas at that step and leave.")] = False,
    run: options.WhichRun = None,
) -> int:
    """Show a recorded session again, step by step. Needs no model."""
    from llada_tui.commands import screen

    return screen.replay(file, step=step, text=text, wanted=run)


@app.command()
def export(
    file: options.SessionFile = None,
    format: Annotated[
        str | None,
        typer.Option(help="svg, gif, html, cast (asciicast) or md; by the ending of --out where none is named."),
    ] = None,
    run: options.WhichRun = None,
    steps: Annotated[
        str | None, typer.Option(help="One step, or the first and the last: 12, 5..20, 5.. or ..20.", metavar="A..B")
    ] = None,
    speed: Annotated[float, typer.Option(help="Pace of what moves: 2 is twice as fast.", min=0.05, max=100)] = 1.0,
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write; here, by the session's name, where none is named.", metavar="FILE"),
    ] = None,
    theme: Annotated[str | None, typer.Option(help="Colours, by name: dark, light, contrast, ...")] = None,
    width: Annotated[int, typer.Option(help="Columns.", min=40, max=400)] = 100,
    font: Annotated[
        Path | None, typer.Option(help="For gif: a font file with the characters that ours lacks.", metavar="FILE")
    ] = None,
) -> int:
    """Turn a recorded run into a picture, an animation, a page, a terminal recording or a document."""
    from llada_tui.commands.export import Request
    from llada_tui.commands.export import run as write

    return write(Request(file, format, run, steps, speed, out, theme, width, font))


@app.command()
@options.with_settings
def generate(
    prompt: Annotated[str, typer.Argument(help="What to ask; - reads it from the standard input.")],
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    compile: options.Compile = False,
    worker: options.Worker = None,
    system: Annotated[str | None, typer.Option(help="A system prompt.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with everything.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Print each step as a line, for screen readers and pipes.")
    ] = False,
    record: Annotated[
        Path | None, typer.Option(help="Record into this session file, new or not.", metavar="FILE")
    ] = None,
    settings: dict[str, Any] | None = None,
    preset: Preset | None = None,
) -> int:
    """Answer one prompt and print the answer."""
    from llada_tui.commands.generate import Format, Request, run
    from llada_tui.worker.protocol import Load

    if as_json and plain:
        raise CommandError("--json and --plain exclude each other.", USAGE)
    request = Request(
        prompt=prompt,
        load=Load(model or "", dtype, device, quantization, force=force, compile=compile),
        worker=worker,
        system=system,
        settings=settings or {},
        preset=preset,
        format=Format.JSON if as_json else Format.PLAIN if plain else Format.TEXT,
        record=record,
    )
    return run(request)


@app.command()
@options.with_settings
def compare(
    prompt: Annotated[str, typer.Argument(help="What to ask in every lane; - reads it from the standard input.")],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            help="A setting, or a parameter of a strategy, and its values: steps=16,32. Given again, every combination "
            "of the values is a lane. On the screen model=A,B too.",
            metavar="NAME=A,B",
        ),
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="The same as --vary seed=: as in 1,2,3.", metavar="A,B")] = None,
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    system: Annotated[str | None, typer.Option(help="A system prompt.")] = None,
    apart: Annotated[
        bool,
        typer.Option("--apart", help="Run the lanes one after another: each has its own time, and less memory does."),
    ] = False,
    likelihood: Annotated[
        bool,
        typer.Option(
            "--likelihood/--no-likelihood", help="Tell how likely the model finds each answer, which costs passes."
        ),
    ] = True,
    mc_num: Annotated[int, typer.Option(help="Passes for a likelihood.", min=1, max=1_000_000)] = 128,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with everything.")] = False,
    record: Annotated[
        Path | None, typer.Option(help="Record the lanes into this session file, new or not.", metavar="FILE")
    ] = None,
    screen: Annotated[
        bool, typer.Option("--screen", help="Watch up to four lanes side by side, and go on from there.")
    ] = False,
    settings: dict[str, Any] | None = None,
    preset: Preset | None = None,
) -> int:
    """Answer one prompt under several settings and tell what differs: steps, time, likelihood and words."""
    from llada_tui.commands.compare import Request, run, show
    from llada_tui.worker.protocol import Load

    request = Request(
        prompt=prompt,
        load=Load(model or "", dtype, device, quantization, force=force),
        system=system,
        settings=settings or {},
        preset=preset,
        vary=[*(vary or []), *([f"seed={seeds}"] if seeds is not None else [])],
        apart=apart,
        mc_num=mc_num if likelihood else 0,
        as_json=as_json,
        record=record,
    )
    return show(request) if screen else run(request)


@app.command()
def score(
    prompt: Annotated[str, typer.Argument(help="What comes before the answer.")],
    answer: Annotated[
        str, typer.Argument(help="What is scored, as it is: after raw text it begins with a space of its own.")
    ],
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    mc_num: Annotated[
        int,
        typer.Option(
            help="Monte Carlo samples; an answer so short that they cover all of its masks is scored exactly.",
            min=1,
            max=1_000_000,
        ),
    ] = 128,
    cfg_scale: Annotated[
        float, typer.Option(help="Classifier-free guidance: 0 is off; doubles the work.", min=0, max=20)
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Start of the random numbers.", min=0, max=2**63 - 1)] = 0,
    batch_size: Annotated[int, typer.Option(help="Samples in one call of the model.", min=1, max=4096)] = 16,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with everything.")] = False,
) -> int:
    """Tell how likely the model finds an answer: its log-likelihood, and each token's part of it."""
    from llada_tui.commands.score import Request, run
    from llada_tui.worker.protocol import Load

    load = Load(model or "", dtype, device, quantization, force=force)
    return run(Request(prompt, answer, load, mc_num, cfg_scale, seed, batch_size, as_json))


@app.command()
@options.with_settings
def bench(
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    compile: options.Compile = False,
    prompt: Annotated[str | None, typer.Option(help="What to answer; nothing is printed of it.")] = None,
    rounds: Annotated[int, typer.Option(help="How often each is timed; the table has medians.", min=1, max=100)] = 3,
    reference: Annotated[
        bool, typer.Option("--reference/--no-reference", help="Time the published sampler beside ours.")
    ] = True,
    settings: dict[str, Any] | None = None,
    preset: Preset | None = None,
) -> int:
    """Time a model here: exact, with caches and with a threshold, beside the published sampler and the floor."""
    from llada_tui.commands.bench import PROMPT, Request, run
    from llada_tui.worker.protocol import Load

    load = Load(model or "", dtype, device, quantization, force=force, compile=compile)
    return run(Request(PROMPT if prompt is None else prompt, load, settings or {}, preset, rounds, reference))


@app.command()
def sessions(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """List the recorded sessions, latest first."""
    from llada_tui.commands.sessions import list_all

    list_all(as_json=as_json)


@app.command()
def lessons() -> None:
    """List the lessons, in their order."""
    from llada_tui.commands.lessons import list_all

    list_all()


@app.command()
def lesson(
    name: Annotated[
        str | None,
        typer.Argument(help="A lesson's name (see: llada-tui lessons), or its file; all where none is named."),
    ] = None,
    page: Annotated[
        int | None, typer.Option(help="Which page to begin at; where you left it, if none is named.")
    ] = None,
    present: Annotated[bool, typer.Option("--present", help="For a class: text and canvas only, large.")] = False,
    notes: Annotated[
        bool, typer.Option("--notes", help="In another terminal: the presenter's notes of the page on show.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Tell what is wrong in it, with line numbers.")] = False,
    model: options.Model = None,
    device: options.Device = "auto",
    worker: options.Worker = None,
) -> int:
    """Open a lesson: text beside a live run. Write your own as docs/lessons.md tells, and --check it."""
    from llada_tui.commands import lessons

    if (check or notes) and name is None:
        raise CommandError("Which lesson? llada-tui lessons lists them.", USAGE)
    if check and name is not None:
        return lessons.check(name)
    if notes and name is not None:
        return lessons.notes(name)
    return lessons.show(name, page=page, present=present, model=model, device=device, worker=worker)


models_app = typer.Typer(help="The known checkpoints; without a command it lists them.")
app.add_typer(models_app, name="models")


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """List the known checkpoints: whether they are here, the memory they need, whether they fit this machine."""
    if context.invoked_subcommand is None:
        from llada_tui.commands.models import list_all

        list_all()


@models_app.command("quantize")
def quantize(
    source: Annotated[str, typer.Argument(help="A folder, or a checkpoint's id on the Hugging Face hub.")],
    to: Annotated[str, typer.Option("--to", help="nf4 (4-bit) or int8.")],
    out: Annotated[
        Path | None,
        typer.Option(
            help="The folder of the copy; here, by the name of the original, where none is named.", metavar="FOLDER"
        ),
    ] = None,
    device: options.Device = "auto",
    force: options.Force = False,
) -> int:
    """Save a quantised copy, which loads in seconds: --model FOLDER."""
    from llada_tui.commands.quantize import run

    return run(source, to, out, device=device, force=force)


@app.command()
def worker() -> None:
    """Run a model for a screen elsewhere: commands come in on stdin, events go out on stdout."""
    from llada_tui.worker.server import main as serve

    serve()


@app.command()
def doctor() -> int:
    """Look at this machine and say what is wrong and how to mend it."""
    from llada_tui.commands.doctor import examine

    return examine()


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code. Whatever goes wrong is a sentence on stderr."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments and arguments[0].startswith("-") and arguments[0] not in _OWN:
        arguments.insert(0, "chat")
    try:
        code = app(arguments, prog_name="llada-tui", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except typer.TyperException as error:
        message, context = error.format_message(), getattr(error, "ctx", None)
        path = context.command_path if context else "llada-tui"
        warn(f"{message.rstrip('.')}{'' if message.endswith('?') else '.'} Try '{path} --help'.")
        return error.exit_code
    except SettingsError as error:
        warn(str(error))
        return USAGE
    except CommandError as error:
        warn(str(error))
        return error.code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away. What is still buffered must not fail again when Python closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        warn(f"Something unexpected happened: {type(error).__name__}: {error} ({TRACEBACK}=1 shows where.)")
        return FAILED


def main() -> None:
    """The ``llada-tui`` command."""
    sys.exit(run())


if __name__ == "__main__":
    main()
