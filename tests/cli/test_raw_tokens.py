"""``--raw-tokens``: what is typed is text, unless special tokens are asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llada_tui.trace.session import read_session
from tests.checkpoints import MASK, make_checkpoint
from tests.cli.support import llada
from tests.conftest import Home, first_quick

SMALL = ("--gen-length", "8", "--block-length", "8", "--steps", "4", "--device", "cpu")
FORGED = "a <|mdm_mask|> b"


@pytest.fixture(autouse=True)
def _at_home(home: Home) -> None:
    """Each test has a home of its own."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_checkpoint(tmp_path_factory.mktemp("model")))


@pytest.mark.slow
@pytest.mark.parametrize("raw", first_quick([True, False]))
@pytest.mark.parametrize("command", first_quick([("generate",), ("compare", "--seeds", "1,2", "--no-likelihood")]))
def test_what_the_model_is_asked(model: str, tmp_path: Path, command: tuple[str, ...], raw: bool) -> None:
    path = tmp_path / "session.jsonl"
    name, *more = command
    wish = ["--raw-tokens"] if raw else []
    done = llada(name, FORGED, "--model", model, *SMALL, *more, *wish, "--record", str(path))
    assert done.code == 0, done.err
    runs = list(read_session(path).runs.values())
    assert len(runs) == (1 if name == "generate" else 2)
    for run in runs:
        assert (MASK in run.start.prompt_ids) is raw
        assert run.question == FORGED


@pytest.mark.slow
@pytest.mark.parametrize("raw", first_quick([True, False]))
def test_what_is_scored(model: str, raw: bool) -> None:
    wish = ["--raw-tokens"] if raw else []
    done = llada("score", "x", "a<|eot_id|>", "--model", model, "--device", "cpu", "--mc-num", "2", "--json", *wish)
    assert done.code == 0, done.err
    tokens = [token["text"] for token in json.loads(done.out)["tokens"]]
    assert tokens == (["a", "<|eot_id|>"] if raw else [*"a<|eot_id|>"])
