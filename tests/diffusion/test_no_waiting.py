"""Nothing between a model's logits and the one transfer of a step asks a GPU for a value: that would wait for it.

Told by torch's meta device, whose tensors hold no values to be asked for.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from llada_tui.diffusion import strategies
from llada_tui.diffusion.predictions import SCALARS
from llada_tui.diffusion.schedule import Block
from llada_tui.diffusion.sequence_decoder import SequenceDecoder
from llada_tui.settings.sampler_settings import SamplerSettings
from tests.conftest import first_quick
from tests.diffusion.fakes import TablePredictor

LENGTH, VOCABULARY = 16, 600


def row(settings: SamplerSettings) -> SequenceDecoder:
    predictor = TablePredictor(VOCABULARY)
    canvas = torch.full((3 + LENGTH,), predictor.mask_id)
    canvas[:5] = 1
    made = SequenceDecoder(predictor, canvas, canvas != predictor.mask_id, slice(3, canvas.shape[-1]), 0, 0, 0)
    made.enter(0, Block(0, 8, 8), 0, settings, passed=False)
    made.prepare(settings)
    return made


SETTINGS = {
    "plain": {},
    "drawn": {"temperature": 0.7, "top_k": 3},
    "at one": {"temperature": 1.0},
    "without ends": {"logits_eos_inf": True},
    "ends last": {"confidence_eos_eot_inf": True, "temperature": 0.3},
    "as published": {"reference_numerics": True},
}


@pytest.mark.parametrize("changes", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("strategy", sorted(strategies.by_name()))
@pytest.mark.parametrize("dtype", first_quick([torch.bfloat16, torch.float32]))
def test_predictions_wait_for_nothing(strategy: str, changes: dict[str, object], dtype: torch.dtype) -> None:
    run_settings = SamplerSettings(16, LENGTH, 8, remasking=strategy, look_ahead=True, **changes)
    decoder = row(run_settings)
    beyond = torch.zeros(3 + LENGTH, dtype=torch.bool)
    beyond[12:] = True
    masks = int(decoder.needed.numel())
    for _ in range(3):  # history is there from the second time on
        results = decoder.predict(torch.empty(masks, VOCABULARY, dtype=dtype, device="meta"))
        ahead = decoder.look_ahead(torch.empty(7, VOCABULARY, dtype=dtype, device="meta"), beyond)
        sure = decoder.verify(torch.empty(len(decoder.committed), VOCABULARY, dtype=dtype, device="meta"))
        together = torch.cat([part.flatten() for part in (results, ahead, sure)])
    assert together.device.type == "meta"
    assert results.shape == (SCALARS + 2 * run_settings.top_k, masks)


@pytest.mark.parametrize(
    "ask",
    [lambda decoder: decoder.sum().item(), lambda decoder: decoder[decoder > 0], lambda decoder: decoder.nonzero()],
)
def test_what_asks_for_a_value_is_found_out(ask: Callable[[torch.Tensor], object]) -> None:
    with pytest.raises((RuntimeError, NotImplementedError)):
        ask(torch.empty(3, device="meta"))
