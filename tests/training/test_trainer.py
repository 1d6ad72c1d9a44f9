"""A run that is killed and resumed is the run that was not; it learns; and what is exported is what was trained."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from training.checkpoint import load_checkpoint, load_network
from training.clock import Deadline, StepClock
from training.export import export, hub_tensors, take_weights
from training.model import Network
from training.sampling import Sampling, sample
from training.scoring import answers, held_out
from training.settings import ModelSettings, TrainSettings
from training.tokenizer import Vocabulary
from training.trainer import Trainer

TINY = ModelSettings(vocabulary=900, width=32, layers=2, heads=2, feed_forward=48, longest=256)
TINY_RUN = TrainSettings(tokens_per_step=512, pool=40, warmup_steps=2, probes=8, compiled=False)


def tiny_trainer(vocabulary: Vocabulary, steps: int = 24) -> Trainer:
    """A run of a model that learns nothing in particular, quickly."""
    return Trainer(vocabulary, TINY, TINY_RUN, StepClock(steps))


def run_to(trainer: Trainer, step: int) -> list[float]:
    """Steps until `step`, leaving the copy stage on the way; returns the losses."""
    losses = []
    while trainer.position.step < step:
        losses.append(trainer.step())
        if trainer.position.step % 2 == 0:
            trainer.leave_copying()
    return losses


@pytest.mark.parametrize("killed_at", [3, 9])
def test_a_resumed_run_equals_an_uninterrupted_one(vocabulary: Vocabulary, tmp_path: Path, killed_at: int) -> None:
    whole = tiny_trainer(vocabulary)
    losses = run_to(whole, 12)
    first = tiny_trainer(vocabulary)
    before = run_to(first, killed_at)
    first.save(tmp_path / "checkpoint.pt")
    run_to(first, killed_at + 1)  # steps after the last checkpoint are lost with the process
    second = tiny_trainer(vocabulary)
    second.resume(tmp_path / "checkpoint.pt")
    assert before + run_to(second, 12) == losses
    assert whole.position.stage != "copy"
    for parameter, resumed_parameter in zip(whole.network.parameters(), second.network.parameters(), strict=True):
        assert torch.equal(parameter, resumed_parameter)


def test_a_checkpoint_is_either_the_old_or_the_new_one(
    vocabulary: Vocabulary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint.pt"
    trainer = tiny_trainer(vocabulary)
    trainer.save(path)

    def dies(content: object, file: object) -> None:
        file.write(b"half of it")  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    trainer.step()
    monkeypatch.setattr(torch, "save", dies)
    with pytest.raises(KeyboardInterrupt):
        trainer.save(path)
    assert load_checkpoint(path)["position"]["step"] == 0


def test_training_lowers_the_loss(vocabulary: Vocabulary) -> None:
    losses = run_to(tiny_trainer(vocabulary, steps=60), 60)
    assert sum(losses[-10:]) < 0.8 * sum(losses[:10])


def test_the_clocks() -> None:
    assert StepClock(10).progress(5, 0.0) == 0.5
    assert Deadline(at=0.0).progress(5, 10.0) == 1.0
    assert 0.0 <= Deadline(at=4e9).progress(0, 0.0) < 1e-6


def test_an_update_of_a_matrix_is_as_large_as_adamws(vocabulary: Vocabulary) -> None:
    """Its singular values are near one before it is scaled by the rate and 0.2 sqrt(larger side)."""
    trainer = tiny_trainer(vocabulary)
    matrix = next(p for p in trainer.network.blocks.parameters() if p.dim() == 2)
    before = matrix.detach().clone()
    left, _, right = torch.linalg.svd(torch.randn(matrix.shape, generator=torch.Generator().manual_seed(0)), False)
    sizes = torch.logspace(0, 2, min(matrix.shape))  # of very unequal directions, as gradients are
    matrix.grad = left @ sizes.diag() @ right
    for group in trainer.optimizers[0].param_groups:
        group["weight_decay"] = 0.0
    trainer.optimizers[0].step()
    scale = TINY_RUN.matrix_rate * 0.2 * max(matrix.shape) ** 0.5
    values = torch.linalg.svdvals((before - matrix.detach()) / scale)
    assert values.min() > 0.6
    assert values.max() < 1.25


def test_a_network_that_grows_says_what_it_said(vocabulary: Vocabulary, tokenizer_folder: Path, tmp_path: Path) -> None:
    small, grown = Network(TINY), Network(replace(TINY, layers=5))
    export(small, tokenizer_folder, tmp_path, torch.float32)
    take_weights(grown, tmp_path)
    ids = torch.randint(0, 900, (2, 9))
    assert torch.equal(grown(ids), small(ids))
    grown(ids).square().mean().backward()
    assert all(block.attn_out.weight.grad.abs().sum() > 0 for block in grown.blocks)


def test_an_exported_folder_names_noise_that_is_not_masks_alone(tokenizer_folder: Path, tmp_path: Path) -> None:
    for number, noises in enumerate(([], ["mask", "uniform"])):
        export(Network(TINY), tokenizer_folder, tmp_path / str(number), torch.float32, noises)
        config = json.loads((tmp_path / str(number) / "config.json").read_text())
        assert config.get("noises", []) == noises
        assert ("noises" in config) == bool(noises)


def test_attention_sees_both_ways_and_ignores_dropped_keys() -> None:
    torch.manual_seed(0)
    network = Network(TINY)
    ids = torch.randint(0, 900, (1, 12))
    changed = ids.clone()
    changed[0, -1] = (ids[0, -1] + 1) % 900
    assert not torch.allclose(network(ids)[0, 0], network(changed)[0, 0])
    keep = torch.ones(1, 1, 1, 12, dtype=torch.bool)
    keep[..., -1] = False
    assert torch.allclose(network(ids, keep)[0, 0], network(changed, keep)[0, 0])
    assert torch.allclose(network(ids, keep)[0, :-1], network(ids[:, :-1])[0], atol=1e-5)


def test_the_export_has_the_hubs_names_and_loads_back_with_the_same_logits(
    vocabulary: Vocabulary, tokenizer_folder: Path, tmp_path: Path
) -> None:
    trainer = tiny_trainer(vocabulary)
    run_to(trainer, 3)
    trainer.save(tmp_path / "checkpoint.pt")
    network = load_network(tmp_path / "checkpoint.pt")
    export(network, tokenizer_folder, tmp_path / "out", dtype=torch.float32)
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert (config["mask_token_id"], config["eos_token_id"]) == (vocabulary.mask, vocabulary.eos)
    assert "auto_map" not in config
    tensors = load_file(tmp_path / "out" / "model.safetensors")
    assert len(tensors) == 3 + 9 * TINY.layers
    assert set(tensors) == set(hub_tensors(network))
    again = Network(TINY)
    head = tensors.pop("model.transformer.ff_out.weight")
    assert torch.equal(head, tensors["model.transformer.wte.weight"])
    again.load_state_dict({name.removeprefix("model.transformer."): value for name, value in tensors.items()})
    ids = torch.randint(0, 900, (2, 20))
    assert torch.equal(again(ids), trainer.network(ids))


def test_the_programs_loader_gives_the_trainers_logits(
    vocabulary: Vocabulary, tokenizer_folder: Path, tmp_path: Path
) -> None:
    trainer = tiny_trainer(vocabulary)
    run_to(trainer, 3)
    export(trainer.network, tokenizer_folder, tmp_path, dtype=torch.float32)
    api = pytest.importorskip("llada_tui.api")
    model = api.load_model(str(tmp_path), dtype="float32", device="cpu")
    ids = torch.randint(0, 900, (2, 20))
    with torch.no_grad():
        expected = trainer.network(ids)
    assert torch.allclose(torch.as_tensor(model.logits(ids)), expected, atol=1e-4)


def test_batched_sampling_equals_sampling_alone(vocabulary: Vocabulary) -> None:
    torch.manual_seed(1)
    network = Network(TINY)
    prompts = [vocabulary.prompt(example.messages()) for example in held_out("facts", 3)]
    settings = Sampling(length=16, block=8, steps=8)
    together = sample(network, vocabulary, prompts, settings)
    assert together == [sample(network, vocabulary, [prompt], settings)[0] for prompt in prompts]
    assert all(vocabulary.mask not in canvas for canvas in together)


def test_scoring_keeps_every_example(vocabulary: Vocabulary) -> None:
    examples = held_out("sums", 5)
    results = answers(Network(TINY), vocabulary, examples, Sampling(length=8, block=8, steps=2), rows=2)
    assert sorted(answer.example.prompt for answer in results) == sorted(example.prompt for example in examples)
