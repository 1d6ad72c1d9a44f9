"""The real thing: this package's worker with a small checkpoint, through the process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.cell import State
from llada_tui.trace.events import FAILED, FINISHED, EndEvent, Message, PiecesEvent, RunEvent, StepEvent
from llada_tui.trace.resume import Resume
from llada_tui.trace.run import Run
from llada_tui.trace.text import TokenBytes
from llada_tui.worker.client import WorkerClient, WorkerDied
from llada_tui.worker.protocol import (
    Count,
    Counted,
    Failure,
    Generate,
    Hello,
    Load,
    Loaded,
    Progress,
    Release,
    Retune,
)
from tests.checkpoints import make_checkpoint

from .driver import PATIENCE, ROOT, RawWorker

TINY = Path(__file__).parents[1] / "golden" / "llada-tiny-mha"
COMMAND = [sys.executable, "-m", "llada_tui.worker.server"]


def small(**changes: Any) -> SamplerSettings:
    return SamplerSettings(**{"steps": 4, "gen_length": 8, "block_length": 8, **changes})


@pytest.fixture(scope="module")
def worker() -> Iterator[RawWorker]:
    with RawWorker(COMMAND) as worker:
        worker.send(Load(str(TINY), dtype="float32", device="cpu"))
        worker.until(Loaded)
        yield worker


def test_hello_comes_before_torch_is_imported() -> None:
    code = (
        "import sys; from llada_tui.worker import server; server.hello(); "
        "print([name for name in ('torch', 'transformers', 'textual') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.strip() == "[]"


def test_loading_tells_stages_and_the_model(worker: RawWorker) -> None:
    stages = list(dict.fromkeys(item.stage for item in worker.items if isinstance(item, Progress)))
    assert stages == ["import", "load"]
    loaded = next(item for item in worker.items if isinstance(item, Loaded))
    assert loaded.model.family == "llada"
    assert loaded.memory > 0
    assert isinstance(worker.items[0], Hello)


@pytest.mark.parametrize("temperature", [0.0, 0.8])
@pytest.mark.parametrize("remasking", ["low_confidence", "random"])
@pytest.mark.parametrize("block_length", [5, 16])
def test_continuing_through_the_process_gives_the_identical_tail(
    worker: RawWorker, temperature: float, remasking: str, block_length: int
) -> None:
    # A model without training may predict the mask itself, which a canvas cannot tell from a mask: not such a run.
    for seed in range(20):
        settings = SamplerSettings(
            steps=11,
            gen_length=16,
            block_length=block_length,
            temperature=temperature,
            remasking=remasking,
            cfg_scale=0.5,
            seed=seed,
            top_k=2,
        )
        name = f"{temperature} {remasking} {block_length} {seed}"
        worker.send(Generate(name, settings, Prompt(ids=[5, 6, 7])))
        end = worker.until(EndEvent, run=name)
        begun = next(item for item in worker.items if isinstance(item, RunEvent) and item.run == name)
        whole, canvas = worker.steps(name), list(begun.canvas)
        if not any(choice.token == begun.model.mask_id for step in whole for choice in step.commits):
            break
    assert end.reason == FINISHED, end.message
    assert end.peak_memory > 0
    assert 10 <= len(whole) == end.steps <= 11
    for cut, step in enumerate(whole):
        branch = f"{name} from {cut}"
        worker.send(
            Generate(
                branch,
                settings,
                Prompt(ids=[5, 6, 7]),
                resume=Resume(
                    canvas=list(canvas),
                    initial_canvas=begun.canvas,
                    step=cut,
                    block=step.block,
                    block_step=step.block_step,
                ),
                parent=name,
            )
        )
        assert worker.until(EndEvent, run=branch).reason == FINISHED
        assert [essence(s) for s in worker.steps(branch)] == [essence(s) for s in whole[cut:]]
        for choice in step.commits:
            canvas[choice.position] = choice.token


def essence(step: StepEvent) -> tuple[object, ...]:
    return step.index, step.block, step.block_step, step.commits, step.predictions, step.alternatives, step.entropy


def test_pieces_of_a_checkpoint_without_a_tokenizer(worker: RawWorker) -> None:
    worker.send(Generate("p", small(), Prompt(ids=[9])))
    assert worker.until(EndEvent, run="p").text == ""
    pieces = {
        token: piece for item in worker.items if isinstance(item, PiecesEvent) for token, piece in item.pieces.items()
    }
    assert pieces[9] == b"<9>"
    worker.send(Generate("q", small(), Prompt(text="words")))
    assert "no tokenizer" in worker.until(Failure).message


def test_what_is_no_checkpoint_is_told_and_the_earlier_one_kept(worker: RawWorker, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    worker.send(Load(str(tmp_path)), Load(str(tmp_path / "nowhere")))
    for _ in range(2):
        failure = worker.until(Failure)
        assert failure.code in ("model", "request")
        assert failure.details == ""
    worker.send(Generate("kept", small(), Prompt(ids=[9])))
    assert worker.until(EndEvent, run="kept").reason != FAILED


def test_a_chat_through_the_tokenizer_and_its_pieces_spell_the_text(worker: RawWorker, tmp_path: Path) -> None:
    make_checkpoint(tmp_path, tokenizer=True)
    worker.send(Load(str(tmp_path), dtype="float32", device="cpu"))
    begin = len(worker.items)
    loaded = worker.until(Loaded)
    assert loaded.model.chat
    messages = [Message("system", "Be brief."), Message("user", "Hé?")]
    worker.send(
        Count(Prompt(messages=messages)), Generate("chat", small(logits_eos_inf=True), Prompt(messages=messages))
    )
    counted, end = worker.until(Counted), worker.until(EndEvent, run="chat")
    since = worker.items[begin:]
    begun = next(item for item in since if isinstance(item, RunEvent))
    assert len(begun.prompt_ids) == counted.tokens
    pieces = [item for item in since if isinstance(item, PiecesEvent)]
    spelled = {token: piece for item in pieces for token, piece in item.pieces.items()}
    special = {token for item in pieces for token in item.special}
    assert begun.model.mask_id in special
    assert "Hé?".encode() in b"".join(spelled[token] for token in begun.prompt_ids)
    canvas = list(begun.canvas)
    for step in worker.steps("chat"):
        for choice in step.commits:
            canvas[choice.position] = choice.token
    ends = [place for place, token in enumerate(canvas) if token in (begun.model.eos_id, begun.model.eot_id)]
    kept = [token for token in canvas[: ends[0] if ends else None] if token not in special]
    assert b"".join(spelled[token] for token in kept).decode("utf-8", "replace") == end.text


@pytest.mark.slow
async def test_sigkill_while_the_real_thing_loads_is_survived() -> None:
    items: list[object] = []
    client = WorkerClient(on_item=items.append)

    async def until(kind: type) -> None:
        async with asyncio.timeout(PATIENCE):
            while not any(isinstance(item, kind) for item in items):
                await asyncio.sleep(0.01)

    await client.load(Load(str(TINY), dtype="float32", device="cpu"))
    await until(Progress)
    hello = items[0]
    assert isinstance(hello, Hello)
    os.kill(hello.pid, signal.SIGKILL)
    await until(WorkerDied)
    await client.generate(Generate("a", small(), Prompt(ids=[5])))
    await until(EndEvent)
    assert [item.reason for item in items if isinstance(item, EndEvent)] == [FINISHED]
    await client.stop()


def test_a_strategy_that_does_not_work_here_is_refused_and_the_run_goes_on(worker: RawWorker) -> None:
    settings = small(steps=8, cache="dual")
    worker.send(Generate("w", settings, Prompt(ids=[9]), hold=True), Retune("w", settings.replace(remasking="wino")))
    failure = worker.until(Failure, run="w")
    assert (failure.code, failure.field, failure.command) == ("request", "cache", "retune")
    worker.send(Release("w"))
    assert worker.until(EndEvent, run="w").reason == FINISHED
    worker.send(Generate("x", settings.replace(remasking="wino"), Prompt(ids=[9])))
    assert "set cache to none" in worker.until(Failure, run="x").message


def test_a_token_taken_back_is_told(worker: RawWorker) -> None:
    params = {"eta": 0.5}
    settings = small(steps=32, gen_length=16, block_length=16, remasking="remdm_cap", remasking_params=params, seed=1)
    worker.send(Generate("r", settings, Prompt(ids=[5, 6, 7])))
    assert worker.until(EndEvent, run="r").reason == FINISHED
    begun = next(item for item in worker.items if isinstance(item, RunEvent) and item.run == "r")
    run = Run(begun, TokenBytes())
    for step in worker.steps("r"):
        before = run.canvas(run.last)
        run.add(step)
        assert all(before[position] is not None for position in step.remasked)
        assert all(run.cell(position, run.last).state is State.REMASKED for position in step.remasked)
    assert any(step.remasked for step in worker.steps("r"))
