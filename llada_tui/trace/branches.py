"""A session's tree of runs: which run branched from which."""

from __future__ import annotations

from typing import NamedTuple

from llada_tui.trace.run import Run
from llada_tui.trace.session import Session

MAX_GUIDE = 200
"""Longest guide, in characters: of a run that is deeper it is the end."""


class Node(NamedTuple):
    """A run in the tree. ``guide`` are the lines that lead to it; ``depth`` counts from 0."""

    run: Run
    depth: int
    guide: str


def tree(session: Session) -> list[Node]:
    """The session's runs, each followed by its branches in the order of the steps at which they leave it.

    A branch of a run that is not there (any more) stands by itself.
    """
    earlier_ids: set[str] = set()
    children: dict[str | None, list[Run]] = {}
    for run in session.listed():
        children.setdefault(run.start.parent if run.start.parent in earlier_ids else None, []).append(run)
        earlier_ids.add(run.id)
    nodes: list[Node] = []
    waiting = [(run, 0, "", "") for run in reversed(children.get(None, []))]
    while waiting:
        run, depth, lead, branch_guide = waiting.pop()
        lead = lead[-MAX_GUIDE:]
        nodes.append(Node(run, depth, lead + branch_guide))
        branches = sorted(children.get(run.id, []), key=lambda branch: branch.start.step)
        below = lead + {"": "", "├ ": "│ ", "└ ": "  "}[branch_guide]
        for index, branch in reversed(list(enumerate(branches))):
            waiting.append((branch, depth + 1, below, "└ " if index == len(branches) - 1 else "├ "))
    return nodes


def branches_of(session: Session, run: Run) -> list[Run]:
    """A run and all that branched from it or from one of its branches."""
    ids = {run.id}
    for other in session.runs.values():
        if other.start.parent in ids:
            ids.add(other.id)
    return [session.runs[id] for id in session.runs if id in ids]
