"""``llada-tui worker``: the process that runs a model for a screen or a command elsewhere."""

from __future__ import annotations

import typer

app = typer.Typer()


@app.command(short_help="Run a model for a screen elsewhere, over stdin and stdout.")
def worker() -> None:
    """Run a model for a screen elsewhere: commands come in on stdin, events go out on stdout."""
    from llada_tui.worker.server import main

    main()
