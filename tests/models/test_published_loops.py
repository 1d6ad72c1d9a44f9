"""LLaDA2.0's and Dream's published loops, stated again as plainly as they are, against our sampler, token for token.

No outputs of these loops are published; they share no line with ours here: not the mask of the attention, nor the shift
of the logits, nor the choice of tokens.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
import torch
from torch import Tensor

from llada_tui.diffusion import sequence_decoder as rows
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.resume import Resume
from tests.benchmarks.golden import ROOT, golden
from tests.models.llada2 import sure

SIZE = 8

# -- LLaDA2.0 (arXiv 2512.15745, `generate` of modeling_llada2_moe.py) -------------------------------------------------


@pytest.fixture(scope="module")
def llada2(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return sure(tmp_path_factory.mktemp("loops") / "model", SIZE)


@torch.inference_mode()
def llada2_generate(
    model: LoadedModel, prompt: list[int], length: int, threshold: float, eos: int = -1
) -> tuple[list[int], list[list[int]]]:
    """The tokens that are generated, cut where an end of text stops it, and the sequence after every pass. Temperature
    0, as many steps a block as it has tokens."""
    mask = model.mask_id
    blocks = -(-(len(prompt) + length) // SIZE)
    lower = torch.tril(torch.ones(blocks, blocks))
    attention_mask = lower.repeat_interleave(SIZE, 0).repeat_interleave(SIZE, 1)[None, None].log()
    places = torch.arange(blocks * SIZE)[None]
    x = torch.full((1, blocks * SIZE), mask)
    x[0, : len(prompt)] = torch.tensor(prompt)
    passes = []
    for block in range(len(prompt) // SIZE, blocks):
        end = (block + 1) * SIZE
        now = x[:, :end]
        for _ in range(SIZE):
            active = now[0, -SIZE:] == mask
            if not active.any():
                break
            logits = model.network(
                input_ids=now,
                attention_mask=attention_mask[:, :, :end, :end],
                position_ids=places[:, :end],
                use_cache=False,
            ).logits[0, -SIZE:]
            chances, tokens = logits.softmax(-1).max(-1)
            chances = torch.where(active, chances, -torch.inf)
            taken = chances > threshold
            if taken.sum() < 1:
                taken[chances.topk(1).indices] = True
            now[0, -SIZE:][taken] = tokens[taken]
            passes.append(x[0].tolist())
            if (tokens[taken] == eos).any():
                at = now[0].tolist().index(eos)
                if mask not in now[0, len(prompt) : at]:
                    return now[0, len(prompt) : at + 1].tolist(), passes
    return x[0, len(prompt) : len(prompt) + length].tolist(), passes


@pytest.mark.parametrize("cache", ["none", "prefix", "dual"])
@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.95])
@pytest.mark.parametrize("prompt", [[7] * 8, [3, 1, 4, 1, 5], [9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3]])
def test_llada2_is_the_published_loop(llada2: LoadedModel, prompt: list[int], threshold: float, cache: str) -> None:
    length = 40 - len(prompt)
    answer, passes = llada2_generate(llada2, prompt, length, threshold)
    steps = list(
        llada2.denoise(
            masked(llada2, prompt, length), threshold_settings(length, threshold, cache), prompt_length=len(prompt)
        )
    )
    assert [step.canvas[0].tolist() for step in steps] == passes
    assert steps[-1].canvas[0, len(prompt) :].tolist() == answer


def test_llada2_ends_where_the_published_loop_ends(llada2: LoadedModel) -> None:
    prompt, length = [3, 1, 4, 1, 5], 35
    full, passes = llada2_generate(llada2, prompt, length, 0.3)
    eos = full[12]
    answer, fewer = llada2_generate(llada2, prompt, length, 0.3, eos)
    assert len(fewer) < len(passes)
    ending = LoadedModel(llada2.network, None, msgspec.structs.replace(llada2.info, eos_id=eos))
    settings = threshold_settings(length, 0.3, "none").replace(early_stop=True)
    steps = list(ending.denoise(masked(llada2, prompt, length), settings, prompt_length=len(prompt)))
    assert steps[-1].canvas[0, len(prompt) :].tolist()[: len(answer)] == answer
    assert [step.canvas[0].tolist() for step in steps] == fewer


def threshold_settings(length: int, threshold: float, cache: str) -> SamplerSettings:
    return SamplerSettings(
        steps=length, gen_length=length, block_length=SIZE, cache=cache, remasking="threshold",
        remasking_params={"threshold": threshold},
    )  # fmt: skip


def masked(model: LoadedModel, prompt: list[int], length: int) -> Tensor:
    return torch.tensor([[*prompt, *[model.mask_id] * length]])


# -- Dream (arXiv 2508.15487, `_sample` of generation_utils.py) --------------------------------------------------------

Transfer = Callable[[int, int, int], int]
"""The number of tokens that a step commits: of the masks left, in a step, of so many."""


def timesteps(left: int, step: int, steps: int) -> int:
    """As published: the share of time that a step takes of what is left, which ends just before 0."""
    times = torch.linspace(1, 1e-3, steps + 1)
    return int(left * (1 - times[step + 1] / times[step])) if step < steps - 1 else left


def linear(left: int, step: int, steps: int) -> int:
    """Ours."""
    return -(-left // (steps - step))


@torch.inference_mode()
def dream_generate(
    model: LoadedModel, prompt: list[int], length: int, steps: int, algorithm: str, transfer: Transfer
) -> list[list[int]]:
    """The sequence after every step. Temperature 0, and no temperature of the algorithm either."""
    x = masked(model, prompt, length)
    passes = []
    for step in range(steps):
        at = (x[0] == model.mask_id).nonzero()[:, 0]
        logits = model.network(input_ids=x, use_cache=False).logits
        logits = torch.cat([logits[:, :1], logits[:, :-1]], 1)[0, at]
        chances = logits.softmax(-1)
        confidence, tokens = chances.max(-1)
        if algorithm == "topk_margin":
            best = chances.sort(-1, descending=True).values
            confidence = best[:, 0] - best[:, 1]
        elif algorithm == "entropy":
            confidence = (chances * (chances + 1e-10).log()).sum(-1)
        count = transfer(len(at), step, steps)
        if count:
            kept = confidence.topk(count).indices
            x[0, at[kept]] = tokens[kept]
        passes.append(x[0].tolist())
    return passes


ALGORITHMS = {"maskgit_plus": "low_confidence", "topk_margin": "margin", "entropy": "entropy"}
"""Dream's names for them, and ours."""


