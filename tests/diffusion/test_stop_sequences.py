"""Where a text stops, and what follows its canvas: by every strategy and cache, exactly."""

from __future__ import annotations

import pytest
import torch

from llada_tui.diffusion import strategies
from llada_tui.diffusion.predictor import MaskPredictor
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.model_info import UNIFORM_NOISE
from llada_tui.trace.resume import Resume
from llada_tui.trace.stop_sequences import Stops, TextEnd, end_before, first_stop
from tests.diffusion.fakes import KeepingPredictor, TablePredictor

LENGTH = 24
SETTINGS = SamplerSettings(steps=LENGTH, gen_length=LENGTH, block_length=8)
PROMPT = [1, 2, 3]


def run(
    predictor: MaskPredictor, settings: SamplerSettings, stop: Stops, suffix: list[int] | None = None
) -> list[Step]:
    after = suffix or []
    canvas = torch.tensor([[*PROMPT, *[predictor.mask_id] * LENGTH, *after]])
    return list(denoise(predictor, canvas, settings, prompt_length=3, stop=stop, suffix_length=len(after)))


def written(steps: list[Step]) -> list[int]:
    ids: list[int] = steps[-1].canvas[0, 3 : 3 + LENGTH].tolist()
    return ids


def test_the_first_of_all_sequences_counts() -> None:
    assert first_stop([5, 6, 7, 6, 7], [[6, 7]]) == 1
    assert first_stop([5, 6, 7, 6, 7], [[7, 6], [6, 7], [9]]) == 1
    assert first_stop([5, 6, 7], [[7, 6], [8]]) == 3
    assert first_stop([5, None, 7], [[5, 7], [7]]) == 2
    assert first_stop([], [[1]]) == 0


@pytest.mark.parametrize("cache", ["none", "prefix", "dual"])
@pytest.mark.parametrize("name", list(strategies.by_name()))
def test_a_text_ends_before_a_stop_sequence(name: str, cache: str) -> None:
    """No mask is left before it, and no pass is made once that is so; without one nothing changes."""
    settings = SETTINGS.replace(remasking=name, cache=cache)
    predictor = KeepingPredictor()
    if (strategies.get(name).verifies or strategies.get(name).noise == UNIFORM_NOISE) and cache != "none":
        settings = settings.replace(cache="none")
    whole = run(predictor, settings, [])
    text = written(whole)
    stop = next([text[at : at + 2]] for at in range(8, LENGTH) if first_stop(text, [text[at : at + 2]]) == at)
    steps = run(predictor, settings, stop)
    at = first_stop(written(steps), stop)
    assert at < LENGTH
    assert predictor.mask_id not in written(steps)[:at]
    assert len(steps) <= len(whole)
    stands = next(index for index in range(len(steps)) if first_stop(written(steps[: index + 1]), stop) < LENGTH)
    assert stands > 0, name
    before = zip(steps[:stands], whole, strict=False)
    assert all(step.canvas.tolist() == of_whole.canvas.tolist() for step, of_whole in before)


def test_masks_behind_a_stop_sequence_stay() -> None:
    predictor = TablePredictor()
    whole = written(run(predictor, SETTINGS, []))
    steps = run(predictor, SETTINGS, [[whole[9]]])
    at = first_stop(written(steps), [[whole[9]]])
    assert written(steps)[:at] == whole[:at]
    assert written(steps)[16:] == [predictor.mask_id] * 8
    for step in steps[:-1]:
        canvas = step.canvas[0, 3:].tolist()
        assert predictor.mask_id in canvas[: first_stop(canvas, [[whole[9]]])]


def test_a_run_goes_on_before_its_stop_sequence() -> None:
    predictor = TablePredictor()
    settings = SETTINGS.replace(temperature=0.8, seed=5)
    whole = written(run(predictor, settings, []))
    stop = [whole[12:14]]
    steps = run(predictor, settings, stop)
    step = steps[4]
    resume = Resume(step=4, block=step.block, block_step=step.block_step)
    tail = list(denoise(predictor, step.canvas_before, settings, prompt_length=3, stop=stop, resume=resume))
    assert [made.canvas.tolist() for made in tail] == [made.canvas.tolist() for made in steps[4:]]


