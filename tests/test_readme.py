"""The README's pictures are what the program draws."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.readme.pictures import DOCS, HERE, PICTURES


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_what_the_program_draws(name: str) -> None:
    """``python -m tests.readme.pictures`` draws them again after a change of the screen."""
    program = f"import sys; from tests.readme.pictures import draw; sys.stdout.write(draw({name!r}))"
    drawn = subprocess.run(
        [sys.executable, "-c", program], cwd=HERE.parent.parent, check=True, capture_output=True, encoding="utf-8"
    )
    assert drawn.stdout == (DOCS / name).read_text("utf-8"), "the screen has changed: draw the README's pictures again"


def test_the_readme_shows_the_pictures() -> None:
    text = Path(HERE.parent.parent, "README.md").read_text("utf-8")
    assert all(f"docs/{name}" in text for name in PICTURES)
