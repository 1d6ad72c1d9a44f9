"""Length policies: a run ends within a bound, leaves no mask, cuts no word, can be cut and gone on with anywhere."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from llada_tui.diffusion import caches, lengths, strategies
from llada_tui.diffusion.batches import batches
from llada_tui.diffusion.length_policy import PUBLISHED, LengthPolicy
from llada_tui.diffusion.sampler import Step, denoise
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.events import RunEvent, StepEvent, decode, encode
from llada_tui.trace.model_info import MASK_NOISE
from llada_tui.trace.resume import Resume
from llada_tui.trace.resume_from import branch_settings, resume_from
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from tests.diffusion.fakes import KeepingPredictor, TablePredictor, masked
from tests.trace.support import MODEL

POLICIES = [name for name in lengths.by_name() if name != "fixed"]
CACHES = {"append": ("none", "prefix", "dual"), "daedal": ("none", "prefix"), "rho_eos": ("none", "prefix")}
PROMPT = [1, 2]
OF_MASKS = sorted(name for name, kind in strategies.by_name().items() if kind.noise == MASK_NOISE)


@st.composite
def any_settings(draw: st.DrawFn, name: str) -> SamplerSettings:
    length, block = draw(st.integers(1, 16)), draw(st.integers(1, 12))
    strategy = draw(st.sampled_from(OF_MASKS))
    cache = draw(st.sampled_from(CACHES[name]))
    assume(not strategies.get(strategy).verifies or cache == "none")
    values = {"max_gen_length": float(draw(st.integers(1, 60)))}
    if name == "rho_eos":
        low, high = sorted((draw(st.floats(0, 0.3)), draw(st.floats(0, 0.4))))
        values |= {"low_density_threshold": low, "high_density_threshold": high}
        values |= {"expansion_factor": float(draw(st.integers(1, 6))), "scheduler": float(draw(st.integers(0, 2)))}
        values |= {"most_growth": draw(st.floats(0, 4))}
    elif name == "daedal":
        values |= {"low_conf_threshold": draw(st.floats(0, 1)), "eos_check_tokens": float(draw(st.integers(1, 6)))}
        values |= {"expansion_factor": float(draw(st.integers(2, 6)))}
    return SamplerSettings(
        steps=draw(st.integers(-(-length // block), 2 * length + 4)),
        gen_length=length,
        block_length=block,
        temperature=draw(st.sampled_from([0.0, 1.0])),
        cfg_scale=draw(st.sampled_from([0.0, 0.0, 1.5])),
        remasking=strategy,
        cache=cache,
        seed=draw(st.integers(0, 3)),
        look_ahead=draw(st.booleans()),
        length=name,
        length_params=values,
    )


def published(run_settings: SamplerSettings) -> SamplerSettings:
    """The same as the published code has it, where there is a difference."""
    takes = lengths.by_name()[run_settings.length].parameters
    values = {**run_settings.length_params, PUBLISHED.name: 1.0}
    return run_settings.replace(length_params=values) if PUBLISHED in takes else run_settings


def made(run_settings: SamplerSettings, seed: int = 0, resume: Resume | None = None) -> list[Step]:
    predictor = KeepingPredictor(seed=seed)
    canvas = masked(predictor, PROMPT, run_settings.gen_length)
    if resume is not None and resume.canvas is not None:
        canvas = torch.tensor([[*PROMPT, *resume.canvas]])
    steps: list[Step] = []
    most = bound(run_settings)
    for step in denoise(predictor, canvas, run_settings, prompt_length=len(PROMPT), resume=resume):
        if step.rows:  # none are in a pass of an earlier step
            steps.append(step)
        assert len(steps) <= most
    return steps


def bound(run_settings: SamplerSettings) -> int:
    """Most steps that a run makes: those in which a policy may change the length, each of which adds as many as the
    block at work has masks, then those of the longest canvas; and the post steps of every block."""
    policy: LengthPolicy = lengths.get(run_settings.length, run_settings.length_params)
    longest = max(min(policy.longest, 60), run_settings.gen_length)
    rate = run_settings.steps / run_settings.gen_length
    for_all = int(rate * longest) + longest
    post_steps = strategies.get(run_settings.remasking).post_steps
    changes = policy.changing_steps if policy.changing_steps is not None else longest
    return (for_all + longest * post_steps) * (1 + changes)


def folded(run_settings: SamplerSettings, steps: list[Step]) -> Run:
    predictor = KeepingPredictor()
    model = msgspec.structs.replace(
        MODEL, mask_id=predictor.mask_id, eos_id=predictor.eos_id, eot_id=predictor.eot_id, vocab_size=12
    )
    canvas = [predictor.mask_id] * run_settings.gen_length
    run = Run(RunEvent("run", model, run_settings, PROMPT, Resume(canvas)), TokenBytes())
    for step in steps:
        event = StepEvent.of(step.rows[0], run="run", index=step.index, seconds=0.1)
        line = decode(encode(event))
        assert line == event
        assert isinstance(line, StepEvent)
        run.add(line)
    return run


@pytest.mark.parametrize("name", POLICIES)
@given(st.data(), st.integers(0, 5))
def test_a_run_ends_and_its_frames_are_its_canvases(name: str, data: st.DataObject, seed: int) -> None:
    run_settings = data.draw(any_settings(name))
    steps = made(run_settings, seed)
    run = folded(run_settings, steps)
    mask = run.start.model.mask_id
    for frame, step in enumerate(steps, 1):
        canvas = step.canvas[0, len(PROMPT) :].tolist()
        assert run.ids(frame) == canvas
        assert run.ids(frame - 1) == step.canvas_before[0, len(PROMPT) :].tolist()
        assert run.length_at(frame) == len(canvas) == len(run.positions.of(frame))
        assert run.masks_left(frame) == canvas.count(mask)
        assert [cell.position for cell in run.cells(frame)] == list(run.positions.of(frame))
        assert all(run.positions.place_of(at, frame) == place for place, at in enumerate(run.positions.of(frame)))
    assert run.masks_left(run.last) == 0
    longest = int(run_settings.length_params["max_gen_length"])
    assert run.length_at(run.last) <= max(longest, run_settings.gen_length)
    order = list(run.positions.order)
    for frame in range(run.last + 1):  # positions never change their order
        assert [at for at in order if run.positions.has(at, frame)] == list(run.positions.of(frame))


@pytest.mark.parametrize("name", POLICIES)
@given(st.data(), st.integers(0, 5))
def test_no_word_is_cut(name: str, data: st.DataObject, seed: int) -> None:
    run_settings = data.draw(any_settings(name))
    run = folded(run_settings, made(run_settings, seed))
    model = run.start.model
    for frame, step in enumerate(run.steps, 1):
        if step.removed is not None:
            committed = {choice.position: choice.token for choice in step.commits}
            gone = set(run.positions.of(frame - 1)) - set(run.positions.of(frame))
            written = {at: committed.get(at, run.cell(at, frame - 1)._replace().token) for at in gone}
            masks = {at for at in gone if run.change(at, frame - 1).token is None and at not in committed}
            assert all(token in (model.eos_id, model.eot_id) for at, token in written.items() if at not in masks)


@pytest.mark.parametrize("name", POLICIES)
@given(st.data(), st.integers(0, 5), st.floats(0, 1))
def test_a_run_goes_on_from_any_frame_with_the_same_tail(
    name: str, data: st.DataObject, seed: int, share: float
) -> None:
    run_settings = data.draw(any_settings(name))
    if data.draw(st.booleans()):
        run_settings = published(run_settings)
    steps = made(run_settings, seed)
    run = folded(run_settings, steps)
    frame = round(share * run.last)
    cut = folded(run_settings, steps[:frame]) if data.draw(st.booleans()) else run
    assert cut.ids(frame) == run.ids(frame)
    resume = resume_from(cut, frame)
    tail = made(branch_settings(cut, frame), seed, resume)
    assert [step.canvas.tolist() for step in tail] == [step.canvas.tolist() for step in steps[frame:]]
    assert [(step.block, step.block_step) for step in tail] == [(step.block, step.block_step) for step in steps[frame:]]


@pytest.mark.parametrize("strategy", ["saber", "credit", "core"])
def test_a_strategy_keeps_nothing_of_a_step_that_only_looked_in_a_branch_either(strategy: str) -> None:
    """The canvas is as long as it may become: the first step looks, and nothing is inserted."""
    run_settings = SamplerSettings(
        steps=8, gen_length=8, block_length=7, remasking=strategy, length="daedal",
        length_params={"max_gen_length": 8.0, "eos_confidence_threshold": 1.0},
    )  # fmt: skip
    for seed in range(8):
        steps = made(run_settings, seed)
        run = folded(run_settings, steps)
        assert not run.steps[0].commits
        assert run.steps[0].inserted is None
        for frame in range(1, run.last):
            tail = made(branch_settings(run, frame), seed, resume_from(run, frame))
            assert [step.canvas.tolist() for step in tail] == [step.canvas.tolist() for step in steps[frame:]]


def test_masks_that_stay_behind_stay_so_in_a_branch() -> None:
    """As the published rho-EOS has it: blocks begin where the first mask was, and masks that come before stay."""
    run_settings = SamplerSettings(
        steps=8, gen_length=8, block_length=3, remasking="threshold", remasking_params={"threshold": 0.2},
        length="rho_eos",
        length_params={"max_gen_length": 40.0, "low_density_threshold": 0.2, "high_density_threshold": 0.4,
                       "expansion_factor": 2.0, "published": 1.0},
    )  # fmt: skip
    left = 0
    for seed in range(6):
        steps = made(run_settings, seed)
        run = folded(run_settings, steps)
        left += run.masks_left(run.last)
        for frame in range(run.last + 1):
            for recorded in (run, folded(run_settings, steps[:frame])):
                tail = made(branch_settings(run, frame), seed, resume_from(recorded, frame))
                assert [step.canvas.tolist() for step in tail] == [step.canvas.tolist() for step in steps[frame:]]
    assert left


def test_a_block_that_grew_has_the_same_steps_in_a_branch() -> None:
    run_settings = SamplerSettings(
        steps=10, gen_length=7, block_length=5, remasking="origin", length="append",
        length_params={"max_gen_length": 13.0},
    )  # fmt: skip
    steps = made(run_settings, 1)
    run = folded(run_settings, steps)
    for frame in range(run.last):
        tail = made(branch_settings(run, frame), 1, resume_from(run, frame))
        assert [step.canvas.tolist() for step in tail] == [step.canvas.tolist() for step in steps[frame:]]


def test_a_block_that_is_done_is_not_read_over_again_when_another_is_appended() -> None:
    run_settings = SamplerSettings(
        steps=1, gen_length=1, block_length=1, cfg_scale=1.5, remasking="editing", length="append",
        length_params={"max_gen_length": 2.0},
    )  # fmt: skip
    steps = made(run_settings, 2)
    assert [(step.block, step.block_step) for step in steps] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    run = folded(run_settings, steps)
    tail = made(branch_settings(run, 2), 2, resume_from(run, 2))
    assert [step.canvas.tolist() for step in tail] == [step.canvas.tolist() for step in steps[2:]]


def test_a_canvas_that_needs_no_other_length_has_the_steps_that_were_set() -> None:
    for length, steps in ((10, 11), (10, 7), (3, 7), (7, 5)):
        run_settings = SamplerSettings(
            steps=steps, gen_length=length, block_length=length, length="append",
            length_params={"max_gen_length": float(length)},
        )  # fmt: skip
        fixed = made(run_settings.replace(length="fixed", length_params={}))
        assert len(made(run_settings)) == len(fixed) == min(steps, length)


def test_append_adds_blocks_until_an_end_of_text() -> None:
    run_settings = SamplerSettings(
        steps=4, gen_length=4, block_length=4, length="append", length_params={"max_gen_length": 60}, early_stop=True
    )
    predictor, ended = TablePredictor(), 0
    for seed in range(8):
        steps = made(run_settings.replace(seed=seed, temperature=1.0), seed)
        spans = [step.canvas.shape[1] - len(PROMPT) for step in steps]
        assert all(after in (before, before + 4) for before, after in pairwise(spans))
        canvas = steps[-1].canvas[0, len(PROMPT) :].tolist()
        ends = [at for at, token in enumerate(canvas) if token in (predictor.eos_id, predictor.eot_id)]
        assert ends or len(canvas) == 60
        assert all(at >= len(canvas) - 4 for at in ends[:1])
        ended += bool(ends)
    assert ended > 2


def test_append_stops_at_the_longest_canvas_and_fills_a_shorter_block_first() -> None:
    run_settings = SamplerSettings(
        steps=3, gen_length=3, block_length=4, length="append", length_params={"max_gen_length": 10},
        logits_eos_inf=True, seed=1,
    )  # fmt: skip

    predictor = TablePredictor()
    predictor.eot_id = None  # type: ignore[assignment]
    steps = list(denoise(predictor, masked(predictor, [1], 3), run_settings, prompt_length=1))
    assert sorted({step.canvas.shape[1] - 1 for step in steps}) == [3, 4, 8, 10]
    assert [(step.block, step.block_step) for step in steps if step.rows[0].inserted is not None] == [
        (0, 2), (0, 3), (1, 3)
    ]  # fmt: skip


def test_what_cannot_be_is_refused_in_words() -> None:
    def refused(words: str, **changes: object) -> None:
        run_settings = SamplerSettings(steps=4, gen_length=4, block_length=4).replace(**changes)
        predictor = TablePredictor()
        with pytest.raises(SettingsError, match=words):
            list(denoise(predictor, masked(predictor, [1], 4), run_settings, prompt_length=1))

    refused("length must be fixed, append, daedal or rho_eos, not 'longer'", length="longer")
    refused("rho_eos reads masks beyond the block, which the dual cache leaves out", length="rho_eos", cache="dual")
    refused("max_gen_length must be from 1 to 32768", length="append", length_params={"max_gen_length": 0})
    two = masked(TablePredictor(), [1], 4).repeat(2, 1)
    with pytest.raises(SettingsError, match="one row at a time"):
        denoise(TablePredictor(), two, SamplerSettings(steps=4, gen_length=4, length="append"), prompt_length=1)


def test_a_model_without_an_end_of_text_can_append_alone() -> None:
    predictor = TablePredictor()
    predictor.eos_id = None  # type: ignore[assignment]
    run_settings = SamplerSettings(steps=4, gen_length=4, block_length=4, length="rho_eos")
    with pytest.raises(SettingsError, match="set length to append"):
        list(denoise(predictor, masked(predictor, [1], 4), run_settings, prompt_length=1))


def test_the_canvas_keeps_within_the_model_s_context() -> None:
    class Short(TablePredictor):
        context = 12

    run_settings = SamplerSettings(steps=4, gen_length=4, block_length=4, length="append", logits_eos_inf=True)
    predictor = Short(seed=3)
    steps = list(denoise(predictor, masked(predictor, [1, 2, 3], 4), run_settings, prompt_length=3))
    assert max(step.canvas.shape[1] for step in steps) <= 12


def test_lanes_that_change_their_length_go_apart() -> None:
    fixed = SamplerSettings(steps=8, gen_length=8, block_length=4)
    assert batches([fixed, fixed.replace(length="append"), fixed, fixed.replace(length="append")]) == [[0, 2], [1], [3]]


def test_every_policy_is_named_here() -> None:
    assert set(CACHES) == set(POLICIES)
    assert set(caches.by_name()) >= {cache for names in CACHES.values() for cache in names}
