"""``llada-tui models quantize``."""

from __future__ import annotations

from pathlib import Path

import pytest

from llada_tui import cli, load_model
from tests.checkpoints import make_checkpoint
from tests.conftest import Home


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make_checkpoint(tmp_path / "tiny")


@pytest.mark.slow
def test_a_copy_is_made_here_by_the_checkpoints_name(
    home: Home, source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = home.path / "elsewhere"
    place.mkdir()
    monkeypatch.chdir(place)
    assert cli.run(["models", "quantize", str(source), "--to", "nf4", "--device", "cpu"]) == 0
    output = capsys.readouterr()
    assert output.out.startswith(f"tiny-nf4 holds {source} in nf4, ")
    assert output.out.endswith("kB: give it to --model.\n")
    assert output.err == ""
    assert load_model("./tiny-nf4", device="cpu").loaded.info.quantization == "nf4"


@pytest.mark.slow
def test_what_cannot_be_made_is_a_sentence(
    home: Home, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["models", "quantize", str(source), "--to", "int3", "--out", str(tmp_path / "x")]) == 2
    assert "--to must be nf4 or int8, not 'int3'." in capsys.readouterr().err
    assert cli.run(["models", "quantize", str(source), "--to", "nf4", "--out", str(source)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert cli.run(["models", "quantize", str(source)]) == 2
    assert "--to" in capsys.readouterr().err
