"""A name of the package means one thing, and says what that is."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
ROOT = REPOSITORY / "llada_tui"
WORDS = frozenset(("found", "given", "known", "one", "own", "said", "seen", "those", "told", "wanted"))
"""Pronouns and adjectives: as a name they say that there is something, and not what. A test's right value is
``expected``; what was read is ``events``, ``lines``, ``text``."""
STATES = {"GIVEN"}
"""A state of a cell is an adjective."""


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


def names_in(source: str) -> list[tuple[int, str]]:
    """The line and name of every variable, attribute, parameter, function and class that a text of Python defines."""
    names: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                names.append((node.lineno, name))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.append((node.lineno, name))
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.ExceptHandler(name=str(name)):
                names.append((node.lineno, name))
    return names


@pytest.mark.parametrize("room", ["llada_tui", "training", "benchmarks", "docs", "tests"])
def test_a_name_is_what_the_thing_is(room: str) -> None:
    paths = sorted((REPOSITORY / room).rglob("*.py"))
    assert len(paths) > 2
    assert [
        f"{path.relative_to(REPOSITORY)}:{line} {name}"
        for path in paths
        for line, name in names_in(path.read_text("utf-8"))
        if name.strip("_").lower() in WORDS and name not in STATES
    ] == []


def docstrings_in(source: str) -> list[tuple[int, str]]:
    """The line and text of every docstring of modules, classes, functions and attributes."""
    return [
        (node.lineno, node.value.value.strip())
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]


def test_a_docstring_begins_with_its_subject() -> None:
    """Such as "The number of masks", not "How many masks there are"."""
    assert [
        f"{path.relative_to(REPOSITORY)}:{line} {text[:60]}"
        for path in sorted(ROOT.rglob("*.py"))
        for line, text in docstrings_in(path.read_text("utf-8"))
        if text.split(maxsplit=1)[0] in ("How", "What", "Where", "Which")
    ] == []


def test_docstrings_are_read_wherever_they_stand() -> None:
    source = '"""a"""\nx = 1\n"""b"""\nclass C:\n    """c"""\n    y: int\n    """d"""\ndef f():\n    """e"""\n'
    assert sorted(text for _, text in docstrings_in(source)) == list("abcde")


def test_names_are_read_wherever_they_are_defined() -> None:
    source = """
a = 1
for b, (c, *d) in x: pass
with y as e: z.f = 0
def g(h, *i, j=1, **k): pass
class l: pass
try: pass
except Z as m: pass
match x:
    case [n, *o]: pass
(p := 1)
[q for q in x]
"""
    assert sorted(name for _, name in names_in(source)) == list("abcdefghijklmnopq")