def test_rows_stop_each_by_itself() -> None:
    predictor = TablePredictor()
    prompts = [[1, 2, 3], [3, 2, 4]]
    stop = [[5]]
    canvas = torch.tensor([[*prompt, *[predictor.mask_id] * LENGTH] for prompt in prompts])
    together = [*denoise(predictor, canvas, SETTINGS, prompt_length=3, stop=stop)][-1].canvas
    apart = [
        [*denoise(predictor, canvas[row : row + 1], SETTINGS, prompt_length=3, stop=stop)][-1].canvas[0]
        for row in range(2)
    ]
    assert together.tolist() == [row.tolist() for row in apart]


def test_a_suffix_is_seen_and_never_changes() -> None:
    predictor = TablePredictor()
    plain = run(predictor, SETTINGS, [])
    steps = run(predictor, SETTINGS, [], [4, 5])
    assert len(steps) == LENGTH
    assert all(step.canvas[0, -2:].tolist() == [4, 5] for step in steps)
    assert written(steps) != written(plain)
    assert [row.block for step in steps for row in step.rows] == [at // 8 for at in range(LENGTH)]


def test_guidance_leaves_the_suffix() -> None:
    class Recording(TablePredictor):
        rows: torch.Tensor

        def logits(
            self,
            ids: torch.Tensor,
            attention_mask: torch.Tensor | None,
            positions: torch.Tensor,
            ahead: torch.Tensor | None = None,
        ) -> torch.Tensor:
            self.rows = ids
            return super().logits(ids, attention_mask, positions, ahead)

    predictor = Recording()
    run(predictor, SETTINGS.replace(cfg_scale=1.0), [], [4, 5])
    assert predictor.rows[1].tolist()[:3] == [predictor.mask_id] * 3
    assert predictor.rows[1].tolist()[-2:] == [4, 5]


def test_a_banned_token_is_never_predicted() -> None:
    predictor = TablePredictor()
    free = run(predictor, SETTINGS, [])
    banned = max(set(written(free)), key=written(free).count)
    predictor.banned_ids = (banned,)
    for temperature in (0.0, 0.7, 1.0):
        settings = SETTINGS.replace(temperature=temperature, cfg_scale=0.5, top_k=3)
        steps = run(predictor, settings, [])
        choices = [choice for step in steps for choice in (*step.rows[0].commits, *step.rows[0].predictions)]
        assert banned not in {choice.token for choice in choices}
        assert all(choice.confidence == choice.confidence for choice in choices)


class Spelling(TablePredictor):
    """Token 5 is "on a", token 4 " time"; the others are letters."""

    def bytes_of(self, token: int) -> bytes:
        return {5: b"on a", 4: b" time"}.get(token, bytes([97 + token]))


def test_a_text_is_met_whatever_tokens_make_it() -> None:
    bytes_of = Spelling().bytes_of
    assert end_before([2, 5, 4, 5], ["time"], bytes_of) == TextEnd(2, b" ")
    assert end_before([2, 5, 4, 5], [" time"], bytes_of) == TextEnd(2)
    assert end_before([2, 5, 4, 5], ["a ti", "me"], bytes_of) == TextEnd(1, b"on ")
    assert end_before([2, 5, 4, 5], ["me", [5]], bytes_of) == TextEnd(1)
    assert end_before([5, None, 4], ["a time", "meon"], bytes_of) == TextEnd(3)
    assert end_before([None, 5, 4], ["time"], bytes_of) == TextEnd(2, b" ")
    assert end_before([1, 2], [[], ""], bytes_of) == TextEnd(2)


def test_a_run_ends_before_a_text_that_begins_within_a_token() -> None:
    whole = written(run(TablePredictor(), SETTINGS, []))
    assert whole.index(4) < 16
    steps = run(Spelling(), SETTINGS, ["ime"])
    end = end_before(written(steps), ["ime"], Spelling().bytes_of)
    assert written(steps)[end.at] == 4
    assert written(steps)[: end.at] == whole[: end.at]
    assert written(steps)[16:] == [TablePredictor().mask_id] * 8
    with pytest.raises(ValueError, match="give stop sequences as ids"):
        run(TablePredictor(), SETTINGS, ["ime"])
