"""What a person is told of a hub that refuses, of a cache that cannot be written, and of half a checkpoint."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import save

from llada_tui.models import catalog, download
from llada_tui.models.errors import ModelError
from llada_tui.models.hub_file import hub_file
from llada_tui.models.loading import load
from tests.checkpoints import TEMPLATE, make_checkpoint
from tests.models.local_hub import Hub, hub
from tests.models.test_download import ID, cache, fill
from tests.models.test_smdm import tensors_of_6m

__all__ = ["cache", "hub"]


@pytest.mark.parametrize(
    ("status", "headers", "token", "sentence"),
    [
        (401, {"X-Error-Message": "Invalid credentials in Authorization header"}, "hf_old", "The token is refused"),
        (401, {}, "hf_old", "The token is refused"),
        (401, {}, None, "There is no model someone/LLaDA-tiny on the Hugging Face hub, or it is private"),
        (404, {"X-Error-Code": "RepoNotFound"}, "hf_good", "There is no model someone/LLaDA-tiny"),
        (403, {"X-Error-Code": "GatedRepo"}, "hf_good", "someone/LLaDA-tiny is gated: ask for access at https://"),
        (403, {}, "hf_good", r"forbids someone/LLaDA-tiny \(403\)"),
        (500, {}, None, r"not on this machine and the Hugging Face hub answers with an error \(500\)"),
    ],
)
def test_what_a_hub_refuses_is_told(
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    headers: dict[str, str],
    token: str | None,
    sentence: str,
) -> None:
    hub.refuses = (status, headers)
    if token is not None:
        monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(ModelError, match=sentence) as raised:
        download.find(ID)
    assert (None if token is None else f"Bearer {token}") in hub.tokens
    assert "\n" not in str(raised.value)
    assert "network" not in str(raised.value) or status == 500


@pytest.mark.parametrize("answer", ["a login page", "half a JSON", "redirects without an end"])
def test_what_is_no_answer_of_a_hub_is_told(hub: Hub, answer: str) -> None:
    if answer == "redirects without an end":
        hub.refuses = (302, {"Location": "/"})
    else:
        hub.refuses = (200, {})
        hub.body = b"<html>" if answer == "a login page" else b"{"
    with pytest.raises(
        ModelError, match=r"sends what is no answer of a hub \(a proxy or a login page may stand between"
    ):
        download.find(ID)


@pytest.mark.parametrize("place", ["a file", "no such device"])
def test_a_cache_that_cannot_be_written_is_named(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("not a folder")
    folder = blocked / "hub" if place == "a file" else Path("/proc/no-such-folder/hub")
    if place != "a file" and not Path("/proc/self").exists():
        pytest.skip("this system has no /proc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder))
    with pytest.raises(ModelError) as raised:
        download.find(ID)
    assert str(folder) in str(raised.value)
    assert "HF_HOME" in str(raised.value)
    assert "cannot be reached" not in str(raised.value)


@pytest.mark.parametrize("reason", [13, 30])
def test_a_cache_that_may_not_be_written_is_named(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reason: int
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr("os.makedirs", refuse)
    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(ModelError, match=r"cache cannot be written .*HF_HOME names another") as raised:
        download.find(ID)
    assert str(tmp_path / "hub") in str(raised.value)


@pytest.mark.parametrize(
    ("lacking", "shards"),
    [
        ("tokenizer.json", 1),
        ("tokenizer_config.json", 1),
        ("model.safetensors", 1),
        ("config.json", 1),
        ("model-00002-of-00002.safetensors", 2),
        ("model.safetensors.index.json", 2),
    ],
)
def test_half_a_checkpoint_without_a_network_is_not_whole(cache: Path, lacking: str, shards: int) -> None:
    folder = fill(cache, shards=shards)
    assert catalog.cached(ID) == folder
    (folder / lacking).unlink()
    assert catalog.cached(ID) is None
    with pytest.raises(ModelError, match=f"{ID} is not whole on this machine: .* is missing.*: connect once") as raised:
        load(ID, device="cpu")
    assert lacking in str(raised.value) or lacking.endswith("index.json")


def test_a_chat_template_in_a_file_of_its_own_is_missed_too(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fill(cache, template=False)
    assert catalog.cached(ID) == folder  # who knows whether it chats
    checkpoint = replace(catalog.CHECKPOINTS[0], id=ID)
    assert checkpoint.chat
    monkeypatch.setattr(catalog, "CHECKPOINTS", (checkpoint,))
    assert catalog.cached(ID) is None
    with pytest.raises(ModelError, match=r"not whole on this machine: chat_template\.jinja is missing"):
        load(ID, device="cpu")
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    assert catalog.cached(ID) == folder


def test_a_hub_that_has_no_settings_of_a_tokenizer_is_whole_without_them(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.files = {"config.json": b"{}", "model.safetensors": b"x", "tokenizer.json": b"{}"}
    folder = download.find(ID)
    assert sorted(path.name for path in folder.iterdir()) == sorted(hub.files)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert download.find(ID) == folder


def test_a_tokenizer_in_parts_makes_a_checkpoint_whole(cache: Path) -> None:
    folder = fill(cache)
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.json").write_text("{}")
    assert catalog.cached(ID) is None
    (folder / "merges.txt").write_text("")
    assert catalog.cached(ID) == folder


def test_a_checkpoint_without_a_tokenizer_loads_from_its_folder(cache: Path) -> None:
    folder = fill(cache)
    (folder / "tokenizer.json").unlink()
    assert load(folder, device="cpu").tokenizer is None


def test_a_file_of_a_repository_is_a_checkpoint_with_another_ones_tokenizer(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "nieshen/SMDM/mdm_safetensors/mdm-6M-100e18.safetensors"
    words = make_checkpoint(tmp_path / "words", template=False)
    hub.files = {
        source.removeprefix("nieshen/SMDM/"): save(tensors_of_6m(320), metadata={"format": "pt"}),
        "mdm_safetensors/mdm-6M-300e18.safetensors": b"another",
        **{name: (words / name).read_bytes() for name in ("tokenizer.json", "tokenizer_config.json")},
    }
    stages: list[tuple[str, int, int]] = []
    assert catalog.cached(source) is None
    model = load(source, device="cpu", dtype="float32", progress=lambda *amounts: stages.append(amounts))
    assert (model.info.id, model.info.family, model.mask_id, model.info.chat) == (source, "smdm", 320, False)
    assert model.decode(model.encode_answer("Yes.")) == "Yes."
    assert ("download", len(hub.files[source.removeprefix("nieshen/SMDM/")])) in {step[:2] for step in stages}
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert download.find(source) == catalog.cached(source)
    with pytest.raises(ModelError, match=r"mdm-6M-300e18\.safetensors is not on this machine"):
        download.find(source.replace("100e18", "300e18"))


def test_files_of_one_name_in_several_folders_are_several_checkpoints(hub: Hub, tmp_path: Path) -> None:
    words = make_checkpoint(tmp_path / "words", template=False)
    files = {f"{folder}mdm.safetensors": folder.encode() for folder in ("one/", "other/", "other/mdm/")}
    hub.files = files | {name: (words / name).read_bytes() for name in ("tokenizer.json", "tokenizer_config.json")}
    for file, content in files.items():
        source = f"nieshen/SMDM/{file}"
        assert catalog.cached(source) is None
        assert (download.find(source) / "mdm.safetensors").read_bytes() == content
    assert [(download.find(f"nieshen/SMDM/{file}") / "mdm.safetensors").read_bytes() for file in files] == [
        *files.values()
    ]


def test_a_file_that_a_repository_has_not_is_named(hub: Hub) -> None:
    with pytest.raises(ModelError, match=r"nieshen/SMDM on the Hugging Face hub has no file mdm-9M\.safetensors"):
        download.find("nieshen/SMDM/mdm-9M.safetensors")


@pytest.mark.parametrize("source", ["a/b/../c.safetensors", "a/b/model.safetensors", "/a/b/c.safetensors", "a/b/c.bin"])
def test_what_names_no_file_of_a_repository(source: str) -> None:
    assert hub_file(source) is None
