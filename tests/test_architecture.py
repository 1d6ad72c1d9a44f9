"""What ARCHITECTURE.md, CONTRIBUTING.md and the README name is there."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("ARCHITECTURE.md", "CONTRIBUTING.md", "README.md")
PLACES = ("llada_tui", "tests", "docs", "themes", "training", "benchmarks")
ROOMS = [path.name for path in (ROOT / "llada_tui").iterdir() if (path / "__init__.py").exists()]


def named_paths(page: str) -> list[str]:
    """The paths that a page names: in backticks, or as the target of a link."""
    text = (ROOT / page).read_text("utf-8")
    words = [*re.findall(r"`([^`\s]+)`", text), *re.findall(r"\]\(([^)#:]+)\)", text)]
    return sorted({word for word in words if word.split("/")[0] in PLACES or word.endswith((".md", ".txt", ".toml"))})


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_exists(page: str) -> None:
    paths = [path for path in named_paths(page) if "*" not in path and path != "config.toml"]
    assert len(paths) > 5
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_room_has_its_row() -> None:
    architecture, readme = ((ROOT / page).read_text("utf-8") for page in ("ARCHITECTURE.md", "README.md"))
    for room in ROOMS:
        assert re.search(rf"^\| .*`llada_tui/{room}`", architecture, re.MULTILINE), room
        assert f"`llada_tui/{room}`" in readme, room


def test_every_feature_of_the_screen_has_its_row() -> None:
    architecture = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    features = [path.name for path in (ROOT / "llada_tui" / "tui").iterdir() if (path / "__init__.py").exists()]
    assert [feature for feature in features if f"`llada_tui/tui/{feature}`" not in architecture] == []


def attributes_of_classes() -> dict[str, set[str]]:
    """For each class of the package the names that its body defines or sets."""
    attributes: dict[str, set[str]] = {}
    for path in (ROOT / "llada_tui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                names = attributes.setdefault(node.name, set())
                for inner in ast.walk(node):
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                        names.add(inner.name)
                    elif isinstance(inner, ast.Name | ast.Attribute) and isinstance(inner.ctx, ast.Store):
                        names.add(inner.id if isinstance(inner, ast.Name) else inner.attr)
    return attributes


def test_every_class_and_attribute_that_is_named_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    classes = attributes_of_classes()
    for name, attribute in re.findall(r"`([A-Z]\w*[a-z]\w*)(?:\.(\w+))?`", text):
        assert name in classes, name
        assert not attribute or attribute in classes[name], f"{name}.{attribute}"
    with_files = re.findall(r"`([A-Z]\w*[a-z]\w*)` \(`(llada_tui/[\w/]+)\.py`", text)
    assert len(with_files) > 5
    for name, module in with_files:
        assert hasattr(import_module(module.replace("/", ".")), name), f"{name} in {module}"


def test_every_file_is_short_enough_to_be_read_at_once() -> None:
    paths = [
        path for place in ("llada_tui", "tests", "training", "benchmarks") for path in (ROOT / place).rglob("*.py")
    ]
    assert len(paths) > 300
    lengths = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8").count("\n") for path in paths}
    assert {path: length for path, length in lengths.items() if length > 350} == {}
