"""``llada-tui sessions``: the recorded sessions, and statistics over their runs."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer

from llada_tui.cli.output import USAGE, CommandError, say, table

if TYPE_CHECKING:
    from llada_tui.trace.session_folder import SessionEntry

app = typer.Typer()


@app.command()
def sessions(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: a list, or one object with --stats.")] = False,
    stats: Annotated[bool, typer.Option("--stats", help="Print a table of all recorded runs.")] = False,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="SETTING", help="With --stats: means over the runs of each value of a setting."),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option("--sort", metavar="COLUMN", help="With --stats: smallest first; -COLUMN is the largest first."),
    ] = None,
) -> None:
    """List the recorded sessions, latest first, or their statistics."""
    from llada_tui.paths import sessions_folder
    from llada_tui.trace.session_folder import list_sessions

    if stats:
        from llada_tui.cli.statistics_output import print_statistics

        print_statistics(sessions_folder(), by, sort, as_json=as_json)
        return
    if by is not None or sort is not None:
        raise CommandError(f"{'--by' if by is not None else '--sort'} goes with --stats.", USAGE)
    folder = sessions_folder()
    entries = list_sessions(folder)
    if as_json:
        print(json.dumps([_fields(entry) for entry in entries]))
    elif not entries:
        say(f"Nothing was recorded yet. Sessions are kept in {folder}; llada-tui chat makes the first.")
    else:
        rows = [("when", "runs", "tokens", "title", "file"), *map(_row, entries)]
        say("\n".join([*table(rows, right=(1, 2)), "", f"in {folder}"]))


def _row(entry: SessionEntry) -> tuple[str, ...]:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.modified))
    counts = ("?", "?") if entry.runs is None else (str(entry.runs), str(entry.tokens))
    return (when, *counts, entry.title, entry.path.name)


def _fields(entry: SessionEntry) -> dict[str, object]:
    return {
        "path": str(entry.path),
        "title": entry.title,
        "runs": entry.runs,
        "tokens": entry.tokens,
        "modified": entry.modified,
        "bytes": entry.size,
    }
