"""The library: equal to the published code on its checkpoints, and what a prompt may be."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from llada_tui import SamplerSettings, load_model
from llada_tui.api import Model
from llada_tui.models.errors import ModelError, OutOfMemory
from tests.checkpoints import EOS, MASK, make_checkpoint

GOLDEN = sorted((Path(__file__).parent / "golden").glob("llada-tiny-*"))


@cache
def golden(folder: Path) -> tuple[Model, dict[str, Any], dict[str, torch.Tensor]]:
    """The model, what is expected of it, and the tensors that go with it."""
    expected = json.loads((folder / "expected.json").read_text())
    model = load_model(folder, eot_id=expected["eot_id"], device="cpu")
    return model, expected, load_file(folder / "expected.safetensors")


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load_model(make_checkpoint(tmp_path_factory.mktemp("chat")), device="cpu")


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda folder: folder.name)
def test_logits_are_the_published_ones(folder: Path) -> None:
    model, expected, tensors = golden(folder)
    assert (model.loaded.mask_id, model.loaded.eos_id) == (expected["mask_id"], expected["eos_id"])
    assert model.loaded.info.dtype == "float32"
    ids, mask = tensors["forward.input_ids"], tensors["forward.padding_mask"]
    assert (model.logits(ids) - tensors["forward.logits"]).abs().max() < 1e-4
    assert (model.logits(ids, mask) - tensors["forward.padded_logits"]).abs().max() < 1e-4
    assert model.logits(ids[0].tolist()).shape == (1, ids.shape[1], model.loaded.vocab_size)


@pytest.mark.parametrize("index", range(11))
@pytest.mark.parametrize("folder", GOLDEN, ids=lambda folder: folder.name)
def test_every_case_is_exact(folder: Path, index: int) -> None:
    model, expected, tensors = golden(folder)
    case = dict(expected["cases"][index])
    passes = case.pop("forward_passes")
    prompt = tensors[f"prompt.{case.pop('prompt')}"]
    settings = SamplerSettings(**{name: value for name, value in case.items() if name != "index"})
    rows: Any = prompt
    padding = tensors.get("prompt.batch_attention_mask") if len(prompt) > 1 else None
    if padding is not None:
        rows = [row[is_token.bool()].tolist() for row, is_token in zip(prompt, padding, strict=True)]

    steps = list(model.denoise(rows, settings))
    before = torch.stack([step.canvas_before for step in steps])[..., -settings.gen_length :]
    canvases = tensors[f"case{index}.canvas_before_each_step"][..., -settings.gen_length :]
    assert torch.equal(before, canvases[: len(steps)])
    output = tensors[f"case{index}.output_ids"][:, -settings.gen_length :]
    result = model.generate(rows, settings)
    assert result.token_ids == output.tolist()
    assert result.steps == result.forward_passes == len(steps) == min(passes, settings.gen_length)


def test_prompts_of_every_kind(chat: Model) -> None:
    settings = SamplerSettings(steps=4, gen_length=8, block_length=8)
    message = [{"role": "user", "content": "Hi"}]
    ids = chat.loaded.encode_prompt(message)
    single = chat.generate("Hi", settings)
    assert isinstance(single.text, str)
    assert chat.generate(message, settings) == single == chat.generate(ids, settings)
    assert chat.generate(torch.tensor(ids), settings) == single
    batch = chat.generate([ids, [65, 66]], settings)
    assert batch.token_ids == [single.token_ids, chat.generate([65, 66], settings).token_ids]
    assert batch.text == [single.text, chat.generate([65, 66], settings).text]
    assert chat.generate(torch.tensor([ids]), settings).token_ids == [single.token_ids]
    assert chat.generate([torch.tensor(ids), torch.tensor([65, 66])], settings) == batch
    assert chat.generate([], settings).steps == 4


def test_text_ends_at_the_first_end(chat: Model) -> None:
    assert chat.loaded.decode([72, 105, EOS, 72]) == "Hi"


def test_a_canvas_past_the_context_is_refused(chat: Model) -> None:
    with pytest.raises(
        ModelError, match="257 tokens together, 250 of them the canvas, and the model reads at most 256"
    ):
        chat.generate([65] * 7, SamplerSettings(gen_length=250, steps=250, block_length=250))
    with pytest.raises(ModelError, match="at most 256"):
        chat.logits([65] * 257)


def test_ids_outside_the_vocabulary_are_refused(chat: Model) -> None:
    with pytest.raises(ModelError, match="There is no token 272: the model's ids are below 272"):
        chat.generate([65, 272])
    with pytest.raises(ModelError, match="There is no token -1"):
        chat.logits([[65, -1]])


def test_a_checkpoint_without_a_tokenizer_takes_ids(tmp_path: Path) -> None:
    model = load_model(make_checkpoint(tmp_path, tokenizer=False), device="cpu")
    settings = SamplerSettings(steps=4, gen_length=4, block_length=4)
    result = model.generate([1, 2, 3], settings)
    assert len(result.token_ids) == 4
    assert result.text == ""
    with pytest.raises(ModelError, match="no tokenizer: give the prompt as a list of token ids"):
        model.generate("Hi", settings)


def test_out_of_memory_says_what_to_change_and_the_model_goes_on(chat: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SamplerSettings(steps=4, gen_length=4, block_length=4)
    with monkeypatch.context() as patch:

        def full(*args: object, **kwargs: object) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

        patch.setattr(chat.loaded.network, "logits_at", full)
        with pytest.raises(OutOfMemory, match=r"shorter canvas, or load the model in 4-bit"):
            chat.generate([65], settings)
    assert chat.generate([65], settings).steps == 4


@pytest.mark.parametrize("folder", GOLDEN, ids=lambda folder: folder.name)
def test_likelihoods_are_the_published_ones(folder: Path) -> None:
    model, expected, tensors = golden(folder)
    cases = expected.get("likelihood")
    if not cases:
        pytest.skip("the checkpoint brings no likelihoods")
    prompt = tensors["likelihood.prompt"]
    for case in cases:
        answer, guidance = tensors[f"likelihood.{case['answer']}"], case["cfg_scale"]
        likelihood = model.log_likelihood(prompt, answer, cfg_scale=guidance)
        if len(answer) == 1:
            assert likelihood.total == pytest.approx(case["log_likelihood"], abs=1e-4)
            continue
        expected_total, error = case["log_likelihood_mean"], case["standard_error"]
        assert likelihood.standard_error == 0
        assert abs(likelihood.total - expected_total) < 4 * error
        drawn = model.log_likelihood(prompt, answer, 30, guidance)
        assert drawn.samples == 30
        assert abs(drawn.total - expected_total) < 4 * (drawn.standard_error**2 + error**2) ** 0.5


def test_answers_of_every_kind_are_scored(chat: Model) -> None:
    likelihood = chat.log_likelihood("Hi", "You")
    assert len(likelihood.tokens) == 3
    assert chat.log_likelihood([{"role": "user", "content": "Hi"}], list(b"You")) == likelihood
    assert chat.log_likelihood(torch.tensor(chat.loaded.encode_prompt("Hi")), torch.tensor(list(b"You"))) == likelihood


def test_answers_that_cannot_be_scored(chat: Model) -> None:
    for answer, sentence in (
        ("", "The answer is empty"),
        ([], "The answer is empty"),
        ([300], "There is no token 300"),
        ([MASK], "holds the mask token"),
        ("a" * 300, "the model reads at most 256: shorten them"),
    ):
        with pytest.raises(ModelError, match=sentence):
            chat.log_likelihood("Hi", answer)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="One prompt at a time"):
        chat.log_likelihood([[1], [2]], [1])  # type: ignore[arg-type,list-item]
