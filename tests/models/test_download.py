"""The way to a checkpoint on the hub, without a network."""

from __future__ import annotations

import errno
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub import errors as hub

from llada_tui.models import catalog, checkpoint_files, download, memory, weights
from llada_tui.models.errors import DoesNotFit, ModelError
from llada_tui.models.loading import load
from tests.checkpoints import make_checkpoint

ID = "someone/LLaDA-tiny"


@dataclass
class Planned:
    file_size: int
    is_cached: bool


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, which is not to be asked."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return tmp_path


def fill(cache: Path, **shape: Any) -> Path:
    """Puts a checkpoint into the cache as the hub's own client would."""
    root = cache / f"models--{ID.replace('/', '--')}"
    commit = "a" * 40
    (root / "refs").mkdir(parents=True)
    (root / "refs" / "main").write_text(commit)
    return make_checkpoint(root / "snapshots" / commit, **shape)


def raising(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)


def test_what_is_in_the_cache_loads_without_a_network(cache: Path) -> None:
    folder = fill(cache, shards=2)
    assert catalog.cached(ID) == folder
    model = load(ID, device="cpu")
    assert model.info.id == ID


def test_half_a_checkpoint_is_not_in_the_cache(cache: Path) -> None:
    folder = fill(cache, shards=2)
    (folder / "model-00002-of-00002.safetensors").unlink()
    assert catalog.cached(ID) is None
    with pytest.raises(ModelError, match=r"shards|cannot be reached"):
        load(ID, device="cpu")


def test_no_network_and_nothing_in_the_cache(cache: Path) -> None:
    with pytest.raises(
        ModelError, match=r"is not on this machine and the Hugging Face hub cannot be reached: .*network"
    ):
        download.find(ID)
    with pytest.raises(ModelError, match="GSAI-ML/LLaDA-8B-Instruct is not on this machine"):
        download.find("8b")


def test_progress_is_in_bytes_and_counts_what_was_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fake(hub_id: str, *, allow_patterns: list[str], dry_run: bool = False, tqdm_class: Any = None) -> Any:
        assert hub_id == ID
        assert not any(pattern.endswith((".py", ".bin")) for pattern in allow_patterns)
        if dry_run:
            return [Planned(300, True), Planned(700, False)]
        bar = tqdm_class(desc="Downloading", total=0, initial=0, unit="B", unit_scale=True, name="hub")
        files = tqdm_class(desc="Fetching 2 files", total=2)
        for part in (100, 200, 400):
            bar.update(part)
        files.update(1)
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fake)
    (tmp_path / "tokenizer_config.json").touch()  # else the hub is asked for it
    progress: list[tuple[str, int, int]] = []
    assert download.find(ID, lambda *stage: progress.append(stage)) == tmp_path
    assert progress == [("download", 400, 1000), ("download", 600, 1000), ("download", 1000, 1000)]


def response() -> Any:
    import httpx2

    return httpx2.Response(404, request=httpx2.Request("GET", "https://huggingface.co"))


def test_errors_of_the_hub_are_sentences(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    for error, sentence in (
        (hub.GatedRepoError("no", response=response()), "is gated: ask for access at https://huggingface.co/someone"),
        (hub.RepositoryNotFoundError("no", response=response()), "There is no model someone/LLaDA-tiny"),
        (OSError(errno.ENOSPC, "No space left"), "The disk is full"),
        (ConnectionError("reset"), "cannot be reached"),
    ):
        raising(monkeypatch, error)
        with pytest.raises(ModelError, match=sentence) as raised:
            download.find(ID)
        assert "\n" not in str(raised.value)


def test_an_id_that_cannot_be_one(cache: Path) -> None:
    with pytest.raises(ModelError, match="is no id of the Hugging Face hub"):
        download.find("a--b/c..d")


def test_the_demo_is_found_or_said_to_be_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(catalog, "DEMO_FOLDER", tmp_path)
    with pytest.raises(ModelError, match="embedded checkpoint is missing"):
        download.find("demo")
    made = make_checkpoint(tmp_path)
    assert download.find("demo") == made
    assert load("demo", device="cpu").info.demo
    shutil.rmtree(made)


class Downloads(BaseException):
    """The weights would be downloaded now."""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint on a hub of which nothing is downloaded yet; to download it raises `Downloads`."""
    folder = make_checkpoint(tmp_path / "hub", shards=2)

    def snapshot(hub_id: str, *, allow_patterns: list[str], dry_run: bool = False, tqdm_class: Any = None) -> Any:
        assert hub_id == ID
        if not dry_run:
            raise Downloads
        return [Planned(path.stat().st_size, False) for path in folder.iterdir()]

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda hub_id, name: str(folder / name))
    monkeypatch.setattr(
        huggingface_hub,
        "get_safetensors_metadata",
        lambda hub_id: huggingface_hub.get_local_safetensors_metadata(folder),
    )
    return folder


def test_what_does_not_fit_is_not_downloaded(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free", lambda device: 100_000)
    with pytest.raises(DoesNotFit, match=rf"{ID} needs \d MB in float32, and 100 kB are free on this machine: "):
        load(ID, device="cpu")
    with pytest.raises(Downloads):
        load(ID, device="cpu", force=True)


def test_the_hubs_shapes_are_those_of_the_files(elsewhere: Path) -> None:
    described = download.describe(ID)
    assert described == (checkpoint_files.read_json(elsewhere / "config.json"), weights.inspect(elsewhere))


def test_what_no_one_knows_is_not_downloaded(elsewhere: Path) -> None:
    config = elsewhere / "config.json"
    config.write_text(config.read_text().replace('"llada"', '"gpt2"'))
    with pytest.raises(ModelError, match=f"{ID} .*model_type = 'gpt2'"):
        load(ID, device="cpu")


def test_pickles_are_not_downloaded(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(hub_id: str) -> None:
        raise hub.NotASafetensorsRepoError("no")

    monkeypatch.setattr(huggingface_hub, "get_safetensors_metadata", none)
    with pytest.raises(ModelError, match=f"{ID} holds no safetensors"):
        load(ID, device="cpu")


def test_a_hub_that_tells_no_shapes_is_downloaded_from(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(hub_id: str) -> None:
        raise ConnectionError("reset")

    monkeypatch.setattr(huggingface_hub, "get_safetensors_metadata", broken)
    monkeypatch.setattr(memory, "free", lambda device: 100_000)
    with pytest.raises(Downloads):
        load(ID, device="cpu")
