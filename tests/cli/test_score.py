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
        told = capsys.readouterr()
        return code, told.out, told.err

    return called


def test_every_token_and_the_sum_are_told(score: Score, folder: Path) -> None:
    code, out, err = score("Hi", "a\x1bb")
    found = load_model(folder, device="cpu").log_likelihood("Hi", "a\x1bb")
    assert (code, err) == (0, "")
    head, *rows, empty, total, each = out.splitlines()
    assert head.split() == ["token", "id", "log", "p"]
    assert [row.split() for row in rows] == [
        [text, str(token), f"{value:.4f}"]
        for text, token, value in zip(["'a'", r"'\x1b'", "'b'"], [97, 27, 98], found.tokens, strict=True)
    ]
    assert empty == ""
    assert total.split() == ["log-likelihood", f"{found.total:.4f}", "nats", "(exact)"]
    assert each.startswith(f"per token       {found.per_token:.4f} nats, perplexity ")


def test_json_has_all_of_it(score: Score, folder: Path) -> None:
    code, out, _ = score("Hi", "a longer answer", "--json", "--mc-num", "20", "--cfg-scale", "0.5", "--seed", "7")
    assert code == 0
    told = json.loads(out)
    found = load_model(folder, device="cpu").log_likelihood("Hi", "a longer answer", 20, 0.5, seed=7)
    assert (told["log_likelihood"], told["standard_error"]) == (found.total, found.standard_error)
    assert [token["log_probability"] for token in told["tokens"]] == found.tokens
    assert "".join(token["text"] for token in told["tokens"]) == "a longer answer"
    assert (told["samples"], told["mc_num"], told["cfg_scale"], told["seed"]) == (20, 20, 0.5, 7)
    assert told["model"]["family"] == "llada"


def test_samples_tell_their_error(score: Score) -> None:
    assert "(standard error " in score("Hi", "a longer answer", "--mc-num", "20")[1]
    assert "(one sample, which tells no standard error)" in score("Hi", "a longer answer", "--mc-num", "1")[1]
    assert json.loads(score("Hi", "a longer answer", "--mc-num", "1", "--json")[1])["standard_error"] is None


def test_what_cannot_be_scored_is_said(score: Score, tmp_path: Path) -> None:
    assert score("Hi", "") == (2, "", "llada-tui: The answer is empty: there is nothing to score.\n")
    code, out, err = score("Hi", "a" * 300)
    assert (code, out) == (1, "")
    assert "the model reads at most 256: shorten them" in err
    bare = make_checkpoint(tmp_path / "bare", tokenizer=False)
    assert "has no tokenizer" in score("Hi", "a", model=bare)[2]
    assert "There is no folder" in score("Hi", "a", model=tmp_path / "nowhere")[2]
    assert score("Hi", "a", "--mc-num", "0")[0] == 2


def test_the_prompt_can_be_read_from_the_standard_input(score: Score, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Hi\n")))
    assert score("-", "there") == score("Hi", "there")
    assert score("-", "there") == (2, "", "llada-tui: The prompt is empty.\n")
