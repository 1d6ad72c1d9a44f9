"""``llada-tui bench``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from llada_tui.cli import run
from tests.checkpoints import make_checkpoint

SMALL = ["--gen-length", "16", "--block-length", "8", "--rounds", "1", "--device", "cpu"]


@pytest.mark.slow
def test_the_table_has_every_way_of_denoising(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = make_checkpoint(tmp_path / "tiny", tokenizer=False)
    assert run(["bench", "--model", str(model), *SMALL]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "a prompt of 64 tokens, a canvas of 16 in 16 steps, blocks of 8; timed once." in lines[0]
    assert lines[2].split() == "tokens/s faster ms a step steps a pass memory over floor".split()
    table = {line[:24].strip(): line[24:].split() for line in lines[3:10]}
    assert [*table] == [
        "published sampler", "exact", "exact, threshold", "dllm cache", "prefix cache", "dual cache",
        "dual cache, threshold",
    ]  # fmt: skip
    assert table["published sampler"][1] == "1.0x"
    plain = [cells for name, cells in table.items() if "threshold" not in name]
    assert [cells[3:5] for cells in plain] == [["16", "1.00"]] * len(plain)


@pytest.mark.slow
def test_the_published_sampler_can_be_left_out_or_be_impossible(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = make_checkpoint(tmp_path / "tiny")
    assert run(["bench", "--model", str(model), *SMALL, "--no-reference"]) == 0
    assert "The published sampler is not among them: it was not asked for." in capsys.readouterr().out
    assert run(["bench", "--model", str(model), *SMALL, "--steps", "15"]) == 0
    out = capsys.readouterr().out
    assert "not among them: it needs a canvas of whole blocks" in out
    assert "\nexact " in out


@pytest.mark.slow
def test_what_does_not_fit_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = make_checkpoint(tmp_path / "tiny", context=32)
    assert run(["bench", "--model", str(model), "--gen-length", "64", "--device", "cpu"]) == 1
    sentence = capsys.readouterr().err
    assert "reads at most 32" in sentence
    assert sentence.count("\n") == 1


NOTING = """
from pathlib import Path
from llada_tui.models.errors import ModelError
from llada_tui.worker import server

def load(command, progress):
    Path({note!r}).write_text(str(command.canvas))
    raise ModelError("made up")

server.run(load)
"""
"""A worker that notes for how many tokens room is asked, and loads nothing."""


def test_room_is_asked_for_the_canvas_that_is_timed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = tmp_path / "note"
    (tmp_path / "worker.py").write_text(NOTING.format(note=str(note)))
    worker = ("--worker", shlex.join([sys.executable, str(tmp_path / "worker.py")]))
    assert run(["bench", "--gen-length", "1024", *worker]) == 1
    assert 1024 < int(note.read_text()) < 2048
    assert run(["score", "a", "b" * 4000, "--batch-size", "2", *worker]) == 1
    assert 4000 <= int(note.read_text()) < 8000
    assert run(["compare", "a", "--gen-length", "500", "--steps", "500", "--seeds", "1,2", *worker]) == 1
    assert int(note.read_text()) == 1000
    assert run(["compare", "a", "--gen-length", "500", "--steps", "500", "--seeds", "1,2", "--apart", *worker]) == 1
    assert int(note.read_text()) == 500
    assert capsys.readouterr().err == "llada-tui: made up\n" * 4


@pytest.mark.slow
def test_a_strategy_without_caches_is_timed_without(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = make_checkpoint(tmp_path / "tiny")
    assert run(["bench", "--model", str(model), *SMALL, "--remasking", "wino"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "Not every cache is timed: wino verifies tokens" in out
    assert "gives the tokens of the published sampler" not in out


@pytest.mark.slow
def test_sums_give_a_curve_and_its_area(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--gen-length", "24", "--block-length", "24", "--rounds", "1", "--device", "cpu", "--no-reference"]
    assert run(["bench", "--model", "demo", *sizes, "--sums", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("threshold"))
    assert lines[begin].split() == ["threshold", "tokens/pass", "right", "answers"]
    rows = [line.split() for line in lines[begin + 1 : begin + 6]]
    assert [row[0] for row in rows] == ["1", "0.95", "0.9", "0.8", "0.6"]
    rates = [float(row[1]) for row in rows]
    assert 1 <= rates[0] < 2 < rates[1] <= rates[-1]
    assert rows[0][2] == "100.0%"  # with the weights that ship
    assert lines[-1].startswith("AUP ")
