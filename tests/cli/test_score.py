"""``llada-tui score``."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from llada_tui import cli, load_model
from tests.checkpoints import make_checkpoint
from tests.conftest import Home

Score = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("chat"))


@pytest.fixture
def score(folder: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> Score:
    def called(*arguments: str, model: Path = folder) -> tuple[int, str, str]:
        code = cli.run(["score", "--model", str(model), "--device", "cpu", *arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    return called


@pytest.mark.slow
def test_every_token_and_the_sum_are_told(score: Score, folder: Path) -> None:
    code, out, err = score("Hi", "a\x1bb")
    likelihood = load_model(folder, device="cpu").log_likelihood("Hi", "a\x1bb")
    assert (code, err) == (0, "")
    head, *rows, empty, total, each = out.splitlines()
    assert head.split() == ["token", "id", "log", "p"]
    assert [row.split() for row in rows] == [
        [text, str(token), f"{value:.4f}"]
        for text, token, value in zip(["'a'", r"'\x1b'", "'b'"], [97, 27, 98], likelihood.tokens, strict=True)
    ]
    assert empty == ""
    assert total.split() == ["log-likelihood", f"{likelihood.total:.4f}", "nats", "(exact)"]
    assert each.startswith(f"per token       {likelihood.per_token:.4f} nats, perplexity ")


@pytest.mark.slow
def test_json_has_all_of_it(score: Score, folder: Path) -> None:
    code, out, _ = score("Hi", "a longer answer", "--json", "--mc-num", "20", "--cfg-scale", "0.5", "--seed", "7")
    assert code == 0
    report = json.loads(out)
    likelihood = load_model(folder, device="cpu").log_likelihood("Hi", "a longer answer", 20, 0.5, seed=7)
    assert (report["log_likelihood"], report["standard_error"]) == (likelihood.total, likelihood.standard_error)
    assert [token["log_probability"] for token in report["tokens"]] == likelihood.tokens
    assert "".join(token["text"] for token in report["tokens"]) == "a longer answer"
    assert (report["samples"], report["mc_num"], report["cfg_scale"], report["seed"]) == (20, 20, 0.5, 7)
    assert report["model"]["family"] == "llada"


@pytest.mark.slow
def test_samples_tell_their_error(score: Score) -> None:
    assert "(standard error " in score("Hi", "a longer answer", "--mc-num", "20")[1]
    assert "(one sample, which tells no standard error)" in score("Hi", "a longer answer", "--mc-num", "1")[1]
    assert json.loads(score("Hi", "a longer answer", "--mc-num", "1", "--json")[1])["standard_error"] is None


@pytest.mark.slow
def test_what_cannot_be_scored_is_said(score: Score) -> None:
    assert score("Hi", "") == (2, "", "llada-tui: The answer is empty: there is nothing to score.\n")
    code, out, err = score("Hi", "a" * 300)
    assert (code, out) == (1, "")
    assert "the model reads at most 256: shorten them" in err
    assert score("Hi", "a", "--mc-num", "0")[0] == 2


@pytest.mark.slow
def test_what_cannot_be_loaded_is_said(score: Score, tmp_path: Path) -> None:
    bare = make_checkpoint(tmp_path / "bare", tokenizer=False)
    assert "has no tokenizer" in score("Hi", "a", model=bare)[2]
    assert "There is no folder" in score("Hi", "a", model=tmp_path / "nowhere")[2]


@pytest.mark.slow
def test_the_prompt_can_be_read_from_the_standard_input(score: Score, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Hi\n")))
    assert score("-", "there") == score("Hi", "there")
    assert score("-", "there") == (2, "", "llada-tui: The prompt is empty.\n")
