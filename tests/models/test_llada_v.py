"""LLaDA-V is equal to its published code at every stage: pixels, tower, positions, logits, generation."""

from __future__ import annotations

import json
import shutil
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from llada_tui import SamplerSettings, load_model
from llada_tui.diffusion.influence import influence
from llada_tui.models import memory, weights
from llada_tui.models.errors import ModelError
from llada_tui.models.families.llada_v import LLaDAVForMaskedDiffusion
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.seeing import with_pictures
from llada_tui.trace.resume import Resume
from tests.checkpoints import read_config
from tests.models.llada_v import (
    EXPECTED,
    FOLDER,
    IDS,
    OTHER_IDS,
    ids,
    picture,
    pictures,
    seeing,
    tensors,
    with_tokenizer,
)

CASES = [*EXPECTED["cases"], *EXPECTED["cases_v"]]
QUIRKS = [case for case in CASES if case.get("quirk")]
MODES = {"pad_list": "pad", None: None}


def network() -> LLaDAVForMaskedDiffusion:
    made = seeing().loaded.network
    assert isinstance(made, LLaDAVForMaskedDiffusion)
    return made


def apart(made: Tensor, name: str) -> float:
    expected = tensors()[name]
    assert made.shape == expected.shape
    return (made - expected).abs().max().item()


def settings_of(case: dict[str, Any]) -> SamplerSettings:
    names = ("steps", "gen_length", "block_length", "cfg_scale")
    return SamplerSettings(**{name: case[name] for name in names if name in case})


def request(case: dict[str, Any]) -> dict[str, Any]:
    mode = case.get("image_mode")
    return {
        "images": pictures(case),
        "stop": case.get("stop"),
        "suffix": case.get("suffix"),
        "image_mode": MODES.get(mode, mode),
    }


@pytest.mark.parametrize("image", EXPECTED["images"], ids=lambda image: "x".join(map(str, image["size_wh"])))
def test_a_picture_becomes_the_published_positions(image: dict[str, Any]) -> None:
    index, made = image["index"], network()
    tiles = made.tiling.tiles(picture(index))
    assert blake2b(tiles.numpy().tobytes(), digest_size=16).hexdigest() == image["pixels_blake2b"]
    with torch.inference_mode():
        if f"image{index}.vision" in tensors():
            assert apart(made.tower_features(tiles), f"image{index}.vision") < 4e-5
        assert apart(made.picture_embeddings(picture(index), "anyres"), f"image{index}.tokens") < 4e-5
    assert made.picture_tokens(picture(index).size, "anyres") == image["tokens"]


@pytest.mark.parametrize(("mode", "name"), [("pad", "list"), ("pad_tensor", "tensor")])
def test_pictures_padded_to_squares_are_the_published_ones(mode: str, name: str) -> None:
    pad = EXPECTED["pad"]
    squares = torch.cat([network().tiling.square(picture(index)) for index in pad["images"]])
    assert blake2b(squares.numpy().tobytes(), digest_size=16).hexdigest() == pad["pixels_blake2b"]
    model, rows = with_pictures(seeing().loaded, [ids("pad.input_ids")], pictures(pad), mode)
    embeddings = network().embedded(torch.tensor(rows), model.pictures)["inputs_embeds"]
    assert apart(embeddings, f"pad.embeds_{name}") < 4e-5


@pytest.mark.parametrize("case", EXPECTED["forward_mm"][1:3], ids=lambda case: str(case["index"]))
def test_logits_with_pictures(case: dict[str, Any]) -> None:
    name = f"forward_mm{case['index']}"
    assert apart(seeing().logits([ids(f"{name}.input_ids")], images=pictures(case)), f"{name}.logits") < 1e-4


def test_logits_of_texts_that_are_padded() -> None:
    texts, mask = tensors()["forward.input_ids"].long(), tensors()["forward.padding_mask"].long()
    logits = seeing().logits(texts, mask)
    assert (logits - tensors()["forward.padded_logits"])[mask.bool()].abs().max() < 1e-4


