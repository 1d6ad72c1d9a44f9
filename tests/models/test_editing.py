"""LLaDA2.1's token editing against a plain restatement of its published loop, on the golden LLaDA2."""

from __future__ import annotations

import msgspec
import pytest
import torch
from torch import Tensor

from llada_tui.models.loaded_model import LoadedModel
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.resume import Resume
from tests.conftest import first_quick
from tests.models.llada2 import sure

SIZE = 8


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return sure(tmp_path_factory.mktemp("editing") / "model", SIZE)


def restated(
    model: LoadedModel, prompt: list[int], length: int, threshold: float, edit: float, most: int, early: int = -1
) -> list[Tensor]:
    """The published loop at temperature 0: the canvas after every forward pass."""
    x = torch.tensor([[*prompt, *[model.mask_id] * length]])
    assert x.shape[1] % SIZE == 0
    canvases = []
    for block in range(len(prompt) // SIZE, x.shape[1] // SIZE):
        begin, end = block * SIZE, (block + 1) * SIZE
        mine = torch.arange(begin, end) >= len(prompt)
        post = 0
        while True:
            active = x[0, begin:end] == model.mask_id
            if not active.any():
                post += 1
            if post > most:
                break
            rows = torch.zeros(1, end, dtype=torch.bool)
            rows[:, begin:] = True
            chances = torch.softmax(model.logits(x[:, :end], None, rows).float(), -1)
            chance, token = chances.max(-1)
            kept = active & (chance > threshold)
            if active.any() and not kept.any():
                kept[torch.where(active, chance, -1.0).argmax()] = True
            edited = ~active & mine & (chance > edit) & (token != x[0, begin:end])
            x[0, begin:end] = torch.where(kept | edited, token, x[0, begin:end])
            canvases.append(x.clone())
            if not active.any() and not edited.any():
                break
        if early in x[0, len(prompt) : end].tolist():
            break
    return canvases


@pytest.mark.parametrize(
    ("threshold", "edit", "most"), [(0.7, 0.5, 16), (0.5, 0.0, 16), (0.3, 0.2, 3), (0.9, 0.3, 0), (0.2, 1.0, 2)]
)
@pytest.mark.parametrize("prompt", first_quick([[3, 1, 4, 1, 5], [7] * 8]))
def test_editing_is_the_published_loop(
    model: LoadedModel, prompt: list[int], threshold: float, edit: float, most: int
) -> None:
    length = 32 - len(prompt)
    expected = restated(model, prompt, length, threshold, edit, most)
    values = {"threshold": threshold, "edit_threshold": edit, "post_steps": float(most)}
    for cache in ("none", "dual"):
        run_settings = SamplerSettings(
            steps=length + 4,
            gen_length=length,
            block_length=8,
            remasking="editing",
            remasking_params=values,
            cache=cache,
        )
        canvas = torch.tensor([[*prompt, *[model.mask_id] * length]])
        steps = list(model.denoise(canvas, run_settings, prompt_length=len(prompt)))
        assert [step.canvas.tolist() for step in steps] == [step_canvas.tolist() for step_canvas in expected]
        for step in steps:
            before, after = step.canvas_before[0, len(prompt) :], step.canvas[0, len(prompt) :]
            for choice in step.rows[0].edits:
                assert before[choice.position] not in (model.mask_id, choice.token)
                assert after[choice.position] == choice.token
                assert choice.confidence > edit


def test_an_early_stop_comes_after_its_block(model: LoadedModel) -> None:
    prompt = [7] * 8
    full = restated(model, prompt, 24, 0.7, 0.5, 16)
    early = int(full[-1][0, 10])
    expected = restated(model, prompt, 24, 0.7, 0.5, 16, early)
    assert len(expected) < len(full)
    run_settings = SamplerSettings(steps=24, gen_length=24, block_length=8, remasking="editing", early_stop=True)
    info = msgspec.structs.replace(model.info, eos_id=early)
    stopping = LoadedModel(model.network, None, info)
    canvas = torch.tensor([[*prompt, *[model.mask_id] * 24]])
    steps = list(stopping.denoise(canvas, run_settings, prompt_length=8))
    assert [step.canvas.tolist() for step in steps] == [step_canvas.tolist() for step_canvas in expected]


def test_a_model_that_never_rests_ends_and_shows_its_edits(model: LoadedModel) -> None:
    run_settings = SamplerSettings(
        steps=24, gen_length=24, block_length=8, remasking="editing", remasking_params={"edit_threshold": 0.0}
    )
    canvas = torch.tensor([[7] * 8 + [model.mask_id] * 24])
    steps = list(model.denoise(canvas, run_settings, prompt_length=8))
    assert sum(len(step.rows[0].edits) for step in steps) > 0
    assert len(steps) <= 24 + 3 * 16
    assert not bool((steps[-1].canvas == model.mask_id).any())


@pytest.mark.slow
def test_a_block_that_is_read_over_is_continued_as_it_was(model: LoadedModel) -> None:
    """Also where the most steps that it may be read over are what ends it."""
    run_settings = SamplerSettings(
        steps=24,
        gen_length=24,
        block_length=8,
        remasking="editing",
        remasking_params={"threshold": 0.5, "edit_threshold": 0.0, "post_steps": 3},
    )
    canvas = torch.tensor([[7] * 8 + [model.mask_id] * 24])
    steps = list(model.denoise(canvas, run_settings, prompt_length=8))
    over, most = 0, 0
    for at, step in enumerate(steps):
        begin = 8 + 8 * step.block
        full = not bool((step.canvas_before[0, begin : begin + 8] == model.mask_id).any())
        over = over if full and step.block_step else 0
        most = max(most, over)
        resume = Resume(
            step=step.index,
            block=step.block,
            block_step=step.block_step,
            initial_canvas=canvas[0, 8:].tolist(),
            committed_last_step=1,
            post_steps_done=over,
        )
        tail = model.denoise(step.canvas_before, run_settings, prompt_length=8, resume=resume)
        assert [step_canvas.canvas.tolist() for step_canvas in tail] == [
            step_canvas.canvas.tolist() for step_canvas in steps[at:]
        ]
        over += full
    assert most == 2
