"""Strategies against plain restatements of the papers' rules: the same tokens, step for step."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor

from llada_tui.diffusion import strategies
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.diffusion.strategy import Places, StepView
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import DIGITS
from tests.diffusion.fakes import TablePredictor, masked

PROMPT = [1, 2]


class Doubtful(TablePredictor):
    """Not so sure of anything that two confidences are the same."""

    def _hidden(self, place: Tensor, mixed: Tensor) -> Tensor:
        results = super()._hidden(place, mixed) / 10
        results[..., self.mask_id] = -100
        return results


NONE = torch.empty(0, dtype=torch.float64)

Choose = Callable[[dict[int, Tensor], list[dict[int, Tensor]]], list[int]]
"""The positions to keep, from the distributions of this step and of those before it in the block."""


def restated(predictor: TablePredictor, length: int, block: int, choose: Choose) -> list[list[int]]:
    """The canvas after each step of a sampler at temperature 0 that keeps what ``choose`` says."""
    canvas, results = masked(predictor, PROMPT, length), []
    for begin in range(2, 2 + length, block):
        before: list[dict[int, Tensor]] = []
        columns = range(begin, min(begin + block, 2 + length))
        while any(canvas[0, column] == predictor.mask_id for column in columns):
            logits = predictor.logits(canvas, None, torch.ones_like(canvas, dtype=torch.bool)).double().softmax(-1)
            now = {column: logits[column] for column in columns if canvas[0, column] == predictor.mask_id}
            for column in choose(now, before):
                canvas[0, column] = now[column].argmax()
            before.append(now)
            results.append(canvas[0].tolist())
    return results


def made(predictor: TablePredictor, length: int, block: int, name: str, **values: float) -> list[list[int]]:
    run_settings = SamplerSettings(
        steps=2 * length, gen_length=length, block_length=block, remasking=name, remasking_params=values
    )
    steps = denoise(predictor, masked(predictor, PROMPT, length), run_settings, prompt_length=2)
    return [step.canvas[0].tolist() for step in steps]


def surest(now: dict[int, Tensor]) -> list[int]:
    return sorted(now, key=lambda column: -now[column].max().item())


cases = given(st.integers(0, 30), st.integers(1, 14), st.integers(1, 14), st.floats(0.05, 1))


@cases
def test_threshold(seed: int, length: int, block: int, threshold: float) -> None:
    def choose(now: dict[int, Tensor], _: Any) -> list[int]:
        return [column for column in now if now[column].max() >= threshold] or surest(now)[:1]

    expected = restated(Doubtful(seed=seed), length, block, choose)
    assert made(Doubtful(seed=seed), length, block, "threshold", threshold=threshold) == expected


@cases
def test_factor(seed: int, length: int, block: int, factor: float) -> None:
    def choose(now: dict[int, Tensor], _: Any) -> list[int]:
        order = surest(now)
        fit = [n for n in range(1, len(order) + 1) if (n + 1) * (1 - now[order[n - 1]].max()) < factor]
        return order[: max(fit, default=1)]

    expected = restated(Doubtful(seed=seed), length, block, choose)
    assert made(Doubtful(seed=seed), length, block, "factor", factor=factor) == expected


@cases
def test_eb_sampler(seed: int, length: int, block: int, gamma: float) -> None:
    def entropy(chances: Tensor) -> float:
        return -sum(p * math.log(p) for p in chances.tolist() if p)

    def choose(now: dict[int, Tensor], _: Any) -> list[int]:
        order = sorted(now, key=lambda column: entropy(now[column]))
        values = [entropy(now[column]) for column in order]
        return order[: max(n for n in range(1, len(order) + 1) if sum(values[:n]) - max(values[:n]) <= gamma)]

    expected = restated(Doubtful(seed=seed), length, block, choose)
    assert made(Doubtful(seed=seed), length, block, "eb_sampler", gamma=gamma) == expected


@given(st.integers(0, 30), st.integers(1, 14), st.integers(1, 14), st.floats(0.05, 1), st.floats(0.01, 1))
def test_klass(seed: int, length: int, block: int, confidence: float, kl: float) -> None:
    def divergence(now: Tensor, before: Tensor) -> float:
        return sum(p * math.log(p / q) for p, q in zip(now.tolist(), before.tolist(), strict=True) if p)

    def choose(now: dict[int, Tensor], before: list[dict[int, Tensor]]) -> list[int]:
        def settled(column: int) -> bool:
            last = [*before[-2:], now]
            return len(before) >= 2 and all(divergence(new[column], old[column]) < kl for old, new in pairwise(last))

        ready = [column for column in now if settled(column) and now[column].max() > confidence]
        return ready or surest(now)[:1]

    expected = restated(Doubtful(seed=seed), length, block, choose)
    assert made(Doubtful(seed=seed), length, block, "klass", confidence=confidence, kl=kl) == expected


@given(st.integers(0, 30), st.integers(1, 14), st.integers(1, 14))
def test_rcr(seed: int, length: int, steps: int) -> None:
    """As in the published code: everything is written, then the least confident of all are masked again."""
    predictor = Doubtful(seed=seed)
    steps = min(steps, length)
    each = [length // steps + (index < length % steps) for index in range(steps)]
    canvas, running, expected = masked(predictor, PROMPT, length), torch.ones(2 + length).double(), []
    for index in range(steps):
        rows = canvas == predictor.mask_id
        chances = predictor.logits(canvas, None, rows).float().softmax(-1).double().max(-1)
        canvas[rows], running[rows[0]] = chances.indices, chances.values
        # A run keeps what its file keeps, so that it can go on from there: these many digits tell no closer ones apart.
        assume(running[2:].sort().values.diff().abs().gt(2 * 10**-DIGITS).all())
        again = running.topk(sum(each[index + 1 :]), largest=False).indices
        canvas[0, again] = predictor.mask_id
        expected.append(canvas[0].tolist())
    run_settings = SamplerSettings(steps=steps, gen_length=length, block_length=length, remasking="rcr")
    run = denoise(predictor, masked(predictor, PROMPT, length), run_settings, prompt_length=2)
    assert [step.canvas[0].tolist() for step in run] == expected


@given(st.integers(0, 30), st.integers(1, 24), st.integers(1, 14), st.floats(0.05, 1), st.floats(0.05, 1))
def test_wino(seed: int, length: int, block: int, draft: float, verify: float) -> None:
    predictor = Doubtful(seed=seed)
    canvas, expected = masked(predictor, PROMPT, length), []
    for begin in range(2, 2 + length, block):
        end, accepted = min(begin + block, 2 + length), 30
        while (canvas[0, begin:end] == predictor.mask_id).any():
            shadowed = torch.cat([canvas, torch.full((1, end - begin), predictor.mask_id)], 1)
            logits = predictor.shadow_logits(shadowed, None, torch.ones_like(shadowed, dtype=torch.bool), begin, end)
            chances = logits.float().softmax(-1)
            masks = [column for column in range(begin, end) if canvas[0, column] == predictor.mask_id]
            order = sorted(masks, key=lambda column: -chances[column].max())
            drafted = [column for column in order if chances[column].max() > draft]
            drafted = drafted[: min(max(int(len(masks) * 0.7), 5), 20)] or order[:1]
            failed: list[int] = []
            if len(drafted) > 1:
                sure = {
                    c: chances[2 + length + c - begin][canvas[0, c]].item() for c in range(begin, end) if c not in masks
                }
                failed = sorted((c for c in sure if sure[c] < verify), key=lambda c: sure[c])
                failed = failed[: accepted - 1] if len(failed) >= accepted else failed
            for column in drafted:
                canvas[0, column] = chances[column].argmax()
            canvas[0, failed] = predictor.mask_id
            accepted = len(drafted)
            expected.append(canvas[0].tolist())
    run_settings = SamplerSettings(
        steps=4 * length, gen_length=length, block_length=block, remasking="wino",
        remasking_params={"draft": draft, "verify": verify},
    )  # fmt: skip
    run = denoise(Doubtful(seed=seed), masked(predictor, PROMPT, length), run_settings, prompt_length=2)
    assert [step.canvas[0].tolist() for step in run] == expected


def turn(written: list[float], masks: int, quota: int, step: int, steps: int, uniform: list[float]) -> StepView:
    """A step after which ``quota`` more of the tokens are to be written."""
    scores = torch.full((masks,), 0.5, dtype=torch.float64)
    probabilities = torch.tensor(written, dtype=torch.float64)
    draws = torch.tensor(uniform, dtype=torch.float64)
    alpha = (len(written) + quota) / (len(written) + masks)
    order = torch.arange(masks + len(written))
    places = Places(order[:masks], order[masks:], order >= masks, slice(0, len(order)))
    return StepView(
        scores=scores, confidence=scores, quota=quota, alpha=alpha, step=step, steps=steps, committed_last_step=None,
        commit_confidence=probabilities, reread_confidence=NONE, differs=NONE.bool(), reread_scores=NONE,
        verified=NONE, next_checks=False, uniform=lambda: draws, places=places, memory={},
        likeliest=order[:0],
    )  # fmt: skip


def decided(name: str, on: StepView, **values: float) -> tuple[int, list[bool]]:
    decision = strategies.get(name, values).decide(on)
    assert decision.remask is not None
    return decision.commit, decision.remask.tolist()


def test_remdm_masks_again_by_chance_and_writes_as_many_more() -> None:
    half = turn([0.9, 0.9, 0.9, 0.9], 4, 2, 4, 8, [0.05, 0.25, 0.45, 0.95])
    # alpha_t = 4/8 and alpha_s = 6/8, so that sigma_max = (1 - 6/8) / (4/8) = 1/2.
    assert decided("remdm_cap", half, eta=0.1) == (3, [True, False, False, False])
    assert decided("remdm_cap", half, eta=0.3) == (4, [True, True, False, False])
    assert decided("remdm_cap", half, eta=1.0) == (4, [True, True, False, False])
    assert decided("remdm_rescale", half, eta=0.2) == (3, [True, False, False, False])
    assert decided("remdm_rescale", half, eta=0.0) == (2, [False] * 4)


def test_remdm_conf_prefers_what_was_doubtful() -> None:
    doubtful = turn([0.1, 0.9], 2, 1, 2, 4, [0.28, 0.28])
    # sigma_max is 1/2; softmax of (-0.1, -0.9) is (0.69, 0.31).
    assert decided("remdm_conf", doubtful) == (2, [True, False])


def test_remdm_takes_back_no_more_than_there_are_to_be_masks() -> None:
    late = turn([0.9] * 9, 3, 2, 7, 8, [0.01] * 8 + [0.005])
    keep, taken = decided("remdm_cap", late, eta=1.0)
    assert (keep, taken) == (3, [False] * 8 + [True])


@pytest.mark.parametrize("name", ["remdm_cap", "remdm_rescale", "remdm_conf", "remdm_loop"])
def test_remdm_uses_all_of_more_steps_than_tokens(name: str) -> None:
    predictor = TablePredictor()
    run_settings = SamplerSettings(steps=60, gen_length=20, block_length=10, remasking=name)
    steps = list(denoise(predictor, masked(predictor, PROMPT, 20), run_settings, prompt_length=2))
    assert len(steps) == 60
    assert any(step.rows[0].remasked for step in steps)


def loop_run(steps: int, length: int, **values: float) -> list[Step]:
    predictor = TablePredictor()
    run_settings = SamplerSettings(
        steps=steps, gen_length=length, block_length=length, remasking="remdm_loop", remasking_params=values
    )
    return list(denoise(predictor, masked(predictor, PROMPT, length), run_settings, prompt_length=2))


def test_remdm_loop_stays_where_alpha_says_and_ends() -> None:
    steps = loop_run(40, 20, eta=0.3, alpha=0.8, t_on=0.5, t_off=0.25)
    written = [int((step.canvas[0, 2:] != 11).sum()) for step in steps]
    assert written == [int(20 * 0.8 * (index + 1) / 20 + 1e-9) for index in range(20)] + [16] * 10 + written[30:]
    assert written[30:] == sorted(written[30:])
    assert written[-1] == 20
    assert len(steps) == 40
    taken = [index for index, step in enumerate(steps) if step.rows[0].remasked]
    assert taken
    assert all(20 <= index < 30 for index in taken)


@pytest.mark.parametrize("name", ["rcr", "wino", "remdm_cap", "remdm_rescale", "remdm_conf", "remdm_loop"])
def test_what_is_taken_back_is_told(name: str) -> None:
    values = {"remdm_cap": {"eta": 0.5}, "remdm_rescale": {"eta": 0.5}, "wino": {"draft": 0.2}}.get(name, {})
    for seed in range(10):
        predictor = Doubtful(seed=seed)
        run_settings = SamplerSettings(
            steps=40, gen_length=20, block_length=20, remasking=name, remasking_params=values, seed=seed
        )
        if name == "rcr":
            run_settings = run_settings.replace(steps=10)
        steps = list(denoise(predictor, masked(predictor, PROMPT, 20), run_settings, prompt_length=2))
        taken = [(step, position) for step in steps for position in step.rows[0].remasked]
        if taken:
            assert all(step.canvas_before[0, 2 + position] != predictor.mask_id for step, position in taken)
            assert all(step.canvas[0, 2 + position] == predictor.mask_id for step, position in taken)
            return
    pytest.fail(f"{name} never took a token back")


@pytest.mark.parametrize("name", strategies.by_name())
def test_without_temperature_a_seed_matters_only_to_strategies_that_draw(name: str) -> None:
    kind = strategies.by_name()[name]
    values = {parameter.name: 0.5 for parameter in kind.parameters if parameter.name == "eta"}
    ends = []
    for seed in range(6):
        run_settings = SamplerSettings(
            steps=40, gen_length=16, block_length=16, remasking=name, remasking_params=values, seed=seed
        )
        steps = denoise(TablePredictor(), masked(TablePredictor(), PROMPT, 16), run_settings, prompt_length=2)
        ends.append([step.rows[0].commits for step in steps])
    assert all(end == ends[0] for end in ends) is not kind.draws
