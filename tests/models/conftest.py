"""Fixtures of the tests of a checkpoint's text process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llada_tui.models.text_process import TextProcess
from tests.checkpoints import make_checkpoint


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("text") / "checkpoint")


@pytest.fixture(scope="module")
def state(folder: Path) -> str:
    return (folder / "tokenizer.json").read_text()


@pytest.fixture
def process() -> Iterator[TextProcess]:
    made = TextProcess()
    yield made
    made.end()
