"""Runs of the embedded model as a lesson's screen has them: asked of the worker's engine, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from llada_tui.api import Model
from llada_tui.lessons import claims
from llada_tui.lessons.lesson import Lesson, Scene
from llada_tui.models.loading import load
from llada_tui.settings.prompt import Prompt
from llada_tui.trace.events import FINISHED, Event, Message
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.worker.engine import Engine
from llada_tui.worker.protocol import Failure, Generate, Load, Score, Scored
from llada_tui.worker.run_control import RunControl
from llada_tui.worker.torch_backend import TorchBackend


class Desk:
    """The embedded model, or another, and every run that was asked of it, made once."""

    def __init__(self, source: str = "demo") -> None:
        self.model = Model(load(source, device="cpu"))
        self._session = Session()
        self._engine = Engine(lambda command, progress: TorchBackend(self.model.loaded), self._take)
        self._engine.load(Load("demo"))
        self._scores: dict[tuple[str, int], tuple[float, float]] = {}

    def _take(self, item: Any) -> None:
        assert not isinstance(item, Failure), item.message
        if isinstance(item, Scored):
            self._scores[item.answer, item.seed] = (item.total, item.standard_error)
        if isinstance(item, Event):
            self._session.add(item)  # type: ignore[arg-type]

    def run(self, scene: Scene) -> Run:
        """The whole run of a scene."""
        runs = self._session.runs
        if scene.key not in runs:
            messages = [Message("user", scene.prompt)]
            command = Generate(scene.key, scene.settings, Prompt(messages=messages, template=scene.template or None))
            self._engine.generate(command, RunControl())
        end = runs[scene.key].end
        assert end is not None
        assert end.reason == FINISHED
        return runs[scene.key]

    def score(self, prompt: str, answer: str, samples: int, seed: int) -> tuple[float, float]:
        """See `llada_tui.lessons.claims.Score`."""
        self._engine.answer(Score(answer, Prompt(messages=[Message("user", prompt)]), samples=samples, seed=seed))
        return self._scores[answer, seed]


@cache
def demo() -> Desk:
    return Desk()


def faults(lesson: Lesson, desk: Desk) -> Iterator[tuple[int, str]]:
    """Everything that a lesson says and its runs do not show: the page, counted from 0, and a sentence."""
    shown: list[Run] = []
    for number, page in enumerate(lesson.pages):
        scene = page.scene
        if scene is None:
            continue
        run = desk.run(scene)
        if not scene.same:
            shown.append(run)
        before = shown[-2] if len(shown) > 1 else None
        for fault in faults_of(scene, run, before, desk.score):
            yield number, fault


def faults_of(scene: Scene, run: Run, before: Run | None, score: claims.Scorer) -> Iterator[str]:
    """The claims of a page that its run, which has ended, does not show; ``before`` is the other run shown before
    it."""
    where = f"line {scene.line}: "
    frame = scene.stop.frame(run)
    if frame is None:
        yield f"{where}the run never comes to where it should stop: {run.answer()!r}"
        return
    for point in scene.points:
        if not point.positions(run, frame):
            yield f"{where}there is nothing to point at: {run.text(frame)!r}"
    for claim in scene.claims:
        if not claim.holds(run, before, score):
            yield f"{where}{claim.name} {' '.join(claim.texts)} does not hold: {run.answer()!r}"
