"""``llada-tui follow``: the session of somebody else, live on the screen."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated
from urllib.parse import quote

import typer

from llada_tui.cli import options
from llada_tui.cli.output import DONE, FAILED, USAGE, CommandError, need_terminal, say, warn
from llada_tui.server_address import TOKEN_VARIABLE, is_server_address, split_token

app = typer.Typer()


@app.command(short_help="Show a session that somebody else shows, live.")
def follow(
    url: Annotated[str, typer.Argument(help="Address of the server, as in http://127.0.0.1:8001.", metavar="URL")],
    name: Annotated[
        str | None,
        typer.Argument(help="The session's name; without one, the only one there, or a list of all.", metavar="[NAME]"),
    ] = None,
    token: Annotated[
        str | None, typer.Option(help="The server's token.", envvar=TOKEN_VARIABLE, metavar="TEXT")
    ] = None,
    model: options.Model = None,
    device: options.Device = "auto",
    worker: options.Worker = None,
    present: options.Present = False,
) -> int:
    """Follow the session that somebody shows (chat --share), live, and branch off into runs of your own. Those are made
    by --model or --worker; without them by the server, if it has the run's model, else here: by that model, if it is
    the embedded one or a folder, and with any other the chat says which model is missing."""
    from llada_tui.serving.follow_process import shared_names
    from llada_tui.serving.server_socket import ServerUnusable

    url = url.strip()
    base, _ = split_token(url)
    if not is_server_address([url]):
        raise CommandError(f"{url!r} is no address of a server: it looks like http://127.0.0.1:8001.", USAGE)
    if token is not None and token.strip():
        url = f"{url.partition('?')[0]}?token={quote(token.strip(), safe='')}"
    try:
        shown = shared_names(url)
    except ServerUnusable as error:
        raise CommandError(str(error)) from None
    if name is None and len(shown.sessions) != 1:
        for session in shown.sessions:
            say(session)
        if not shown.sessions:
            raise CommandError("No session is on show there: llada-tui chat --share puts one on show.")
        warn(f"Name one: llada-tui follow {base} NAME.")
        return DONE
    name = name or shown.sessions[0]
    if name not in shown.sessions:
        there = f": there {'is' if len(shown.sessions) == 1 else 'are'} {', '.join(shown.sessions)}"
        raise CommandError(f"No session {name!r} is on show there{there if shown.sessions else ''}.", FAILED)
    need_terminal("llada-tui replay --text prints what was recorded")
    from llada_tui.tui.app import run_follow
    from llada_tui.tui.shell.options import ChatOptions, FollowOptions

    its_model = shown.model if find_spec("websockets") is not None else None  # else the server's model cannot be asked
    return run_follow(FollowOptions(url, name, its_model, present), ChatOptions(model, device=device, worker=worker))
