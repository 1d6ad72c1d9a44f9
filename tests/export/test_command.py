"""``llada-tui export``, as a person types it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from llada_tui import cli
from llada_tui.export import formats
from llada_tui.trace.events import PiecesEvent
from tests.cli.support import llada
from tests.conftest import Home
from tests.export.support import EVIL, branched, hostile, long_run, written
from tests.trace.support import end, start, step

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in an empty folder."""
    place = home.path / "here"
    place.mkdir()
    monkeypatch.chdir(place)

    def called(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.run([str(argument) for argument in arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    return called


@pytest.fixture
def session(home: Home) -> Path:
    return written(home.sessions / "talk.jsonl", *branched())


@pytest.mark.parametrize("format", formats.by_name())
def test_every_format_is_written_beside_and_named_after_its_session(format: str, session: Path, run: Run) -> None:
    code, out, err = run("export", session, "--format", format)
    assert (code, err) == (0, "")
    assert out.startswith(f"Wrote talk.{format}: ")
    data = Path(f"talk.{format}").read_bytes()
    begins = {"svg": b"<svg ", "gif": b"GIF89a", "html": b"<!doctype html>", "cast": b'{"version": 2', "md": b"# a "}
    assert data.startswith(begins[format])


def test_the_latest_session_and_the_ending_of_out_are_enough(session: Path, run: Run) -> None:
    assert run("export", "--out", "a.SVG")[0] == 0
    assert ElementTree.parse("a.SVG").getroot().tag.endswith("svg")


def test_a_run_and_its_steps_are_chosen(session: Path, run: Run) -> None:
    assert run("export", session, "--format", "md", "--run", 1, "--steps", "1..2")[0] == 0
    text = Path("talk.md").read_text("utf-8")
    assert "step 1/4 · 3 masks" in text
    assert "step 2/4" in text
    assert "step 0/4" not in text
    assert "step 3/4" not in text
    assert "one two three four" in text.partition("## Answer")[2]
    assert run("export", session, "--out", "one.gif", "--run", "r2", "--steps", 3)[1].startswith(
        "Wrote one.gif: 1 frame,"
    )
    assert run("export", session, "--out", "all.gif", "--run", "r2", "--steps", "2..")[1].startswith(
        "Wrote all.gif: 4 frames"
    )
    assert "step 3/4" in _svg(run, session, "--steps", "..3")


def _svg(run: Run, session: Path, *more: object) -> str:
    assert run("export", session, "--out", "a.svg", *more)[0] == 0
    return Path("a.svg").read_text("utf-8")


def test_speed_theme_and_width_are_heeded(session: Path, run: Run) -> None:
    assert run("export", session, "--out", "a.cast", "--speed", 10, "--width", 60, "--theme", "light")[0] == 0
    header, *lines = map(json.loads, Path("a.cast").read_text("utf-8").splitlines())
    assert (header["width"], header["theme"]["bg"]) == (60, "#fbfbf9")
    assert lines[2][0] == pytest.approx(0.008 + 0.025)
    assert 'data-theme="light"' not in _html(run, session)
    assert 'data-theme="light"' in _html(run, session, "--theme", "llada-light")


def _html(run: Run, session: Path, *more: object) -> str:
    Path("a.html").unlink(missing_ok=True)
    assert run("export", session, "--out", "a.html", *more)[0] == 0
    return Path("a.html").read_text("utf-8").partition("<style>")[0]


def test_the_configured_theme_is_the_usual_one(home: Home, session: Path, run: Run) -> None:
    home.config.mkdir()
    (home.config / "config.toml").write_text('theme = "contrast"\n')
    assert 'fill="#000000"' in _svg(run, session)


def test_a_configured_theme_of_the_terminals_colours_is_left_out(home: Home, session: Path, run: Run) -> None:
    home.config.mkdir()
    (home.config / "config.toml").write_text('theme = "ansi"\n')
    assert 'fill="#14161f"' in _svg(run, session)


def test_a_font_is_named_where_ours_lacks_characters(home: Home, run: Run) -> None:
    path = written(home.sessions / "a.jsonl", start(1), PiecesEvent({7: "漢字".encode()}), step(0, {0: 7}), end())
    code, _, err = run("export", path, "--out", "a.gif")
    assert code == 0
    assert "The font lacks 2 characters (字 漢): --font FILE names another." in err
    with Image.open("a.gif") as image:
        assert image.n_frames == 2  # type: ignore[attr-defined]


def test_a_gif_that_would_be_large_leaves_steps_out(home: Home, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(home.sessions / "a.jsonl", *long_run(32, 64))
    assert run("export", path, "--out", "whole.gif")[1].startswith("Wrote whole.gif: 33 frames")
    limit = Path("whole.gif").stat().st_size // 2
    monkeypatch.setattr("llada_tui.export.formats.gif.LARGEST", limit)
    code, out, err = run("export", path, "--out", "part.gif")
    frames = int(re.findall(r"(\d+) frames", out)[0])
    assert code == 0
    assert 2 < frames < 33
    assert f"The GIF shows {frames} of 33 steps" in err
    assert Path("part.gif").stat().st_size <= limit
    with Image.open("part.gif") as image:
        assert image.n_frames == frames  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--out", "a.svg", "--run", "3"), 2, "There is no run '3': the session has 2 runs."),
        (("--out", "a.svg", "--steps", "9"), 2, "There is no step 9 in the run: its steps are 0 to 4."),
        (("--out", "a.svg", "--steps", "3..1"), 2, "Steps 3 to 1 are none: the first has to come before the last."),
        (("--out", "a.svg", "--steps", "few"), 2, "--steps takes one step or two, as in 12 or 5..20, not 'few'."),
        (("--out", "a.svg", "--steps", ".."), 2, "--steps takes one step or two, as in 12 or 5..20, not '..'."),
        (("--format", "png"), 2, "There is no format 'png': --format takes cast, gif, html, md, svg."),
        (("--out", "a.png"), 2, "Say in which format: --format takes cast, gif, html, md, svg."),
        ((), 2, "Say in which format: --format takes cast, gif, html, md, svg."),
        (
            ("--out", "a.svg", "--theme", "dusk"),
            2,
            "There is no theme 'dusk'; there are colour-blind, contrast, dark, light.",
        ),
        (
            ("--out", "a.svg", "--theme", "ansi"),
            2,
            "ansi has the colours of a terminal, which a file has not; there are ",
        ),
        (("--out", "taken.svg"), 1, "taken.svg is there already: name another file with --out."),
        (("--out", "none/a.svg"), 1, "none/a.svg could not be written: no such file or directory."),
        (("--out", "a.gif", "--font", "taken.svg"), 2, "taken.svg is no font that can be read: name a .ttf, .otf or "),
        (("--out", "a.gif", "--width", "7"), 2, "--width must be a whole number from 40 to 400, not 7."),
        (("--out", "a.gif", "--speed", "0"), 2, "--speed must be a number from 0.05 to 100, not 0.0."),
    ],
)
def test_what_cannot_be_is_a_sentence(
    arguments: tuple[str, ...], code: int, sentence: str, session: Path, run: Run
) -> None:
    Path("taken.svg").write_text("mine")
    result = run("export", session, *arguments)
    assert result[:2] == (code, "")
    assert result[2].startswith(f"llada-tui: {sentence}")
    assert len(result[2].splitlines()) == 1
    assert [path.name for path in Path.cwd().iterdir()] == ["taken.svg"]
    assert Path("taken.svg").read_text() == "mine"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty"),
        ('{"event":"session","format":"llada-tui","version":1,"tool":"t","time":1}\n', "holds no run yet"),
        ("x", "is not a session"),
    ],
)
def test_a_session_without_a_run_is_a_sentence(content: str, sentence: str, home: Home, run: Run) -> None:
    path = home.path / "empty.jsonl"
    path.write_text(content)
    code, out, err = run("export", path, "--format", "svg")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert sentence in err


