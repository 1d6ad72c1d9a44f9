"""SDAR: the tokens that its published code gave, with as many passes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from llada_tui.api import Model
from llada_tui.models.errors import ModelError
from llada_tui.models.loading import load
from llada_tui.settings.sampler_settings import SamplerSettings
from tests.models.published_runs import GOLDEN, check_run, published

NAME = "sdar-tiny"
STRATEGIES = {
    "low_confidence_static": "low_confidence",
    "low_confidence_dynamic": "threshold",
    "sequential": "leftmost",
}


def settings_of(index: int, cache: str) -> SamplerSettings:
    """The canvas ends where the published one does: at the end of a block, counted from the sequence's first token."""
    case, prompt = published(NAME).case(index), published(NAME).prompt(index).shape[1]
    block = case["block_length"]
    blocks = -(-(prompt + case["gen_length"]) // block) - prompt // block
    length = (prompt // block + blocks) * block - prompt
    strategy = STRATEGIES[case["strategy"]]
    parameters = {"threshold": case["threshold"], "at_least_quota": 1} if strategy == "threshold" else {}
    return SamplerSettings(
        case["denoising_steps"] * blocks,
        length,
        block,
        remasking=strategy,
        remasking_params=parameters,
        early_stop=True,
        cache=cache,
    )


@pytest.mark.parametrize("cache", ["none", "prefix"])
@pytest.mark.parametrize("index", [*range(10), 11, 12, 13, 14])
def test_it_writes_the_published_tokens(index: int, cache: str) -> None:
    check_run(published(NAME), index, settings_of(index, cache))


def configured(folder: Path, **fields: object) -> Path:
    """The golden checkpoint with other fields in its config.json, and without its block size and mask."""
    copy = Path(shutil.copytree(GOLDEN / NAME, folder))
    config = json.loads((copy / "config.json").read_text())
    del config["block_size"], config["mask_token_id"]
    (copy / "config.json").write_text(json.dumps(config | fields))
    return copy


def test_blocks_of_four_where_the_config_says_nothing(tmp_path: Path) -> None:
    assert published(NAME).model.info.blocks_as_set
    for number, fields in enumerate(({}, {"block_size": None}, {"block_size": 0})):
        info = load(configured(tmp_path / f"copy-{number}", **fields), device="cpu", mask_id=636).info
        assert (info.block_size, info.blocks_from_canvas, info.eos_id) == (4, False, 610)


def test_the_name_of_a_variant_says_how_long_its_blocks_are(tmp_path: Path) -> None:
    for name, fields, size in (
        ("SDAR-1.7B-Chat-b32", {}, 32),
        ("models--JetLM--SDAR-8B-Chat-b16/snapshots/0a1b", {}, 16),
        ("SDAR-b8/SDAR-1.7B-Chat", {}, 4),
        ("SDAR-4B-Chat-b32-too", {"block_size": 8}, 8),
        ("SDAR-4B-Chat-b32x", {}, 4),
    ):
        assert load(configured(tmp_path / name, **fields), device="cpu", mask_id=636).info.block_size == size


@pytest.mark.parametrize("wrong", ["x", True, -4, 2.5, [4], 1 << 40])
def test_a_block_size_that_is_none_is_refused(wrong: object, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has block_size = .*(is no size|no model has more|is too large)"):
        load(configured(tmp_path / "copy", block_size=wrong), device="cpu", mask_id=636)


def test_steps_are_shared_by_the_blocks_of_the_sequence() -> None:
    """The prompt's last tokens share a block with the first masks: its quotas are those of a whole block."""
    model = published(NAME).model
    canvas = torch.cat([torch.randint(0, 600, (1, 6)), torch.full((1, 8), model.mask_id)], 1)
    steps = list(model.denoise(canvas, SamplerSettings(8, 8, 4), prompt_length=6))
    assert [(step.block, len(step.rows[0].commits)) for step in steps] == [(0, 2), (1, 2), (1, 1), (1, 1), (2, 2)]
    assert model.info.edges(SamplerSettings(8, 8, 4), 6) == [0, 2, 6, 8]


def test_a_config_does_not_choose_the_program_that_computes_attention() -> None:
    """SDAR's names one that does not run on a CPU."""
    assert json.loads((GOLDEN / NAME / "config.json").read_text())["attn_implementation"] == "flex_attention"
    assert published(NAME).model.network.config._attn_implementation == "sdpa"


def test_another_end_of_its_generation_config_ends_a_turn() -> None:
    model = load(GOLDEN / NAME, device="cpu")
    assert (model.mask_id, model.eos_id, model.eot_id) == (636, 610, 612)


@pytest.mark.slow
def test_the_library_begins_with_the_blocks_of_the_model_and_takes_others() -> None:
    model = Model(published(NAME).model)
    ids = list(range(5, 13))
    plain = model.generate(ids)
    assert plain.token_ids == model.generate(ids, SamplerSettings(128, 128, 4)).token_ids
    assert plain.token_ids != model.generate(ids, SamplerSettings(128, 128, 128)).token_ids


def test_a_suffix_that_it_would_not_see_is_refused() -> None:
    model = Model(published(NAME).model)
    with pytest.raises(ModelError, match="does not see what comes after a block, so it writes towards no suffix"):
        model.generate([5, 6, 7, 8], SamplerSettings(8, 8, 4), suffix=[9])
    assert len(model.generate([5, 6, 7, 8], SamplerSettings(8, 8, 4), suffix=[]).token_ids) == 8
