"""``llada-tui bench``."""

from __future__ import annotations

from pathlib import Path

import pytest

from llada_tui.cli import run
from tests.checkpoints import make_checkpoint

SMALL = ["--gen-length", "16", "--block-length", "8", "--rounds", "1", "--device", "cpu"]


def test_the_table_has_every_way_of_denoising(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = make_checkpoint(tmp_path / "tiny", tokenizer=False)
    assert run(["bench", "--model", str(model), *SMALL]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "a prompt of 64 tokens, a canvas of 16 in 16 steps, blocks of 8; timed once." in lines[0]
    assert lines[2].split() == ["tokens/s", "faster", "ms", "a", "step", "steps", "memory", "over", "floor"]
    table = {line[:24].strip(): line[24:].split() for line in lines[3:9]}
    assert [*table] == [
        "published sampler", "exact", "exact, threshold", "prefix cache", "dual cache", "dual cache, threshold"
    ]  # fmt: skip
    assert table["published sampler"][1] == "1.0x"
    assert all(cells[3] == "16" for name, cells in table.items() if "threshold" not in name)


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


def test_what_does_not_fit_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = make_checkpoint(tmp_path / "tiny", context=32)
    assert run(["bench", "--model", str(model), "--gen-length", "64", "--device", "cpu"]) == 1
    told = capsys.readouterr().err
    assert "reads at most 32" in told
    assert told.count("\n") == 1
