"""The last pass of a run, read with other settings: what they would have committed, without another pass."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from llada_tui.diffusion.last_pass import LastPass
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.models.loading import load
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.events import Message, StepData

SETTINGS = SamplerSettings(steps=12, gen_length=24, block_length=12, top_k=2)
"""Two tokens a step."""
OTHERS = [
    {},
    {"temperature": 0.8},
    {"temperature": 1.0, "seed": 7},
    {"temperature": 1.5, "top_p": 0.6},
    {"remasking": "random", "seed": 3},
    {"remasking": "entropy"},
    {"remasking": "margin"},
    {"remasking": "threshold", "remasking_params": {"threshold": 0.5}},
    {"remasking": "credit", "remasking_params": {"threshold": 0.6}},
    {"remasking": "klass"},
    {"logits_eos_inf": True},
    {"confidence_eos_eot_inf": True, "schedule": "cosine"},
]


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return load("demo", device="cpu")


def _steps(model: LoadedModel, *settings: SamplerSettings, last_pass: LastPass | None = None) -> Iterator[Step]:
    """The steps of a run with these settings, one after another; the last holds on."""
    prompt = model.encode_prompt([Message("user", "Name three colours.")])
    left = [*settings]
    canvas = torch.tensor([[*prompt, *[model.mask_id] * SETTINGS.gen_length]])

    def now() -> SamplerSettings:
        return left[0]

    for step in denoise(model, canvas, now, prompt_length=len(prompt), last_pass=last_pass):
        del left[: len(left) > 1]
        yield step


def _made(data: StepData) -> tuple[object, ...]:
    rounded = [(choice.position, choice.token, round(choice.confidence, 5)) for choice in data.commits]
    return data.block, data.block_step, rounded, data.remasked, [choice.token for choice in data.predictions]


@pytest.mark.parametrize("strategy", ["low_confidence", "klass", "credit", "saber"])
@pytest.mark.parametrize("at", [0, 2])
def test_a_reading_is_the_step_that_the_settings_would_have_made(model: LoadedModel, strategy: str, at: int) -> None:
    settings = SETTINGS.replace(remasking=strategy)
    last = LastPass()
    run = _steps(model, settings, last_pass=last)
    step = next(step for step in run if step.index == at)
    kept = step.canvas.clone()
    for changes in OTHERS:
        other = settings.replace(**changes)
        reading = last.read(other)
        # A run's seed is that of its beginning; at temperature 0 these strategies draw nothing from it.
        before = [settings.replace(seed=other.seed)] * at
        retuned = next(step for step in _steps(model, *before, other) if step.index == at)
        assert _made(reading) == _made(retuned.rows[0]), changes
    assert _made(last.read(settings)) == _made(step.rows[0])
    # The run goes on as if nothing had been read.
    assert torch.equal(step.canvas, kept)
    again = [step for step in _steps(model, settings) if step.index > at]
    assert [_made(step.rows[0]) for step in run] == [_made(step.rows[0]) for step in again]


@pytest.mark.parametrize("length", ["daedal", "rho_eos"])
def test_a_step_that_only_looks_at_the_length_commits_nothing_with_any_settings(
    model: LoadedModel, length: str
) -> None:
    settings = SETTINGS.replace(gen_length=8, steps=8, length=length, remasking="threshold")
    last, looked, read = LastPass(), 0, 0
    prompt = model.encode_prompt([Message("user", "Tell me a story about a cat.")])
    canvas = torch.tensor([[*prompt, *[model.mask_id] * 8]])
    for step in denoise(model, canvas, settings, prompt_length=len(prompt), last_pass=last):
        if step.rows[0].commits and step.rows[0].inserted is None:
            assert _made(last.read(settings)) == _made(step.rows[0])
            read += 1
        elif not step.rows[0].commits:
            with pytest.raises(ValueError, match="only looked at the length of the canvas"):
                last.read(settings.replace(remasking="low_confidence", remasking_params={}))
            assert last.rank(0, 5).rank >= 1
            looked += 1
    assert looked
    assert read


def test_another_seed_reads_as_a_run_with_that_seed(model: LoadedModel) -> None:
    last, settings = LastPass(), SETTINGS.replace(temperature=1.0)
    next(_steps(model, settings, last_pass=last))
    readings = [last.read(settings.replace(seed=seed)) for seed in range(5)]
    runs = [next(_steps(model, settings.replace(seed=seed))) for seed in range(5)]
    assert [_made(reading) for reading in readings] == [_made(step.rows[0]) for step in runs]
    assert len({str(_made(reading)) for reading in readings}) > 1


def test_a_pass_is_not_read_with_settings_that_change_it(model: LoadedModel) -> None:
    last = LastPass()
    with pytest.raises(ValueError, match="No step was made yet"):
        last.read(SETTINGS)
    run = _steps(model, SETTINGS, last_pass=last)
    next(run), next(run)
    cannot_be_read = {"cfg_scale": 1.0, "steps": 24}, {"remasking": "editing"}, {"remasking": "wino"}
    for field, value in ((field, value) for changes in cannot_be_read for field, value in changes.items()):
        with pytest.raises(SettingsError) as refused:
            last.read(SETTINGS.replace(**{field: value}))
        assert refused.value.field == field


def test_the_rank_of_any_token_at_a_position(model: LoadedModel) -> None:
    last = LastPass()
    step = next(_steps(model, SETTINGS.replace(top_k=5), last_pass=last))
    for alternatives in step.rows[0].alternatives:
        for place, (token, chance) in enumerate(zip(alternatives.tokens, alternatives.confidences, strict=True)):
            rank, probability = last.rank(alternatives.position, token)
            assert probability == pytest.approx(chance, abs=1e-5)
            if chance > 1e-3:
                assert rank == place + 1
    for position, token in ((20, 3), (0, model.vocab_size)):  # of the second block; past the vocabulary
        with pytest.raises(ValueError):
            last.rank(position, token)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_pass_that_is_too_large_is_not_kept(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("llada_tui.diffusion.last_pass.MOST_KEPT", 1000)
    last = LastPass()
    next(_steps(load("demo", device="cpu", dtype=dtype), SETTINGS, last_pass=last))
    with pytest.raises(ValueError, match="too large"):
        last.read(SETTINGS)


def test_what_a_strategy_carries_along_counts_too(model: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """`credit` keeps a number for each token at each position of the block."""
    settings = SETTINGS.replace(remasking="credit")
    logits = 4 * model.vocab_size * SETTINGS.block_length
    monkeypatch.setattr("llada_tui.diffusion.last_pass.MOST_KEPT", logits + 1000)
    last = LastPass()
    run = _steps(model, settings, last_pass=last)
    next(run)
    assert last.read(settings).commits
    next(run)
    with pytest.raises(ValueError, match="too large"):
        last.read(settings)


def test_no_pass_is_kept_of_a_batch(model: LoadedModel) -> None:
    canvas = torch.full((2, SETTINGS.gen_length), model.mask_id)
    with pytest.raises(ValueError, match="one row"):
        denoise(model, canvas, SETTINGS, last_pass=LastPass())
