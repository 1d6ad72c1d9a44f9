"""A table in Markdown."""

from __future__ import annotations


def table(rows: list[tuple[str, ...]]) -> str:
    """The first row is the heading."""
    head, *body = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([head, "|" + " --- |" * len(rows[0]), *body])
