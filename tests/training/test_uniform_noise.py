"""Uniform noise replaces what it should by ordinary tokens, its loss is its definition, and a run learns from it."""

from dataclasses import replace

import pytest
import torch

from tests.training.test_trainer import TINY, TINY_RUN, run_to
from training.clock import StepClock
from training.model import Network
from training.sampling import Sampling, sample
from training.tokenizer import SPECIAL_TOKENS, Vocabulary
from training.trainer import Trainer
from training.uniform_noise import noise_tokens, noised, uniform_loss
from training.uniform_sampling import BOUND, accepted


def test_noise_holds_every_ordinary_token_and_the_two_ends(vocabulary: Vocabulary) -> None:
    tokens = noise_tokens(vocabulary).tolist()
    special = [vocabulary.tokenizer.token_to_id(token) for token in SPECIAL_TOKENS]
    assert vocabulary.mask not in tokens
    assert {vocabulary.eos, vocabulary.eot} == set(special) & set(tokens)
    assert len(tokens) == vocabulary.tokenizer.get_vocab_size() - len(SPECIAL_TOKENS) + 2


def test_half_of_the_learnt_positions_and_no_others_are_replaced_by_noise() -> None:
    ids = torch.full((400, 50), 7)
    learnt = torch.zeros_like(ids, dtype=torch.bool)
    learnt[:, 20:] = True
    noisy = noised(ids, learnt, torch.tensor([11, 12, 13]), torch.Generator().manual_seed(0))
    assert (noisy[:, :20] == 7).all()
    for token in (11, 12, 13):  # each on a sixth of 12,000 positions; the bound is 5 standard errors
        assert (noisy[:, 20:] == token).float().mean() == pytest.approx(1 / 6, abs=0.017)
    replaced = (noisy[:, 20:] != 7).float().mean(1)
    assert replaced.min() < 0.1  # the rows' probabilities reach from 0 to 1
    assert replaced.max() > 0.9


def test_the_loss_is_over_all_learnt_positions_and_every_row_counts_alike() -> None:
    torch.manual_seed(0)
    ids = torch.randint(0, 9, (2, 6))
    learnt = torch.tensor([[0, 0, 0, 0, 0, 1], [0, 0, 1, 1, 1, 1]], dtype=torch.bool)
    logits = torch.randn(5, 9)
    each = torch.nn.functional.cross_entropy(logits, ids[learnt], reduction="none")
    expected = (each[0] + each[1:].mean()) / 2
    assert uniform_loss(logits, ids, learnt).item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_run_learns_from_uniform_noise(vocabulary: Vocabulary) -> None:
    losses = run_to(Trainer(vocabulary, TINY, replace(TINY_RUN, uniform_noise=1.0), StepClock(60)), 60)
    assert sum(losses[-10:]) < 0.8 * sum(losses[:10])


@pytest.mark.parametrize(("share", "kinds"), [(0.0, {"masks"}), (1.0, {"noise"}), (0.5, {"masks", "noise"})])
def test_a_run_shows_masks_or_noise_as_its_share_says(vocabulary: Vocabulary, share: float, kinds: set[str]) -> None:
    trainer = Trainer(vocabulary, TINY, replace(TINY_RUN, uniform_noise=share), StepClock(60))
    inputs_shown = set()

    def note(_: torch.nn.Module, inputs: tuple[torch.Tensor]) -> None:
        inputs_shown.add("masks" if (inputs[0] == vocabulary.mask).any() else "noise")

    trainer.network.wte.register_forward_pre_hook(note)
    for _ in range(12):
        trainer.step()
    assert inputs_shown == kinds


def test_a_step_takes_the_surest_positions_within_the_bound_and_one_in_any_case() -> None:
    entropy = torch.tensor([[3.0, 0.6 * BOUND, 0.0, 0.6 * BOUND, 2.0], [5.0, 4.0, 9.0, 9.0, 9.0]])
    # first row: 0, then 0.6, 1.2 of the bound lie before the next; the second row takes its surest alone
    assert accepted(entropy).tolist() == [[False, True, True, True, False], [False, True, False, False, False]]


def test_sampling_from_noise_gives_ordinary_tokens_and_is_the_same_for_a_seed(vocabulary: Vocabulary) -> None:
    torch.manual_seed(1)
    network = Network(TINY)
    prompts = [vocabulary.prompt([("user", text)]) for text in ("Hi", "What is 3 + 4?")]
    settings = Sampling(length=16, steps=6, noise="uniform")
    canvases = sample(network, vocabulary, prompts, settings)
    assert [len(canvas) for canvas in canvases] == [16, 16]
    assert {token for canvas in canvases for token in canvas} <= set(noise_tokens(vocabulary).tolist())
    assert sample(network, vocabulary, prompts, settings) == canvases
    assert sample(network, vocabulary, prompts, replace(settings, seed=1)) != canvases


def test_a_canvas_that_the_network_is_sure_of_ends_early(vocabulary: Vocabulary) -> None:
    network = Network(TINY)
    with torch.no_grad():  # every position predicts the end of text, whatever stands there
        for block in network.blocks:
            block.attn_out.weight.zero_()
            block.ff_out.weight.zero_()
        network.wte.weight.fill_(1.0)
        network.wte.weight[vocabulary.eos] = 50.0
    passes = []
    network.wte.register_forward_pre_hook(lambda _module, inputs: passes.append(inputs[0].shape))
    prompts = [vocabulary.prompt([("user", "Hi")])]
    canvases = sample(network, vocabulary, prompts, Sampling(length=8, steps=64, noise="uniform"))
    assert canvases == [[vocabulary.eos] * 8]
    assert len(passes) == 2  # the second finds what the first predicted
