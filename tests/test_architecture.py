"""What ARCHITECTURE.md, CONTRIBUTING.md and the README name is there."""

from __future__ import annotations

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
        assert f"| `llada_tui/{room}`" in architecture, room
        assert f"`llada_tui/{room}`" in readme, room


def test_every_feature_of_the_screen_has_its_row() -> None:
    architecture = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    features = [path.name for path in (ROOT / "llada_tui" / "tui").iterdir() if (path / "__init__.py").exists()]
    assert [feature for feature in features if f"`llada_tui/tui/{feature}`" not in architecture] == []


@pytest.mark.parametrize(
    "name",
    re.findall(r"derived from `(\w+)` \(`([\w/]+)\.py`", (ROOT / "ARCHITECTURE.md").read_text("utf-8")),
    ids=lambda name: name[0],
)
def test_every_base_class_that_is_named_is_where_it_is_said_to_be(name: tuple[str, str]) -> None:
    base, module = name
    assert hasattr(import_module(module.replace("/", ".")), base)
