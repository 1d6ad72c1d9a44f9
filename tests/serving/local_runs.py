"""Runs of this process, to compare those of a server with."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from llada_tui.models.catalog import name_of
from llada_tui.settings.presets import first_settings
from llada_tui.settings.prompt import Prompt
from llada_tui.trace.events import AnyEvent, EndEvent, RunEvent, StepEvent
from llada_tui.worker.engine import Engine
from llada_tui.worker.protocol import Generate, Load
from llada_tui.worker.run_control import RunControl
from llada_tui.worker.torch_backend import load


class LocalRuns:
    """The engine in this process, and its model."""

    def __init__(self, model: str) -> None:
        self.sent: list[Any] = []
        self.engine = Engine(load, self.sent.append)
        self.engine.load(Load(model))
        assert self.engine.replies.backend is not None
        self.info = self.engine.replies.backend.info

    def events(self, prompt: Prompt, **settings: Any) -> list[Any]:
        """The events of a run, as a fresh worker tells them."""
        self.engine.replies.change_backend(self.engine.replies.backend)
        self.sent.clear()
        command = Generate("r1", first_settings(name_of(self.info.id)).replace(**settings), prompt)
        self.engine.generate(command, RunControl())
        return list(self.sent)


def timeless(events: list[Any]) -> list[Any]:
    """Events without what the clock or the memory decides."""
    timeless_events = []
    for event in events:
        if isinstance(event, RunEvent):
            event = replace(event, time=0.0)
        elif isinstance(event, StepEvent):
            event = replace(event, seconds=0.0)
        elif isinstance(event, EndEvent):
            event = replace(event, seconds=0.0, tokens_per_second=0.0, peak_memory=0)
        timeless_events.append(event)
    return timeless_events


def tokens_of(events: list[AnyEvent]) -> list[Any]:
    """The tokens and their positions, step by step, and the text."""
    steps = [
        (step.index, step.block, [(choice.position, choice.token) for choice in step.commits], step.remasked)
        for step in events
        if isinstance(step, StepEvent)
    ]
    return [*steps, *(event.text for event in events if isinstance(event, EndEvent))]
