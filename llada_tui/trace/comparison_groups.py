"""Runs of a session that were made to be compared: which belong together."""

from __future__ import annotations

from llada_tui.trace.run import Run
from llada_tui.trace.session import Session


def group_of(session: Session, run: Run) -> list[Run]:
    """The runs that a run was made to be compared with, itself among them, as far as they are listed; none for a run
    of no group, or the last of its group."""
    group = run.start.group
    runs = [other for other in session.listed() if group is not None and other.start.group == group]
    return runs if len(runs) > 1 and run in runs else []


def free_group(session: Session) -> str:
    """A name that no group of the session has."""
    taken = {run.start.group for run in session.runs.values()}
    number = 1
    while f"compare-{number}" in taken:
        number += 1
    return f"compare-{number}"
