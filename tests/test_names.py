"""A name of the package means one thing."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1] / "llada_tui"


def public_classes() -> dict[str, list[str]]:
    """By name, the files in which a class of that name is defined; names with an underscore are a file's own."""
    files: dict[str, list[str]] = defaultdict(list)
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                files[node.name].append(path.relative_to(ROOT).as_posix())
    return files


def test_no_public_class_name_stands_twice() -> None:
    assert {name: files for name, files in public_classes().items() if len(files) > 1} == {}
