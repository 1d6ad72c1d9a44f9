"""Random runs of the real sampler and model, branched at a random step: the same tail, and pins that stay."""

from __future__ import annotations

import json
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from llada_tui.diffusion import strategies
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.cell import State
from llada_tui.trace.events import Event
from llada_tui.trace.model_info import MASK_NOISE
from llada_tui.trace.resume_from import branch_settings, resume_from
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.worker.engine import Engine
from llada_tui.worker.messages import Reply
from llada_tui.worker.protocol import Failure, Generate, Load
from llada_tui.worker.run_control import RunControl
from llada_tui.worker.torch_backend import load

TINY = Path(__file__).parents[1] / "golden" / "llada-tiny-mha"
MASK = json.loads((TINY / "config.json").read_text())["mask_token_id"]
LENGTH = 12
MEMORY = sorted(name for name, kind in strategies.by_name().items() if kind().looks_back)
"""Strategies that look back at predictions of earlier steps, whose passes a branch makes again."""


def tiny_with_noise(folder: Path) -> Path:
    """The tiny model in a folder, as one that was trained with both kinds of noise."""
    copy = folder / TINY.name
    shutil.copytree(TINY, copy)
    fields = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**fields, "noises": ["mask", "uniform"]}))
    return copy


class Desk:
    """An engine with the tiny model, in this process."""

    def __init__(self) -> None:
        self.sent: list[Reply | Event] = []
        self.engine = Engine(load, self.sent.append)
        with tempfile.TemporaryDirectory() as folder:
            self.engine.load(Load(str(tiny_with_noise(Path(folder))), dtype="float32", device="cpu"))
        assert not [item for item in self.sent if isinstance(item, Failure)]
        self.session = Session()

    def generate(self, command: Generate) -> Run:
        self.sent.clear()
        self.engine.generate(command, RunControl())
        for item in self.sent:
            assert not isinstance(item, Failure), item.message
            self.session.add(item)  # type: ignore[arg-type]
        return self.session.runs[command.run]


@cache
def desk() -> Desk:
    return Desk()


def name() -> str:
    return f"run-{len(desk().session.runs)}"


def run_of(values: SamplerSettings, prompt: list[int]) -> Run:
    return desk().generate(Generate(name(), values, Prompt(ids=prompt)))


def branch_of(run: Run, frame: int, changes: dict[int, int] | None = None) -> Run:
    resume = resume_from(run, frame, changes=changes)
    prompt = Prompt(ids=run.start.prompt_ids)
    return desk().generate(Generate(name(), branch_settings(run, frame), prompt, resume, parent=run.id))


def decisions(run: Run, frame: int = 0) -> list[Any]:
    return [
        (step.index, step.block, step.block_step, step.commits, step.predictions, step.remasked, step.edits, step.noise)
        for step in run.steps[frame:]
    ]