@pytest.mark.parametrize("case", [case for case in CASES if not case.get("quirk")], ids=lambda case: str(case["index"]))
def test_what_is_written_is_as_published(case: dict[str, Any]) -> None:
    """Token for token at every step, in as many passes."""
    index = case["index"]
    prompt, options = ids(f"prompt.{case['prompt']}"), request(case)
    result = seeing().generate(prompt, settings_of(case), **options)
    assert result.token_ids == tensors()[f"case{index}.generated_ids"].long()[0].tolist()
    assert result.forward_passes == case["forward_passes"]
    published = tensors()[f"case{index}.canvas"].long()
    steps = list(seeing().denoise(prompt, settings_of(case), **options))
    assert torch.equal(torch.stack([step.canvas_before[0, -published.shape[1] :] for step in steps]), published)


def test_the_stop_sequence_that_begins_first_counts() -> None:
    """Where the published code looks for the first of its list alone once any was met, and writes on past another."""
    case = next(case for case in QUIRKS if "stop" in case)
    published = tensors()[f"case{case['index']}.generated_ids"].long()[0].tolist()
    result = seeing().generate(ids(f"prompt.{case['prompt']}"), settings_of(case), **request(case))
    stops = {stop[0] for stop in case["stop"]}
    assert stops & set(published)
    assert result.token_ids == published[: next(at for at, token in enumerate(published) if token in stops)]


def test_a_mask_in_the_prompt_is_part_of_the_prompt() -> None:
    """Where the published code fills it, and leaves masks in the answer for it."""
    case = next(case for case in QUIRKS if "stop" not in case)
    prompt = ids(f"prompt.{case['prompt']}")
    assert IDS["mask_id"] in prompt
    assert IDS["mask_id"] in tensors()[f"case{case['index']}.generated_ids"].long()[0].tolist()
    steps = list(seeing().denoise(prompt, settings_of(case)))
    assert steps[-1].canvas[0, : len(prompt)].tolist() == prompt
    assert IDS["mask_id"] not in steps[-1].canvas[0, len(prompt) :].tolist()


@pytest.mark.parametrize(
    ("strategy", "cache"),
    [("low_confidence", "none"), ("low_confidence", "prefix"), ("low_confidence", "dual"), ("wino", "none"),
     ("remdm_cap", "none"), ("remdm_cap", "dual"), ("klass", "none"), ("eb_sampler", "prefix")],
)  # fmt: skip
def test_every_strategy_and_cache_work_with_a_picture(strategy: str, cache: str) -> None:
    settings = SamplerSettings(steps=16, gen_length=16, block_length=8, remasking=strategy, cache=cache, cfg_scale=0.5)
    result = seeing().generate([5, -200, 6], settings, images=[picture(2)])
    assert IDS["mask_id"] not in result.token_ids
    assert not {*EXPECTED["banned_ids"]} & set(result.token_ids)


def test_keys_and_values_of_a_picture_are_kept() -> None:
    model, rows = with_pictures(seeing().loaded, [[5, -200, *[IDS["mask_id"]] * 6]], [picture(2)])
    sequence = torch.tensor(rows)
    canvas = torch.zeros_like(sequence, dtype=torch.bool)
    canvas[:, -6:] = True
    kept = model.open_cache()
    with torch.inference_mode():
        plain, whole = model.logits(sequence, None, canvas), kept(sequence, None, canvas, None)
        again = kept(sequence, None, canvas, slice(sequence.shape[1] - 6, sequence.shape[1]))
    assert (whole - plain).abs().max() < 1e-5
    assert (again - plain).abs().max() < 1e-5


def test_what_a_token_leans_on_may_be_a_part_of_a_picture() -> None:
    model, rows = with_pictures(seeing().loaded, [[5, -200, 6, *[IDS["mask_id"]] * 4]], [picture(2)])
    sequence = torch.tensor(rows)[0]
    place, part = len(sequence) - 1, 9
    chance, leaning = influence(model, sequence, place, 7, [[part]])
    hidden = sequence.clone()
    hidden[part] = IDS["mask_id"]
    expected = [log_probability(model, each, place, 7) for each in (sequence, hidden)]
    assert chance == pytest.approx(expected[0], abs=1e-5)
    assert leaning[0] == pytest.approx(expected[0] - expected[1], abs=1e-5)
    assert leaning[0] != 0


