"""The registry of export formats: what each states of itself, and that one more file is one more format."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from llada_tui import cli
from llada_tui.drawing.palette import DARK
from llada_tui.export import formats
from llada_tui.export.export_format import OPTIONS
from llada_tui.export.render_options import RenderOptions
from tests.export.support import PALETTES, branched, timeline_of, written

ROOT = Path(__file__).parents[2]
WORDS = """
from llada_tui.export.export_format import ExportFormat, Rendering

class Words(ExportFormat):
    name = "words"
    suffixes = (".words", ".txt")
    summary = "the answer alone"
    options = frozenset()

    def render(self, timeline, frames, options):
        return Rendering(frames[-1].run.text(frames[-1].run_frame), "an answer", ["It has no looks."])
"""


@pytest.fixture
def more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder beside that of the formats, with one more format in it."""
    folder = tmp_path / "formats"
    folder.mkdir()
    (folder / "words.py").write_text(WORDS)
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(folder)])
    formats.by_name.cache_clear()
    yield folder
    formats.by_name.cache_clear()
    sys.modules.pop(f"{formats.__name__}.words", None)


def test_a_new_file_is_a_new_format_of_the_command(
    more: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = written(tmp_path / "talk.jsonl", *branched())
    out = tmp_path / "talk.TXT"
    assert cli.run(["export", str(session), "--out", str(out), "--run", "1", "--steps", "..2"]) == 0
    assert out.read_text("utf-8") == "one two ░░░ ░░░"
    assert capsys.readouterr().err == "llada-tui: It has no looks.\n"
    assert cli.run(["export", str(session), "--out", str(tmp_path / "a"), "--format", "words"]) == 0
    assert cli.run(["export", str(session), "--format", "none"]) == 2
    assert "md, svg, words." in capsys.readouterr().err
    code = (
        "import sys; from llada_tui.export import formats; formats.__path__.append(sys.argv[1]);"
        "from llada_tui.cli import run; run(['export', '--help'])"
    )
    shown = subprocess.run([sys.executable, "-c", code, str(more)], capture_output=True, text=True, timeout=100)
    assert "words, the answer alone" in " ".join(shown.stdout.split())


@pytest.mark.parametrize("name", formats.by_name())
def test_a_format_states_what_it_is_and_does_what_it_states(name: str) -> None:
    format = formats.by_name()[name]
    assert format.name == name == name.lower()
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in format.suffixes)
    assert len(format.summary) <= 60
    assert not format.summary.endswith(".")
    assert format.options <= set(OPTIONS)
    timeline = timeline_of(branched(), "r2")
    rendering = format.render(timeline, timeline.frames, RenderOptions(PALETTES[DARK], PALETTES))
    assert isinstance(rendering.content, str) == format.is_text


def test_no_two_formats_share_a_suffix_and_one_is_the_screens() -> None:
    suffixes = [suffix for format in formats.by_name().values() for suffix in format.suffixes]
    assert len(suffixes) == len(set(suffixes)) >= len(formats.by_name()) > 1
    assert sum(format.is_screen_picture for format in formats.by_name().values()) == 1


def test_formats_that_need_no_pillow_load_none(tmp_path: Path) -> None:
    session = written(tmp_path / "talk.jsonl", *branched())
    names = [name for name, format in formats.by_name().items() if not format.needs_pillow]
    code = (
        "import sys; from llada_tui.cli import run;"
        f"codes = [run(['export', {str(session)!r}, '--format', name]) for name in {names!r}];"
        "print(codes, 'PIL' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.stdout.splitlines()[-1] == f"{[0] * len(names)} False"


def test_no_other_file_names_a_format() -> None:
    names = {name for name, format in formats.by_name().items() for name in (name, *format.suffixes)}
    elsewhere = [
        (str(path.relative_to(ROOT)), node.value)
        for path in sorted((ROOT / "llada_tui").rglob("*.py"))
        if not {"formats", "lessons"} & {*path.parts}  # lessons are Markdown files of their own
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in names
    ]
    assert elsewhere == []


def test_listing_the_formats_loads_nothing_that_draws() -> None:
    code = (
        "import sys; from llada_tui.export import formats; formats.by_name();"
        "print(sorted({'textual', 'rich', 'PIL', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert done.stdout == "[]\n"