@st.composite
def values(draw: st.DrawFn) -> SamplerSettings:
    block = draw(st.sampled_from([3, 4, 5, 12]))
    strategy = draw(st.sampled_from([*strategies.by_name(), *MEMORY, *MEMORY]))
    has_masks = strategies.get(strategy).noise == MASK_NOISE
    return SamplerSettings(
        gen_length=LENGTH,
        block_length=block,
        steps=draw(st.integers(-(-LENGTH // block), 2 * LENGTH)),
        temperature=draw(st.sampled_from([0.0, 0.7])),
        cfg_scale=draw(st.sampled_from([0.0, 0.0, 1.0])) if has_masks else 0.0,
        remasking=strategy,
        schedule=draw(st.sampled_from(["linear", "cosine"])),
        seed=draw(st.integers(0, 99)),
    )


prompts = st.lists(st.integers(3, 40), min_size=1, max_size=4)
some = settings(max_examples=settings.default.max_examples // 2)


@some
@given(values=values(), prompt=prompts, share=st.floats(0, 1))
def test_a_branch_without_changes_has_the_same_tail(values: SamplerSettings, prompt: list[int], share: float) -> None:
    run = run_of(values, prompt)
    frame = round(share * run.last)
    # Where an untrained model predicts the mask itself, what is left to do is not what the run thought (see `denoise`).
    assume(all(choice.token != MASK for step in run.steps for choice in step.commits))
    branch = branch_of(run, frame)
    assert decisions(branch) == decisions(run, frame)
    again = branch_of(branch, branch.last // 2)
    assert decisions(again) == decisions(branch, branch.last // 2)


@st.composite
def caches(draw: st.DrawFn, values: SamplerSettings) -> SamplerSettings:
    """Settings with a cache policy, of those that the model and the strategy can have."""
    assume(values.remasking not in ("wino", "entropy_bound"))
    cache = draw(st.sampled_from(["prefix", "dual", "dllm_cache", "dllm_cache"]))
    params = {
        "prompt_interval": draw(st.integers(1, 8)),
        "gen_interval": draw(st.integers(1, 4)),
        "transfer_ratio": draw(st.sampled_from([0.0, 0.3])),
        "cfg_interval": draw(st.sampled_from([1, 1, 3])),
    }
    return values.replace(cache=cache, cache_params=params if cache == "dllm_cache" else {})


@some
@given(data=st.data(), prompt=prompts, share=st.floats(0, 1))
def test_so_it_has_with_a_cache(data: st.DataObject, prompt: list[int], share: float) -> None:
    chosen = data.draw(caches(data.draw(values())))
    run = run_of(chosen, prompt)
    assume(all(choice.token != MASK for step in run.steps for choice in step.commits))
    frame = round(share * run.last)
    branch = branch_of(run, frame)
    assert decisions(branch) == decisions(run, frame)
    again = branch_of(branch, branch.last // 2)
    assert decisions(again) == decisions(branch, branch.last // 2)


@some
@given(values=values(), prompt=prompts, share=st.floats(0, 1), data=st.data())
def test_so_it_has_where_the_canvas_changes_its_length(
    values: SamplerSettings, prompt: list[int], share: float, data: st.DataObject
) -> None:
    assume(values.remasking != "entropy_bound")
    length = data.draw(st.sampled_from(["append", "daedal", "rho_eos"]))
    bounds = {"low_density_threshold": 0.02, "high_density_threshold": 0.05} if length == "rho_eos" else {}
    published = {"published": float(data.draw(st.booleans()))} if length == "rho_eos" else {}
    params = {"max_gen_length": 30.0, **bounds, **published}
    run = run_of(values.replace(length=length, length_params=params), prompt)
    assume(all(choice.token != MASK for step in run.steps for choice in step.commits))
    assert run.end is not None
    assert run.end.reason == "finished"
    assert published == {"published": 1.0} or run.masks_left(run.last) == 0
    frame = round(share * run.last)
    branch = branch_of(run, frame)
    assert [branch.ids(at) for at in range(branch.last + 1)] == [run.ids(at) for at in range(frame, run.last + 1)]
    again = branch_of(branch, branch.last // 2)
    assert again.ids(again.last) == run.ids(run.last)


@some
@given(values=values(), prompt=prompts, share=st.floats(0, 1), data=st.data())
def test_a_pin_is_never_lost(values: SamplerSettings, prompt: list[int], share: float, data: st.DataObject) -> None:
    run = run_of(values, prompt)
    frame = round(share * run.last)
    position, token = data.draw(st.integers(0, LENGTH - 1)), data.draw(st.integers(3, 40))
    branch = branch_of(run, frame, {position: token})
    assert branch.start.canvas == run.ids(frame), "everything before the step is shared"
    assert [at for at in range(LENGTH) if branch.ids(0)[at] != run.ids(frame)[at]] in ([], [position])
    for later in range(branch.last + 1):
        cell = branch.cell(position, later)
        assert (cell.state, cell.token) == (State.PINNED, token)
    again = branch_of(branch, branch.last // 2, {position - 1 if position else LENGTH - 1: token})
    assert all(again.cell(position, later).state is State.PINNED for later in range(again.last + 1))
    if all(choice.token != MASK for step in again.steps for choice in step.commits):
        assert again.masks_left(again.last) == 0
