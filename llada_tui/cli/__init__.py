"""The command line. Each command is a file of its name, with its options and what it does; `COMMANDS` lists them.

Commands import what is slow to import when they run, so that ``llada-tui --version`` and ``--help`` are immediate.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from llada_tui.cli import (
    bench,
    chat,
    compare,
    doctor,
    eval,
    export,
    follow,
    generate,
    lesson,
    models,
    replay,
    score,
    serve,
    sessions,
    web,
    worker,
)
from llada_tui.cli.output import FAILED, INTERRUPTED, USAGE, CommandError, warn
from llada_tui.settings.sampler_settings import SettingsError
from llada_tui.version import __version__

COMMANDS = (
    chat,
    replay,
    lesson,
    generate,
    compare,
    score,
    bench,
    eval,
    serve,
    follow,
    web,
    export,
    sessions,
    models,
    worker,
    doctor,
)
"""The modules of the commands, in the order in which ``--help`` lists them."""
_PROGRAM_OPTIONS = ("--version", "-V", "--help", "-h", "--install-completion", "--show-completion")
"""Options of the program itself; other options without a command are the chat's."""

_EXTRA = "unexpected extra argument"

app = typer.Typer(
    name="llada-tui",
    help="Watch a diffusion language model write: LLaDA in your terminal, every denoising step live.",
    epilog="Without a command it opens the chat. Exit codes: 0 done, 1 failed, 2 used wrongly, 130 interrupted.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
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
        return chat.open_chat()
    return None


for command in COMMANDS:
    app.add_typer(command.app)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code. Whatever goes wrong is a sentence on stderr."""
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments and arguments[0].startswith("-") and arguments[0] not in _PROGRAM_OPTIONS:
        arguments.insert(0, "chat")
    try:
        code = app(arguments, prog_name="llada-tui", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except typer.TyperException as error:
        warn(_usage_error(error, arguments))
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
    except OSError as error:
        if error.errno != errno.ENOSPC:
            return _unexpected(error)
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - what is still buffered must not fail again
        warn("There is no room left where the output goes: free some, or send it elsewhere.")
        return FAILED
    except Exception as error:
        return _unexpected(error)


def _unexpected(error: Exception) -> int:
    from llada_tui.paths import TRACEBACK

    if os.environ.get(TRACEBACK):
        raise error
    warn(f"Something unexpected happened: {type(error).__name__}: {error} ({TRACEBACK}=1 shows where.)")
    return FAILED


def _open_streams() -> None:
    """A stream that was closed by who started the program is None in Python; writing to it goes nowhere, instead."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - it stays open to the end


def _usage_error(error: typer.TyperException, arguments: list[str]) -> str:
    """The sentence on a wrong command line, with the usage to try."""
    message, context = error.format_message(), getattr(error, "ctx", None)
    if context is not None:
        path, takes = context.command_path, [parameter.name for parameter in context.command.params]
        if "prompt" in takes and _EXTRA in message:
            return f'The words of a prompt need quotes round them, as in {path} "What is 2 + 2?".'
    else:
        names = {command.name for command in typer.main.get_command(app).commands.values()}  # type: ignore[attr-defined]
        path = " ".join(["llada-tui", *[word for word in arguments if word in names][:1]])
    return f"{message.rstrip('.')}{'' if message.endswith('?') else '.'} Try '{path} --help'."
