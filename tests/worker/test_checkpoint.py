"""The real thing: this package's worker with a small checkpoint, through the process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from llada_tui.trace.events import FAILED, FINISHED, EndEvent, PiecesEvent, RunEvent, StepEvent
from llada_tui.trace.settings import SamplerSettings
from llada_tui.worker.protocol import Failure, Generate, Hello, Load, Loaded, Progress

from .driver import ROOT, RawWorker

TINY = Path(__file__).parents[1] / "golden" / "llada-tiny-mha"
COMMAND = [sys.executable, "-m", "llada_tui.worker.server"]


@pytest.fixture(scope="module")
def worker() -> Iterator[RawWorker]:
    with RawWorker(COMMAND) as found:
        found.send(Load(str(TINY), dtype="float32", device="cpu"))
        found.until(Loaded)
        yield found


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
        worker.send(Generate(name, settings, ids=[5, 6, 7]))
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
                ids=[5, 6, 7],
                canvas=list(canvas),
                origin=begun.canvas,
                step=cut,
                block=step.block,
                block_step=step.block_step,
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
    worker.send(Generate("p", SamplerSettings(steps=2, gen_length=4, block_length=4), ids=[9]))
    assert worker.until(EndEvent, run="p").text == ""
    pieces = {
        token: piece for item in worker.items if isinstance(item, PiecesEvent) for token, piece in item.pieces.items()
    }
    assert pieces[9] == b"<9>"
    worker.send(Generate("q", SamplerSettings(steps=2, gen_length=4, block_length=4), text="words"))
    assert "no tokenizer" in worker.until(Failure).message


def test_what_is_no_checkpoint_is_told_and_the_earlier_one_kept(worker: RawWorker, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    worker.send(Load(str(tmp_path)), Load(str(tmp_path / "nowhere")))
    for _ in range(2):
        failure = worker.until(Failure)
        assert failure.code in ("model", "request")
        assert failure.details == ""
    worker.send(Generate("kept", SamplerSettings(steps=2, gen_length=4, block_length=4), ids=[9]))
    assert worker.until(EndEvent, run="kept").reason != FAILED