@pytest.mark.parametrize("steps", [24, 12, 7])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("prompt", [[7], [3, 1, 4, 1, 5]], ids=len)
def test_dream_is_the_published_loop_on_our_schedule(prompt: list[int], algorithm: str, steps: int) -> None:
    model, settings = dream(steps, algorithm)
    expected = dream_generate(model, prompt, 24, steps, algorithm, linear)
    cached_steps = model.denoise(masked(model, prompt, 24), settings, prompt_length=len(prompt))
    assert [step.canvas[0].tolist() for step in cached_steps] == expected


@pytest.mark.parametrize("steps", [24, 12, 7])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_dream_is_the_published_loop_on_its_own_schedule(
    algorithm: str, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With as many steps as tokens its first commits nothing, and its last one more: which is why ours is another."""
    model, settings = dream(steps, algorithm)
    expected = dream_generate(model, [3, 1, 4], 24, steps, algorithm, timesteps)
    empty = expected[0] == masked(model, [3, 1, 4], 24)[0].tolist()
    assert empty == (steps == 24)
    monkeypatch.setattr(rows, "quota", lambda schedule, *left: timesteps(*left))
    resume = Resume(step=int(empty), block=0, block_step=int(empty))
    cached_steps = model.denoise(masked(model, [3, 1, 4], 24), settings, prompt_length=3, resume=resume)
    assert [step.canvas[0].tolist() for step in cached_steps] == expected[empty:]


def dream(steps: int, algorithm: str) -> tuple[LoadedModel, SamplerSettings]:
    return golden(ROOT / "dream-tiny")[0], SamplerSettings(steps, 24, 24, remasking=ALGORITHMS[algorithm])
