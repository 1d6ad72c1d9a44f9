"""Length policies against what their authors' code did, canvas by canvas, on what its model said
(tests/golden/methods).

``published`` 1 is all of it, but for rho-EOS's case 14, in which the published code makes a pass that has nothing to
write. As ours have it, a step that cuts a written word cuts less, masks are never left, and nothing falls off the end:
`CUTS`, `LEAVES` and `FALLS_OFF` are the cases in which that makes a difference."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from llada_tui.diffusion import lengths
from llada_tui.diffusion.length_policy import LengthChange, LengthView
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.settings.sampler_settings import SamplerSettings
from tests.benchmarks.golden import ROOT as CHECKPOINTS
from tests.benchmarks.golden import golden
from tests.diffusion.recorded import Case, cases, expected_of, tensors_of

PARAMETERS = {
    "rho_eos": ("max_gen_length", "expansion_factor", "low_density_threshold", "high_density_threshold"),
    "daedal": (
        "max_gen_length", "expansion_factor", "eos_confidence_threshold", "expand_eos_confidence_threshold",
        "low_conf_threshold", "eos_check_tokens",
    ),
}  # fmt: skip
OURS = {"rho_eos": {"look_first": 0.0, "most_growth": 64.0}, "daedal": {}}
"""What ours do before the first word is written is left out, and so is the limit to their growth."""
SCHEDULERS = {"const": 0.0, "linear": 1.0, "exp": 2.0}
LEAVES = [14, 16, 17, 18, 19]
CUTS = [0, 1, 2, 6, 7, 12, 13, 14, 20, 27]
FALLS_OFF = [19]
CASES = [case for method in PARAMETERS for case in cases(method)]
RECORDED = [case for case in CASES if case.facts["checkpoint"] == "demo"]
REPLAYED = [case for case in RECORDED if (case.method, case.facts["index"]) != ("rho_eos", 14)]


def settings_of(case: Case, *, published: bool) -> SamplerSettings:
    facts = case.facts
    values = {name: float(facts[name]) for name in PARAMETERS[case.method] if name in facts}
    if "scheduler" in facts:
        values["scheduler"] = SCHEDULERS[facts["scheduler"]]
    length = facts["initial_gen_length"]
    return SamplerSettings(
        steps=length,
        gen_length=length,
        block_length=facts.get("block_length", 32),
        remasking="threshold",
        remasking_params={"threshold": facts.get("high_conf_threshold", 0.9)},
        length=case.method,
        length_params={**values, "published": float(published), **OURS[case.method]},
    )


class RecordedLengths:
    """A `llada_tui.diffusion.predictor.MaskPredictor` that says of each recorded canvas, in turn, which token was
    likeliest at each position, and how likely it was."""

    device = torch.device("cpu")
    eot_id = None
    banned_ids: tuple[int, ...] = ()

    def __init__(self, case: Case) -> None:
        self.case, self.tensors = case, case.tensors
        self.mask_id, self.eos_id = case.checkpoint["mask"], case.facts["eos_id"]
        self.vocab_size = case.checkpoint["vocab"]
        self.step = 0

    def logits(
        self, ids: Tensor, attention_mask: Tensor | None, positions: Tensor, ahead: Tensor | None = None
    ) -> Tensor:
        canvas = self.tensors["canvas_before_each_step"][self.step].long()
        canvas = canvas[canvas >= 0]
        assert ids[0, self.case.prompt :].tolist() == canvas.tolist()
        best = self.tensors["argmax"][self.step, : len(canvas)].long()
        doubt = self.tensors["doubt"][self.step, : len(canvas)].double().clamp(min=1e-15)
        logits = (doubt / (self.vocab_size - 1)).log()[:, None].repeat(1, self.vocab_size)
        logits[torch.arange(len(best)), best] = (1 - doubt).log()
        self.step += 1
        parts = [positions] if ahead is None else [positions, ahead]
        return torch.cat([logits.float()[part[0, self.case.prompt :]] for part in parts])


def replayed(case: Case, settings: SamplerSettings) -> list[Step]:
    """The steps of our sampler on what was recorded, up to the last that was."""
    masks = [case.checkpoint["mask"]] * settings.gen_length
    canvas = torch.tensor([[*case.facts["prompt_ids"], *masks]])
    predictor = RecordedLengths(case)
    steps = []
    for step in denoise(predictor, canvas, settings, prompt_length=case.prompt):
        steps.append(step)
        if predictor.step == len(case.tensors["argmax"]):
            break
    return steps


def written(case: Case, steps: list[Step]) -> list[int]:
    """The canvas in the end; what the published code empties keeps a position in ours."""
    canvas: list[int] = steps[-1].canvas[0, case.prompt :].tolist()
    return canvas if case.facts["lengths"][-1] else canvas[1:]


@pytest.mark.parametrize("case", REPLAYED, ids=str)
def test_canvases_are_those_of_the_published_code(case: Case) -> None:
    steps = replayed(case, settings_of(case, published=True))
    assert len(steps) == case.facts["forward_passes"]
    before = [step.canvas_before.shape[1] - case.prompt for step in steps]
    assert before == case.facts["lengths"][:-1]
    assert written(case, steps) == case.tensors["output_ids"][case.prompt :].tolist()


@pytest.mark.parametrize("case", RECORDED, ids=str)
def test_ours_differ_where_a_word_is_cut_a_mask_left_or_the_end_falls_off(case: Case) -> None:
    differs = case.facts["index"] in ({*CUTS, *LEAVES} if case.method == "rho_eos" else FALLS_OFF)
    cut = bool(case.facts.get("steps_that_cut_written_text")) or bool(case.facts["masks_left_in_output"])
    assert cut == (differs and case.method == "rho_eos")
    try:
        is_same = (
            written(case, steps := replayed(case, settings_of(case, published=False)))
            == (case.tensors["output_ids"][case.prompt :].tolist())
            and len(steps) == case.facts["forward_passes"]
        )
    except AssertionError:  # a canvas that was not recorded
        is_same = False
    assert is_same == (not differs)


@pytest.mark.parametrize("case", [case for case in CASES if case.facts["checkpoint"] == "llada-tiny-mha"], ids=str)
def test_so_they_are_with_the_model_itself(case: Case) -> None:
    model, _, _ = golden(CHECKPOINTS / case.facts["checkpoint"])
    model.info = model.info.__replace__(eos_id=case.facts["eos_id"])
    settings = settings_of(case, published=True)
    canvas = torch.tensor([[*case.facts["prompt_ids"], *[model.mask_id] * settings.gen_length]])
    steps = list(denoise(model, canvas, settings, prompt_length=case.prompt))
    assert [step.canvas.shape[1] - case.prompt for step in steps] == case.facts["lengths"][1:]
    assert steps[-1].canvas[0].tolist() == case.tensors["output_ids"].tolist()


def decided(policy: Any, masks: int, ends: int) -> LengthChange:
    """What rho-EOS decides on a canvas of masks, some of which predict the end of text."""
    predicts_end = torch.arange(masks) < ends
    everywhere = torch.ones(masks, dtype=torch.bool)
    view = LengthView(
        tokens=torch.zeros(masks, dtype=torch.long), was_masked=everywhere, is_mask=everywhere, is_given=~everywhere,
        was_read=everywhere,
        predicts_end=predicts_end, end_probability=predicts_end.double(), confidence=torch.ones(masks).double(),
        ends=[1], block=slice(0, masks), step=1, has_ended=False, most=10_000, next_block=0, memory={},
    )  # fmt: skip
    change: LengthChange = policy.decide(view)
    return change


@pytest.mark.parametrize("scheduler", ["linear", "exp"])
@pytest.mark.parametrize("bounds", [(0.3, 0.7), (0.4, 0.6)])
def test_the_amounts_are_those_of_the_published_table(scheduler: str, bounds: tuple[float, float]) -> None:
    """At whole tenths too, where float32 decides."""
    low, high = bounds
    tensors, rows = tensors_of("rho_eos"), expected_of("rho_eos")["table_rows"]
    policy = lengths.get(
        "rho_eos",
        {
            "low_density_threshold": low, "high_density_threshold": high, "scheduler": SCHEDULERS[scheduler],
            "published": 1.0,
        },
    )  # fmt: skip
    for row, masks in enumerate(rows):
        for ends in range(masks + 1):
            amount = int(tensors[f"table.K.{scheduler}.{low}-{high}"][row, ends])
            action = int(tensors[f"table.action.{low}-{high}"][row, ends])
            change = decided(policy, masks, ends)
            assert (change.inserted, change.removed) == {0: (0, 0), 1: (0, min(amount, masks)), 2: (amount, 0)}[action]