def test_nothing_recorded_and_no_such_file_are_sentences(home: Home, run: Run) -> None:
    assert "Nothing was recorded yet" in run("export", "--format", "svg")[2]
    assert "cannot be read: no such file" in run("export", "none.jsonl", "--format", "svg")[2]


def test_a_torn_file_is_exported_as_far_as_it_goes(session: Path, run: Run) -> None:
    session.write_bytes(session.read_bytes()[:-300])
    code, _, err = run("export", session, "--format", "gif")
    assert code == 0
    assert "its last step was lost" in err


@pytest.mark.parametrize("format", formats.by_name())
def test_nothing_hostile_reaches_the_terminal_or_breaks_a_format(format: str, home: Home, run: Run) -> None:
    path = written(home.sessions / "evil.jsonl", *hostile())
    code, out, err = run("export", path, "--format", format)
    assert code == 0
    assert "\x1b" not in out + err
    if formats.by_name()[format].is_text:
        assert b"\x1b" not in Path(f"evil.{format}").read_bytes()


def test_markdown_holds_what_is_hostile_in_fences_and_escapes(home: Home, run: Run) -> None:
    run("export", written(home.sessions / "evil.jsonl", *hostile()), "--format", "md")
    text = Path("evil.md").read_text("utf-8")
    heading = text.splitlines()[0]
    assert heading.startswith("# \\<\\/script\\>" if "\\/" in heading else "# \\</script\\>")
    assert "````text" in text  # longer than the fence in the text
    assert EVIL not in text


def test_a_long_document_folds_its_steps(home: Home, run: Run) -> None:
    events = [start(20), *(step(at, {at: 7}) for at in range(20)), end()]
    run("export", written(home.sessions / "long.jsonl", *events), "--format", "md")
    text = Path("long.md").read_text("utf-8")
    assert "<summary>21 steps</summary>" in text
    assert text.count("```text") == 22
    assert "| steps | `20` |" in text


def test_exporting_loads_no_torch(session: Path) -> None:
    code = (
        "import sys; from llada_tui.cli import run;"
        f"code = run(['export', {str(session)!r}, '--out', {str(session.with_suffix('.gif'))!r}]);"
        "print(code, 'torch' in sys.modules, 'transformers' in sys.modules)"
    )
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert done.stdout.splitlines()[-1] == "0 False False"


def test_help_names_the_formats() -> None:
    help = llada("export", "--help")
    words = " ".join(help.out.split())
    assert help.code == 0
    assert all(f"{name}, {format.summary}" in words for name, format in formats.by_name().items())


def test_an_option_that_a_format_does_not_take_is_told(session: Path, run: Run) -> None:
    code, _, err = run("export", session, "--out", "a.md", "--speed", 2, "--theme", "light", "--width", 60)
    assert code == 0
    assert err.splitlines() == [
        "llada-tui: --speed changes nothing in md.",
        "llada-tui: --theme changes nothing in md.",
    ]