def log_probability(model: LoadedModel, sequence: Tensor, place: int, token: int) -> float:
    positions = torch.zeros(1, len(sequence), dtype=torch.bool)
    positions[0, place] = True
    with torch.inference_mode():
        return model.logits(sequence[None], None, positions).float().log_softmax(-1)[0, token].item()


def test_an_answer_to_a_picture_is_scored() -> None:
    prompt, answer = [5, -200, 6], [7, 8, 9]
    picture_seen = seeing().log_likelihood(prompt, answer, images=[picture(2)])
    other = seeing().log_likelihood(prompt, answer, images=[picture(0)])
    assert picture_seen.standard_error == 0
    assert picture_seen.total != other.total


def test_a_branch_goes_on_from_a_step_with_its_picture() -> None:
    settings = SamplerSettings(steps=8, gen_length=16, block_length=8, temperature=0.7, seed=3)
    steps = list(seeing().denoise([5, -200, 6], settings, images=[picture(2)]))
    model, rows = with_pictures(seeing().loaded, [[5, -200, 6]], [picture(2)])
    step = steps[5]
    resume = Resume(step=5, block=step.block, block_step=step.block_step)
    tail = list(model.denoise(step.canvas_before, settings, prompt_length=len(rows[0]), resume=resume))
    assert [made.canvas.tolist() for made in tail] == [made.canvas.tolist() for made in steps[5:]]


def test_rows_of_a_batch_see_their_own_pictures() -> None:
    settings = SamplerSettings(steps=4, gen_length=8, block_length=8)
    together = seeing().generate([[5, -200, 6], [9, 9, 7, -200]], settings, images=[picture(2), picture(6)])
    apart = [
        seeing().generate(prompt, settings, images=[picture(index)])
        for prompt, index in (([5, -200, 6], 2), ([9, 9, 7, -200], 6))
    ]
    assert together.token_ids == [result.token_ids for result in apart]


def test_messages_bring_pictures(tmp_path: Path) -> None:
    model = load_model(with_tokenizer(tmp_path), device="cpu", mask_id=258, eos_id=257, eot_id=261)
    loaded = model.loaded
    assert loaded.info.sees
    assert loaded.info.banned_ids == [256, 257, 259, 260]
    asked = loaded.encode_prompt("What is it?", pictures=1)
    assert asked == loaded.encode_prompt([{"role": "user", "content": "What is it?", "images": ["one"]}])
    begin = asked.index(-200)
    assert bytes(asked[begin + 1 : begin + 13]) == b"\nWhat is it?"
    assert bytes(asked[begin - 2 : begin]) == b"\n\n"
    placed = loaded.encode_prompt("Is <image> like <image>?<|eot_id|>", pictures=2)
    assert placed.count(-200) == 2
    assert placed.count(261) == 1  # the template's: a person's words hold none
    assert bytes(placed[placed.index(-200) + 1 :][:6]) == b" like "
    turns = [
        {"role": "user", "content": "One", "images": [picture(2)]},
        {"role": "assistant", "content": "Yes"},
        {"role": "user", "content": "Two"},
    ]
    settings = SamplerSettings(steps=2, gen_length=4, block_length=4)
    first = model.generate(turns, settings, images=[picture(6)])
    turns[2]["images"] = [picture(6)]
    assert model.generate(turns, settings) == first
    stopped = model.generate("What?", settings, images=[picture(2)], stop=["<|eot_id|>"], suffix=" So.")
    assert isinstance(stopped.token_ids, list)
    assert bytes(stopped.token_ids[-4:]) == b" So."


