"""Commands on a model that has blocks: runs have them, and others that were named are warned of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llada_tui.trace.session import read_session
from tests.cli.support import SCREEN_WORKER, llada
from tests.conftest import Home, first_quick


@pytest.fixture(autouse=True)
def _at_home(home: Home) -> None:
    """Each test has a home of its own."""


@pytest.mark.parametrize("preset", first_quick([(), ("--preset", "fast"), ("--preset", "best")]))
def test_a_run_has_the_blocks_of_the_model_that_was_loaded(preset: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    on_model = ("--worker", SCREEN_WORKER, "--model", "blocks:4", "--gen-length", "8")
    done = llada("generate", "hi", *on_model, *preset, "--record", str(path))
    assert (done.code, done.out, done.err) == (0, "aaaaaaaa\n", "")
    (run,) = read_session(path).runs.values()
    assert run.start.settings.block_length == 4
    named = llada("generate", "hi", *on_model, *preset, "--block-length", "8")
    assert (named.code, named.out) == (0, "aaaaaaaa\n")
    assert named.sentence.startswith("This model was trained with blocks of 4, and block_length is 8")
    few = llada("generate", "hi", *on_model, *preset, "--steps", "1")
    assert few.code == 2
    assert "steps must be at least 2" in few.sentence


@pytest.mark.slow
def test_lanes_have_the_blocks_of_the_model_that_was_loaded() -> None:
    lanes = ("compare", "hi", "--worker", SCREEN_WORKER, "--model", "blocks:4", "--gen-length", "8", "--no-likelihood")
    done = llada(*lanes, "--seeds", "1,2", "--json")
    assert (done.code, done.err) == (0, "")
    assert [lane["settings"]["block_length"] for lane in json.loads(done.out)["lanes"]] == [4, 4]
    named = llada(*lanes, "--seeds", "1,2", "--block-length", "8")
    assert named.sentence.startswith("This model was trained with blocks of 4")
    varied = llada(*lanes, "--vary", "block_length=2,8")
    assert varied.code == 0
    assert [line.rpartition("block_length is ")[2][:1] for line in varied.err.splitlines()] == ["2", "8"]
