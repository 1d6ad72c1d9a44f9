"""A tokenizer small enough to be trained in a test session."""

from pathlib import Path

import pytest

from training.tokenizer import Vocabulary, save_tokenizer, train_tokenizer


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained tokenizer."""
    folder = tmp_path_factory.mktemp("tokenizer")
    save_tokenizer(train_tokenizer(vocabulary=900, count=1500), folder, longest=256)
    return folder


@pytest.fixture(scope="session")
def vocabulary(tokenizer_folder: Path) -> Vocabulary:
    """Its vocabulary."""
    return Vocabulary.load(tokenizer_folder)