@pytest.mark.parametrize(
    ("prompt", "options", "sentence"),
    [
        ([5, 6], {"images": [2]}, "places for 0 pictures, and 1 are given"),
        ([5, -200], {}, "places for 1 pictures, and 0 are given"),
        ([-200, -200], {"images": [2]}, "places for 2 pictures, and 1 are given"),
        ([5, -200], {"images": [2], "image_mode": "whole"}, "no image_mode 'whole'"),
        ([5], {"suffix": [IDS["mask_id"]]}, "suffix holds a mask"),
        ([5], {"stop": [[]]}, "stop sequence is empty"),
        ([5, -201], {}, "no token -201"),
    ],
)
def test_what_cannot_be_asked_is_said(prompt: list[int], options: dict[str, Any], sentence: str) -> None:
    options = {**options, "images": [picture(index) for index in options.get("images", [])]}
    with pytest.raises(ModelError, match=sentence):
        seeing().generate(prompt, SamplerSettings(steps=1, gen_length=4, block_length=4), **options)


def test_a_model_that_cannot_see_says_so() -> None:
    blind = load_model(FOLDER.parent / "llada-tiny-mha", device="cpu", mask_id=636, eos_id=610)
    with pytest.raises(ModelError, match="cannot see pictures"):
        blind.generate([5, 6], images=[picture(2)])
    with pytest.raises(ModelError, match="no token -200"):
        blind.generate([5, -200])
    with pytest.raises(ModelError, match="no special token 'start'"):
        load_model(FOLDER, device="cpu", special_ids={"start": 3})
    with pytest.raises(ModelError, match="start_header_id is 640"):
        load_model(FOLDER, device="cpu", special_ids={"start_header": 640}, **IDS)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"mm_projector_type": "linear"}, "mm_projector_type = 'linear'"),
        ({"mm_patch_merge_type": "flat"}, "mm_patch_merge_type = 'flat'"),
        ({"image_aspect_ratio": "highres"}, "image_aspect_ratio = 'highres'"),
        ({"image_aspect_ratio": "anyres_max_0"}, "image_aspect_ratio = 'anyres_max_0'"),
        ({"image_grid_pinpoints": [[71, 72]]}, "no grid of tiles of 72 pixels"),
        ({"image_grid_pinpoints": "none"}, "names no grids"),
        ({"image_grid_pinpoints": 7}, "no list of grids"),
        ({"vision_config": 7}, "vision_config that is no object"),
        ({"vision_config": {"hidden_size": 32}}, "lacks intermediate_size"),
        ({"vision_config": None, "image_grid_pinpoints": "(1x1),...,(6x6)"}, "describes a model of"),
    ],
)
def test_another_kind_of_model_is_refused(tmp_path: Path, fields: dict[str, Any], sentence: str) -> None:
    copy = Path(shutil.copytree(FOLDER, tmp_path / "copy"))
    config = json.loads((copy / "config.json").read_text()) | fields
    (copy / "config.json").write_text(json.dumps({key: value for key, value in config.items() if value is not None}))
    with pytest.raises(ModelError, match=sentence) as raised:
        load_model(copy, device="cpu", **IDS)
    assert "\n" not in str(raised.value)


def test_the_check_of_memory_counts_a_picture_and_the_tower() -> None:
    architecture, config = read_config(FOLDER)
    saved = weights.inspect(FOLDER)
    covered = architecture.covered(config)
    assert saved.linear == sum(rows * columns for rows, columns in covered.values())
    assert not any("vision" in name or "projector" in name for name in covered)
    pictures = memory.working(config, 2, 512)
    config.image_grid_pinpoints = [[72, 72]]
    assert config.picture_tokens < 100
    assert pictures > memory.working(config, 2, 512)


def test_the_tower_stays_whole_when_the_text_part_is_quantised() -> None:
    model = load_model(FOLDER, device="cpu", quantization="int8", special_ids=OTHER_IDS, **IDS)
    kinds = {name: type(layer).__name__ for name, layer in model.loaded.network.named_modules()}  # type: ignore[attr-defined]
    assert kinds["model.vision_tower.encoder.layers.0.mlp.fc1"] == "Linear"
    assert kinds["model.mm_projector.0"] == "Linear"
    assert kinds["model.layers.0.self_attn.q_proj"] == "Linear8bitLt"
    result = model.generate([5, -200, 6], SamplerSettings(steps=2, gen_length=4, block_length=4), images=[picture(2)])
    assert len(result.token_ids) == 4
