"""dllm's models: the logits and the tokens that its published code gave (ZHZisZZ/dllm), and how its samplers count."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import ModernBertForMaskedLM, Qwen3Config, Qwen3ForCausalLM

from llada_tui.api import Model, load_model
from llada_tui.diffusion.dllm_pace import DllmPace
from llada_tui.models.errors import ModelError
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.loading import load
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from tests.checkpoints import make_checkpoint
from tests.models.published_runs import GOLDEN, check_run, published

FULL, BLOCKS, BERT = "a2d-qwen2-mdlm-tiny", "a2d-qwen3-bd3lm-tiny", "modernbert-chat-tiny"


def settings_of(name: str, index: int, *, cache: str = "none") -> SamplerSettings:
    case = published(name).case(index)
    length, block = case["gen_length"], case["block_length"]
    blocks = -(-length // block)
    steps = max(case["steps"] if "steps" in case else case["steps_per_block"] * blocks, blocks)
    return SamplerSettings(
        steps,
        length,
        block,
        cfg_scale=case.get("cfg_scale", 0.0),
        early_stop=name == BLOCKS and case["prompt"] != "batch",  # a row that is done writes on there, until all are
        confidence_eos_eot_inf="begin_suppress_tokens" in case,
        cache=cache,
    )


def logits(model: LoadedModel, ids: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
    with torch.no_grad():
        return model.logits(ids, mask, torch.ones_like(ids, dtype=torch.bool)).view(*ids.shape, -1)


def test_logits_are_the_published_ones_with_padding_and_without() -> None:
    runs = published(FULL)
    ids, mask = (runs.tensors[f"forward.{part}"].long() for part in ("input_ids", "padding_mask"))
    assert (logits(runs.model, ids)[..., ::4] - runs.tensors["forward.logits"]).abs().max() < 1e-4
    padded = logits(runs.model, ids, mask)[..., ::4] - runs.tensors["forward.padded_logits"]
    assert padded[mask.bool()].abs().max() < 1e-4


@pytest.mark.parametrize("index", [*range(10), 12, 14, 15])
def test_a_model_that_sees_both_ways_writes_the_published_tokens(index: int) -> None:
    check_run(published(FULL), index, settings_of(FULL, index))


@pytest.mark.parametrize("index", [0, 1, 3, 4, 5, 6, 8, 9, 12, 14])
def test_modernbert_writes_the_published_tokens(index: int) -> None:
    check_run(published(BERT), index, settings_of(BERT, index))


def test_modernbert_has_the_logits_of_its_own_class_with_padding_and_without() -> None:
    runs = published(BERT)
    network = ModernBertForMaskedLM.from_pretrained(GOLDEN / BERT, dtype=torch.float32).eval()
    ids, mask = (runs.tensors[f"forward.{part}"].long() for part in ("input_ids", "padding_mask"))
    with torch.no_grad():
        assert torch.equal(logits(runs.model, ids), network(ids).logits)
        padded = logits(runs.model, ids, mask) - network(ids, attention_mask=mask).logits
    assert padded[mask.bool()].abs().max() < 1e-4


def test_what_modernbert_cannot_do_it_says() -> None:
    model = published(BERT).model
    canvas = torch.full((1, 16), model.mask_id)
    for cache in ("prefix", "dual"):
        with pytest.raises(SettingsError, match="This model keeps no keys and values: set cache to none"):
            list(model.denoise(canvas, SamplerSettings(4, 8, 8, cache=cache), prompt_length=8))
    with pytest.raises(SettingsError, match="wino verifies tokens in a way that this model cannot"):
        list(model.denoise(canvas, SamplerSettings(4, 8, 8, remasking="wino"), prompt_length=8))
    with pytest.raises(ModelError, match="cannot be compiled, since it keeps no keys and values"):
        load(GOLDEN / BERT, device="cpu", mask_id=629, compile=True)


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """ModernBERT with a tokenizer of bytes, so that the words that end a turn are nine tokens."""
    folder = tmp_path_factory.mktemp("bert") / "model"
    shutil.copytree(GOLDEN / BERT, folder)
    words = make_checkpoint(tmp_path_factory.mktemp("words"))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(words / name, folder / name)
    return load(folder, device="cpu", mask_id=629)


def test_a_turn_ends_with_words_of_several_tokens(chat: LoadedModel) -> None:
    answer = chat.encode_answer("Yes.[/Answer] and more")
    assert len(answer) > 20
    assert chat.decode(answer) == "Yes."
    assert chat.ends_text(answer)
    assert not chat.ends_text(answer[:12])
    assert chat.eos_id == 628


def test_a_run_stops_early_where_words_end_the_turn(chat: LoadedModel) -> None:
    written = chat.encode_answer("Yes.[/Answer]")
    canvas = torch.tensor([[5, 6, *written, *[chat.mask_id] * 8]])
    settings = SamplerSettings(8, len(written) + 8, 32, early_stop=True)
    assert list(chat.denoise(canvas, settings, prompt_length=2)) == []
    canvas[0, 6] = chat.mask_id
    assert len(list(chat.denoise(canvas, settings, prompt_length=2))) > 0


@pytest.mark.parametrize("cache", ["none", "prefix", "dual"])
@pytest.mark.parametrize("index", [*range(9), 12, 13])
def test_a_model_of_blocks_writes_the_published_tokens(index: int, cache: str) -> None:
    check_run(published(BLOCKS), index, settings_of(BLOCKS, index, cache=cache))


@pytest.mark.parametrize(
    ("name", "index"), [(FULL, 10), (FULL, 11), (FULL, 13), (BERT, 10), (BERT, 11), (BERT, 13), (BLOCKS, 9)]
)
def test_the_options_of_its_samplers_give_the_published_tokens(name: str, index: int, tmp_path: Path) -> None:
    runs = published(name)
    case = runs.case(index)
    folder = copied(name, tmp_path / name, right_shift_logits=case.get("right_shift_logits", False))
    ids = {kind: runs.expected[kind] for kind in ("mask_id", "eos_id", "eot_id") if runs.expected[kind] is not None}
    model = load_model(folder, device="cpu", dtype="float32", **ids).with_tokens(
        suppressed=case.get("suppress_tokens", ()), kept_in_guidance=case.get("cfg_keep_tokens", ())
    )
    check_run(runs, index, settings_of(name, index), model.loaded)


@pytest.mark.parametrize("cache", ["none", "prefix", "dual"])
@pytest.mark.parametrize("index", [10, 11])
def test_logits_of_blocks_may_be_shifted(index: int, cache: str, tmp_path: Path) -> None:
    runs = published(BLOCKS)
    folder = copied(BLOCKS, tmp_path / BLOCKS, right_shift_logits=True)
    model = load(folder, device="cpu", dtype="float32", mask_id=runs.model.mask_id)
    check_run(runs, index, settings_of(BLOCKS, index, cache=cache), model)


def test_tokens_that_it_has_not_are_neither_suppressed_nor_kept() -> None:
    model = Model(published(FULL).model)
    for ids in ([-1], [model.loaded.vocab_size], [model.loaded.mask_id]):
        with pytest.raises(ModelError, match="is no token that this model writes"):
            model.with_tokens(suppressed=ids)
        with pytest.raises(ModelError, match="is no token that this model writes"):
            model.with_tokens(kept_in_guidance=ids)


def test_tokens_add_to_those_suppressed_and_kept_before() -> None:
    model = Model(published(FULL).model)
    tokens = model.with_tokens(suppressed=[3], kept_in_guidance=[5]).with_tokens(suppressed=[4], kept_in_guidance=[6])
    assert list(tokens.loaded.banned_ids) == [*model.loaded.banned_ids, 3, 4]
    assert (list(tokens.loaded.kept_in_guidance), list(model.loaded.kept_in_guidance)) == ([5, 6], [])


def test_blocks_of_padded_rows_count_columns_as_published(tmp_path: Path) -> None:
    tensors = published(BLOCKS).tensors
    ids, mask = tensors["forward.padded_input_ids"].long(), tensors["forward.padding_mask"].long()
    model = load_model(copied(BLOCKS, tmp_path / "copy", block_size=8), device="cpu", mask_id=630)
    padded = model.logits(ids, mask)[..., ::4] - tensors["forward.padded_logits"]
    assert padded[mask.bool()].abs().max() < 1e-4


def test_a_model_of_blocks_has_the_published_logits(tmp_path: Path) -> None:
    tensors = published(BLOCKS).tensors
    ids = tensors["forward.input_ids"].long()
    for size, kind in ((8, "block_causal"), (0, "bidirectional")):
        model = load_model(copied(BLOCKS, tmp_path / str(size), block_size=size), device="cpu", mask_id=630)
        assert (model.logits(ids)[..., ::4] - tensors[f"forward.{kind}_logits"]).abs().max() < 1e-4


@pytest.mark.parametrize(
    ("name", "index", "row"), [(FULL, 16, 0), (FULL, 17, 0), (FULL, 17, 1), (BERT, 16, 0), (BERT, 17, 1)]
)
def test_tokens_that_are_given_stay_and_blocks_count_from_the_sequence(name: str, index: int, row: int) -> None:
    runs = published(name)
    case = runs.case(index)
    mask = runs.tensors.get(f"prompt.{case['prompt']}_attention_mask")
    length = runs.prompt(index).shape[1] if mask is None else int(mask[row].sum())
    canvas = runs.prompt(index)[row : row + 1, :length]
    settings = SamplerSettings(case["steps"], length, case["block_length"], cfg_scale=case.get("cfg_scale", 0.0))
    written = [step.canvas for step in runs.model.denoise(canvas, settings, prompt_length=0)][-1]
    assert torch.equal(written, runs.output(index)[row : row + 1, :length])


def test_quotas_are_the_published_ones() -> None:
    pace, settings = DllmPace(), SamplerSettings()
    for example in published(FULL).expected["quota_examples"]:
        masks, steps = example["masks"], example["steps"]
        count, left, quotas = pace.steps_needed(masks, steps), masks, []
        for step in range(count):
            quotas.append(pace.quota(settings, masks, left, step, steps))
            left -= quotas[-1]
        assert quotas == example["quota"]


def test_a_run_of_blocks_stops_where_the_block_with_the_end_of_text_is_full() -> None:
    runs = published(BLOCKS)
    assert runs.output(0).shape[1] < runs.prompt(0).shape[1] + runs.case(0)["gen_length"]
    steps = list(
        runs.model.denoise(
            torch.cat([runs.prompt(0), torch.full((1, 32), runs.model.mask_id)], 1),
            settings_of(BLOCKS, 0),
            prompt_length=runs.prompt(0).shape[1],
        )
    )
    last = steps[-1].canvas[0, runs.prompt(0).shape[1] :]
    assert runs.model.eos_id in last[:24].tolist()
    assert bool((last[:24] != runs.model.mask_id).all())
    assert bool((last[24:] == runs.model.mask_id).all())


def copied(name: str, folder: Path, **fields: object) -> Path:
    copy = Path(shutil.copytree(GOLDEN / name, folder))
    config = json.loads((copy / "config.json").read_text()) | fields
    (copy / "config.json").write_text(json.dumps({key: value for key, value in config.items() if value is not None}))
    return copy


def test_the_name_of_a_checkpoint_or_its_config_says_that_it_has_blocks(tmp_path: Path) -> None:
    for folder, fields, size in (
        ("bd3lm/Qwen3-0.6B-diffusion-mdlm-v0.1", {}, 0),
        ("mdlm/Qwen3-0.6B-diffusion-bd3lm-v0.1", {}, 32),
        ("plain", {}, 0),
        ("with-a-size", {"block_size": 16}, 16),
        ("bd3lm-without-blocks", {"block_size": 0}, 0),
    ):
        model = load(copied(BLOCKS, tmp_path / folder, **fields), device="cpu", mask_id=630)
        assert (model.info.block_size, model.info.blocks_from_canvas) == (size, size > 0)
        assert model.info.blocks_as_set == (size > 0)


def test_blocks_hide_what_comes_after_them(tmp_path: Path) -> None:
    model = load(copied(BLOCKS, tmp_path / "copy", block_size=8), device="cpu", mask_id=630)
    ids = torch.randint(0, 600, (1, 24))
    other = ids.clone()
    other[:, 16:] = 5
    assert torch.equal(logits(model, ids)[:, :16], logits(model, other)[:, :16])
    run = model.for_run(prompt_length=11, block_length=8)  # a block begins at 11: the prompt's are 0-2, 3-10
    other = ids.clone()
    other[:, 11:] = 5
    assert torch.equal(logits(run, ids)[:, :11], logits(run, other)[:, :11])
    other = ids.clone()
    other[:, 10] = 5
    assert torch.equal(logits(run, ids)[:, :3], logits(run, other)[:, :3])
    assert not torch.equal(logits(run, ids)[:, 3:10], logits(run, other)[:, 3:10])


@pytest.mark.parametrize("tied", [True, False])
def test_a_head_in_the_file_is_read_where_the_embedding_is_not_tied_to_it(tied: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    sizes = {"vocab_size": 96, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "head_dim": 8}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64}
    network = Qwen3ForCausalLM(Qwen3Config(**sizes, **heads, tie_word_embeddings=tied)).eval()
    tensors = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    if tied:
        tensors["lm_head.weight"] = torch.randn_like(tensors["lm_head.weight"])
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    config = {**sizes, **heads, "model_type": "a2d-qwen3", "tie_word_embeddings": tied}
    (tmp_path / "config.json").write_text(json.dumps(config))
    ids = torch.randint(0, 96, (1, 12))
    with torch.no_grad():
        expected = network(ids, attention_mask=torch.zeros(1, 1, 12, 12), use_cache=False).logits
    assert (logits(load(tmp_path, device="cpu", mask_id=95), ids) - expected).abs().max() < 1e-5
    if not tied:
        tensors.pop("lm_head.weight")
        save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(Exception, match=r"they lack 1 tensors \(lm_head.weight"):
            load(tmp_path, device="cpu", mask_id=95)


def test_the_golden_checkpoints_have_tied_heads() -> None:
    assert "lm_head.weight" not in load_file(GOLDEN / FULL / "model.safetensors")
