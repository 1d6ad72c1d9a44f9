"""Writes docs/export.md: the export formats, as each of them states itself.

python -m docs.export
"""

from __future__ import annotations

from pathlib import Path

from docs.table import table
from llada_tui.export import formats
from llada_tui.export.export_format import ExportFormat

PAGE = Path(__file__).resolve().parent / "export.md"

OPENING = """# Export formats

`llada-tui export [FILE] --format NAME` writes a recorded run, the last one of the latest session where none is named.
`--out FILE` names the file, and by its ending the format. Every format takes `--run` (which run of the session) and
`--steps` (one step, or the first and the last).

This page is made from [the formats' files](../llada_tui/export/formats) by `python -m docs.export`."""


def row(format: ExportFormat) -> tuple[str, ...]:
    return (
        f"`{format.name}`",
        " ".join(f"`{suffix}`" for suffix in format.suffixes),
        format.summary,
        " ".join(f"`--{option}`" for option in sorted(format.options)),
        "text" if format.is_text else "bytes",
        "yes" if format.needs_pillow else "no",
    )


def page() -> str:
    head = ("`--format`", "files", "what it is", "options", "content", "needs Pillow")
    return f"{OPENING}\n\n{table([head, *map(row, formats.by_name().values())])}\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
