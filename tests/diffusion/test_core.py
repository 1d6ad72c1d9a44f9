"""CORE's checks, beside a transcription of the published loop; and that they are told, counted and continued."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor

from llada_tui.diffusion import strategies
from llada_tui.diffusion.last_pass import LastPass
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import StepData
from tests.diffusion.fakes import KeepingPredictor, TablePredictor, masked

PROMPT = [1, 2]
OFTEN = {"revise_every": 2.0, "candidate_m": 5.0, "remask_k": 2.0, "repl_conf": 0.1, "k_protect": 2.0}


def settings_of(length: int, steps: int, **values: Any) -> SamplerSettings:
    values = {"block_length": length, "remasking_params": OFTEN, **values}
    return SamplerSettings(gen_length=length, steps=steps, remasking="core", **values)


class UntiedPredictor(TablePredictor):
    """No two margins or probabilities are equal: how ties are broken is not published."""

    def logits(self, ids: Tensor, mask: Tensor | None, positions: Tensor, ahead: Tensor | None = None) -> Tensor:
        logits = super().logits(ids, mask, positions, ahead)
        shift = torch.rand(ids.shape[1], self.vocab_size, generator=torch.Generator().manual_seed(9))
        return logits + shift[positions.nonzero()[:, 1]]


def published(predictor: TablePredictor, length: int, steps: int, params: dict[str, float]) -> tuple[list[int], int]:
    """The published rule for one block at temperature 0 (``core_generate.py``): its canvas, and its forward passes."""
    mask, start = predictor.mask_id, len(PROMPT)
    x = torch.tensor([*PROMPT, *[mask] * length])
    base, more = divmod(length, steps)
    passes = 0

    def chances(ids: Tensor) -> Tensor:
        everywhere = torch.ones(1, len(ids), dtype=torch.bool)
        return predictor.logits(ids[None], None, everywhere).softmax(-1)

    for step in range(steps):
        is_mask, p = x == mask, chances(x)
        passes += 1
        best = p.max(-1)
        top = p.topk(2, -1).values
        margin, count = top[:, 0] - top[:, 1], base + (step < more)
        replaced, by = torch.zeros_like(is_mask), best.indices
        checks = step % int(params["revise_every"]) == 0 and int(0.25 * steps) <= step < int(0.75 * steps)
        end = start + length - int(params["k_protect"])
        filled = [at for at in range(start, end) if not is_mask[at]]
        if checks and filled:
            passes += 1
            ranked = sorted(filled, key=lambda at: float(margin[at]))
            looked_at = ranked[: int(params["candidate_m"])]
            hidden = x.clone()
            hidden[looked_at] = mask
            hidden_chances = chances(hidden)
            likeliest = hidden_chances.max(-1)
            other = [
                at for at in looked_at if likeliest.indices[at] != x[at] and likeliest.values[at] >= params["repl_conf"]
            ]
            other.sort(key=lambda at: float(hidden_chances[at, x[at]]))
            for at in other[: min(int(params["remask_k"]), count)]:
                replaced[at] = True
            by = torch.where(replaced, likeliest.indices, by)
        confidence = best.values.masked_fill(~is_mask, -torch.inf)
        chosen = confidence.topk(count).indices
        x[chosen] = by[chosen]
        x = torch.where(replaced, by, x)
    return x.tolist(), passes


def scheduled_checks(steps: int, every: int) -> int:
    """The checks of a published run of so many steps."""
    return sum(step % every == 0 for step in range(int(0.25 * steps), int(0.75 * steps)))


def steps_of(predictor: TablePredictor, settings: SamplerSettings) -> list[Step]:
    canvas = masked(predictor, PROMPT, settings.gen_length)
    return list(denoise(predictor, canvas, settings, prompt_length=len(PROMPT)))


def is_check(data: StepData) -> bool:
    return not data.commits


@given(
    st.integers(0, 400), st.integers(20, 40), st.integers(8, 20), st.integers(1, 4), st.integers(1, 8),
    st.integers(1, 3), st.integers(0, 12),
)  # fmt: skip
def test_its_canvas_and_its_passes_are_those_of_the_published_rule(
    seed: int, length: int, steps: int, every: int, candidates: int, most: int, protected: int
) -> None:
    params = {
        "revise_every": float(every), "candidate_m": float(candidates), "remask_k": float(most), "repl_conf": 0.1,
        "k_protect": float(protected),
    }  # fmt: skip
    predictor = UntiedPredictor(seed=seed)
    canvas, passes = published(predictor, length, steps, params)
    assume(passes == steps + scheduled_checks(steps, every))  # a check without candidates makes no pass there
    # As many passes may be those of a longer schedule with fewer checks, which ours takes then.
    assume(all(count + scheduled_checks(count, every) > passes for count in range(steps + 1, passes + 1)))
    ours = steps_of(predictor, settings_of(length, passes, remasking_params=params))
    assert ours[-1].canvas[0].tolist() == canvas
    assert len(ours) == passes


def test_a_check_commits_nothing_and_replaces_what_does_not_hold() -> None:
    edits = 0
    for seed in range(20):
        steps = [step.rows[0] for step in steps_of(TablePredictor(seed=seed), settings_of(24, 16))]
        checks = [step for step in steps if is_check(step)]
        assert [step.block_step for step in checks] == sorted(strategies.get("core", OFTEN).checks(16, 24))
        assert all(len(step.edits) <= 2 and not step.remasked for step in checks)
        assert not any(step.edits for step in steps if not is_check(step))
        edits += sum(len(step.edits) for step in checks)
    assert edits > 10


@pytest.mark.parametrize(("steps", "checks"), [(128, 8), (64, 4), (32, 2), (16, 1), (1, 0)])
def test_its_checks_are_some_of_its_steps(steps: int, checks: int) -> None:
    assert len(strategies.get("core").checks(steps, 128)) == checks


def test_a_block_that_is_protected_whole_is_written_as_by_low_confidence() -> None:
    settings = settings_of(32, 24, block_length=16, remasking_params={"revise_every": 2.0})
    plain = settings.replace(remasking="low_confidence", remasking_params={})
    ours, others = (steps_of(TablePredictor(), each) for each in (settings, plain))
    assert [step.canvas.tolist() for step in ours] == [step.canvas.tolist() for step in others]


@pytest.mark.parametrize("cache", ["none", "prefix", "dual"])
@given(
    seed=st.integers(0, 50), block=st.integers(6, 24), steps=st.integers(4, 40),
    temperature=st.sampled_from([0.0, 1.0]), guidance=st.sampled_from([0.0, 1.0]),
)  # fmt: skip
def test_it_ends_with_no_mask_with_any_cache_and_rows_are_as_alone(
    cache: str, seed: int, block: int, steps: int, temperature: float, guidance: float
) -> None:
    predictor = KeepingPredictor(seed=seed)
    settings = [
        settings_of(
            24, max(steps, -(-24 // block)), block_length=block, temperature=temperature, cfg_scale=scale, seed=seed,
            cache=cache,
        )
        for scale in (guidance, 0.0)
    ]  # fmt: skip
    canvas = torch.cat([masked(predictor, prompt, 24) for prompt in (PROMPT, [3, 4])])
    together = list(denoise(predictor, canvas, settings, prompt_length=len(PROMPT)))
    assert predictor.mask_id not in together[-1].canvas
    assert len(together) <= settings[0].steps
    for number, values in enumerate(settings):
        alone = list(denoise(predictor, canvas[number : number + 1], values, prompt_length=len(PROMPT)))
        assert alone[-1].canvas[0].tolist() == together[-1].canvas[number].tolist()


def test_a_check_is_not_read_otherwise() -> None:
    last_pass, predictor = LastPass(), TablePredictor(seed=1)
    settings = settings_of(24, 16)
    canvas = masked(predictor, PROMPT, 24)
    for step in denoise(predictor, canvas, settings, prompt_length=len(PROMPT), last_pass=last_pass):
        if is_check(step.rows[0]):
            with pytest.raises(ValueError, match="The last step only checked tokens that stand"):
                last_pass.read(settings)
        else:
            assert last_pass.read(settings).commits == step.rows[0].commits
