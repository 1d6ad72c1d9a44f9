"""The steps of a block where a model's authors count in their own way, and the schedule changes meanwhile."""

from __future__ import annotations

from llada_tui.diffusion.pace import Pace
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.settings.sampler_settings import SamplerSettings
from tests.diffusion.fakes import TablePredictor, masked


class TwoSteps(Pace):
    """Needs two steps of a block, whose first commits one token."""

    def steps_needed(self, masks: int, steps: int) -> int:
        return 2

    def quota(self, settings: SamplerSettings, masks: int, left: int, step: int, steps: int) -> int:
        return 1


class Paced(TablePredictor):
    pace = TwoSteps()


def test_another_schedule_in_the_middle_of_a_block_gives_back_the_steps_that_were_not_needed() -> None:
    predictor, linear = Paced(), SamplerSettings(8, 8, 8)
    canvas = masked(predictor, [1], 8)
    steps: list[Step] = list(denoise(predictor, canvas, linear, prompt_length=1))
    assert [len(step.rows[0].commits) for step in steps] == [1, 7]

    steps = []
    changed = linear.replace(schedule="cosine")
    for step in denoise(predictor, canvas, lambda: changed if steps else linear, prompt_length=1):
        steps.append(step)
    assert len(steps) > 4
    assert [len(step.rows[0].commits) for step in steps[:2]] == [1, 1]
    assert predictor.mask_id not in steps[-1].canvas
