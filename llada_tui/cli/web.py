"""``llada-tui web``: the whole program in a browser's tab."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from llada_tui.cli import options
from llada_tui.cli.output import DONE, USAGE, CommandError, say
from llada_tui.server_address import TOKEN_VARIABLE

if TYPE_CHECKING:
    from llada_tui.serving.listening import Listener

app = typer.Typer()
NOT_INSTALLED = 'A browser\'s tab needs textual-serve: pip install "llada-tui[web]".'
_NEEDED = ("starlette", "uvicorn", "websockets", "textual_serve")
_SCREENS = ("chat", "lesson", "replay", "follow")


@app.command(short_help="Open the whole program in a browser's tab.")
def web(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            help="The command that a tab opens, behind --, as in: llada-tui web -- lesson --present; else the chat.",
            metavar="[-- COMMAND]",
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(help="Address to listen to; 0.0.0.0 lets other machines in.", metavar="ADDRESS"),
    ] = "127.0.0.1",
    port: Annotated[int, options.number("--port", "Port to listen to; 0 takes a free one.", 0, 65535)] = 8002,
    token: Annotated[
        str | None,
        typer.Option(
            help="Token that a browser has to send; else one is made, and printed in the address.",
            envvar=TOKEN_VARIABLE,
            metavar="TEXT",
        ),
    ] = None,
    max_tabs: Annotated[
        int, options.number("--max-tabs", "Most tabs at a time: each has a program of its own.", 1, 1000)
    ] = 8,
) -> int:
    """Open the whole program in a browser. Who opens it acts as you do on this machine: your files, your sessions."""
    import asyncio

    if not all(find_spec(name) for name in _NEEDED):
        raise CommandError(NOT_INSTALLED)
    token = options.checked_token(token)
    words = command or ["chat"]
    if words[0] not in _SCREENS:
        raise CommandError(f"A tab can open {', '.join(_SCREENS)}, not {words[0]!r}.", USAGE)
    from llada_tui.serving.limits import ServeLimits
    from llada_tui.serving.listening import http_server, listen
    from llada_tui.serving.web_application import web_application

    try:
        listener = listen(host, port, token, is_private=True)
    except OSError as error:
        raise CommandError(f"Nothing can listen at {host}, port {port}: {error.strerror or error}.") from None
    assert listener.token is not None
    limits = ServeLimits()
    program = shlex.join([sys.executable, "-P", "-m", "llada_tui", *words])
    server = http_server(web_application(program, listener.token, max_tabs, limits), limits)
    _announce(listener)
    with listener.socket:
        asyncio.run(server.serve(sockets=[listener.socket]))
    return DONE


def _announce(listener: Listener) -> None:
    secret = f"/?token={listener.token}" if listener.is_new_token else ""
    say(f"llada-tui is at {listener.url}{secret}; ctrl-C ends it.")
