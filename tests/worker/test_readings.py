"""A held run's last pass is read with other settings: no pass is made for it, and it takes no time to speak of."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import pytest

from llada_tui.models.loading import load
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import EndEvent, Message, StepEvent
from llada_tui.worker.engine import Engine
from llada_tui.worker.protocol import Advance, Cancel, Failure, Generate, Load
from llada_tui.worker.reading_messages import Rank, Ranked, Read, Reading
from llada_tui.worker.run_control import RunControl
from llada_tui.worker.torch_backend import TorchBackend

SETTINGS = SamplerSettings(steps=32, gen_length=64, block_length=64)
OTHERS = [
    {"temperature": 0.5},
    {"temperature": 1.0},
    {"temperature": 1.0, "seed": 1},
    {"temperature": 1.0, "top_p": 0.8},
    {"remasking": "random"},
    {"remasking": "entropy"},
    {"remasking": "margin"},
    {"remasking": "threshold"},
    {"remasking": "threshold", "remasking_params": {"threshold": 0.6}},
    {"logits_eos_inf": True},
]


class HeldRun:
    """A run of the embedded model that is held from the start: one step is made, then questions are asked."""

    def __init__(self, *questions: Read | Rank, steps: int = 1) -> None:
        loaded = load("demo", device="cpu")
        self.passes = 0
        self.sent: list[Any] = []
        self.control = RunControl(hold=True)
        self._left = [*questions]
        self._steps = steps
        self.seconds: list[float] = []
        """The processor's time for each question."""
        self._asked_at = 0.0
        loaded.network.get_submodule("model.embed_tokens").register_forward_pre_hook(self._count)
        engine = Engine(lambda command, progress: TorchBackend(loaded), self._take)
        engine.load(Load("demo"))
        for _ in range(steps):
            self.control.take(Advance("a"))
        if not steps:
            self._ask()
        engine.generate(Generate("a", SETTINGS, Prompt(messages=[Message("user", "What is a mask?")])), self.control)

    def _count(self, *_: object) -> None:
        self.passes += 1

    def _take(self, item: Any) -> None:
        self.sent.append(item)
        if isinstance(item, Reading | Ranked):
            self.seconds.append(time.process_time() - self._asked_at)
        if isinstance(item, StepEvent):
            self._steps -= 1
        if isinstance(item, StepEvent | Reading | Ranked | Failure) and self._steps <= 0:
            self._ask()

    def _ask(self) -> None:
        self._asked_at = time.process_time()
        self.control.take(self._left.pop(0) if self._left else Cancel("a"))

    def of(self, kind: type[Any]) -> list[Any]:
        """What was sent of a kind."""
        return [item for item in self.sent if isinstance(item, kind)]


def test_ten_readings_take_no_pass_and_next_to_no_time() -> None:
    asked = [Read(number, "a", SETTINGS.replace(**changes)) for number, changes in enumerate(OTHERS)]
    run = HeldRun(Read(99, "a", SETTINGS), *asked, steps=2)
    first, *readings = run.of(Reading)
    assert run.passes == 2
    assert [reading.asked for reading in readings] == [*range(10)]
    step = run.of(StepEvent)[-1]
    assert first.index == step.index == 1
    assert [(choice.position, choice.token) for choice in first.data.commits] == [
        (choice.position, choice.token) for choice in step.commits
    ]
    assert len({str(reading.data.commits) for reading in readings}) > 2
    assert len(run.seconds) == 11
    assert median(run.seconds) < 0.05
    assert all(reading.seconds > 0 for reading in readings)
    assert run.of(EndEvent)[0].steps == 2


def test_a_tokens_rank_is_told_from_the_last_pass() -> None:
    ranks = HeldRun(*(Rank(number, "a", 40, token) for number, token in enumerate((65, 66, 67)))).of(Ranked)
    assert [answer.asked for answer in ranks] == [0, 1, 2]
    assert sorted(ranks, key=lambda answer: answer.rank) == sorted(ranks, key=lambda answer: -answer.probability)


@pytest.mark.parametrize(
    ("question", "steps", "words"),
    [
        (Read(0, "a", SETTINGS), 0, "No step was made yet"),
        (Read(0, "b", SETTINGS), 1, "not at work"),
        (Read(0, "a", SETTINGS.replace(cfg_scale=1.0)), 1, "changes the pass itself"),
        (Read(0, "a", SETTINGS.replace(remasking="nonsense")), 1, "nonsense"),
        (Rank(0, "a", 640, 5), 1, "did not read position 640"),
    ],
)
def test_what_cannot_be_read_is_refused(question: Read | Rank, steps: int, words: str) -> None:
    run = HeldRun(question, steps=steps)
    assert [words in failure.message for failure in run.of(Failure)] == [True]
    assert run.of(Failure)[0].code == "request"


def test_without_a_run_there_is_no_pass() -> None:
    sent: list[Any] = []
    Engine(lambda command, progress: TorchBackend(load("demo", device="cpu")), sent.append).answer(Rank(1, "a", 0, 5))
    assert isinstance(sent[-1], Failure)
    assert sent[-1].command == "rank"
