"""The cost of comparing: the speed of each of four lanes against a quarter of its speed alone, and the screen's frames.

    python benchmarks/compare.py [--rounds 3] [--model demo] [--length 64]

The program at 120x40 with a worker process of its own, without a terminal. A question is answered alone in the chat
with each of four strategies, then by all four side by side; rounds repeat. A lane's speed is its steps over the time
from its first step to its last, as they come in at the screen. Meanwhile a clock of 30 ticks a second runs beside the
screen: those that it misses are frames that the screen would miss. Then the lanes are stepped through, all four
changing in every frame: a frame is CPU time from the playhead's step to what would be written to the terminal, the
first time and again. Prints a table; the figures are in benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

QUESTION = "Tell me a story about a fox and a lantern."
RULES = ("low_confidence", "random", "entropy", "margin")
RATE = 30
PATIENCE = 300.0


class Watch:
    """When each step came in at the screen, by its run, and how often a clock beside the screen ticked."""

    def __init__(self) -> None:
        self.steps: dict[str, list[float]] = defaultdict(list)
        self.ticks = 0

    async def tick(self) -> None:
        """Count the ticks that come in time: a tick that is late leaves the ones before it out."""
        began, last = time.perf_counter(), 0
        while True:
            await asyncio.sleep((last + 1) / RATE - (time.perf_counter() - began))
            last = max(int((time.perf_counter() - began) * RATE), last + 1)
            self.ticks += 1

    def put_on(self) -> None:
        from llada_tui.trace.events import StepEvent
        from llada_tui.tui.model_link.worker_session import WorkerSession

        take = WorkerSession.take

        def taking(worker: WorkerSession, event: Any) -> None:
            if isinstance(event, StepEvent):
                self.steps[event.run].append(time.perf_counter())
            take(worker, event)

        WorkerSession.take = taking  # type: ignore[method-assign]

    def speed(self, run: str) -> float:
        """Steps a second."""
        times = self.steps[run]
        return (len(times) - 1) / (times[-1] - times[0])


async def until(pilot: Any, condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("the model took too long")
        await pilot.pause(0.02)


async def measure(model: str, length: int, rounds: int) -> None:
    from llada_tui.settings.presets import DEMO_CHAT
    from llada_tui.settings.vary import Lane
    from llada_tui.tui.app import LladaApp
    from llada_tui.tui.chat.chat import Chat
    from llada_tui.tui.compare.compare_screen import CompareScreen
    from llada_tui.tui.compare.comparison import Question
    from llada_tui.tui.model_link.worker_link import Phase
    from llada_tui.tui.shell.options import ChatOptions

    watch = Watch()
    watch.put_on()
    first = DEMO_CHAT.replace(steps=length, gen_length=length, early_stop=False)
    lanes = [Lane(first.replace(remasking=rule), {"remasking": rule}) for rule in RULES]
    alone: dict[str, list[float]] = defaultdict(list)
    beside: dict[str, list[float]] = defaultdict(list)
    rates: list[float] = []
    first_costs: list[float] = []
    costs_again: list[float] = []
    app = LladaApp(ChatOptions(model))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(app.screen_stack) > 1)
        chat = app.screen
        assert isinstance(chat, Chat)
        await until(pilot, lambda: chat.link.phase is Phase.READY)

        def over() -> bool:
            return not chat.workbench.occupied and all(run.end is not None for run in chat.worker.session.runs.values())

        for _ in range(rounds):
            for lane in lanes:
                watch.steps.clear()
                await chat.submitter.ask(QUESTION, settings=lane.settings)
                await until(pilot, lambda: len(chat.worker.session.runs) > 0 and over())
                run = chat.worker.session.last_run()
                assert run is not None
                alone[lane.label].append(watch.speed(run.id))
                await chat.chat_sessions.action_new_chat()
            watch.steps.clear()
            began, before = time.perf_counter(), watch.ticks
            counting = asyncio.ensure_future(watch.tick())
            chat.comparing.open_lanes(Question(QUESTION), lanes)
            await until(pilot, lambda: isinstance(app.screen, CompareScreen) and len(app.screen.runs()) == 4 and over())
            rates.append((watch.ticks - before) / (time.perf_counter() - began))
            counting.cancel()
            screen = app.screen
            assert isinstance(screen, CompareScreen)
            for lane, lane_state in zip(lanes, screen.stage.lane_states, strict=True):
                beside[lane.label].append(watch.speed(lane_state.name))
            screen.stage.seek(0)
            await pilot.pause()
            for costs in (first_costs, costs_again):
                for frame in range(screen.stage.player.last + 1):
                    start = time.process_time()
                    screen.stage.seek(frame)
                    await pilot.pause()
                    costs.append((time.process_time() - start) * 1000)
            await screen.action_leave()
            await pilot.pause()
            await chat.chat_sessions.action_new_chat()
        await chat.close()

    print(f"{model}, {length} tokens in {length} steps, steps a second, medians of {rounds}")
    for label in alone:
        single, lane = statistics.median(alone[label]), statistics.median(beside[label])
        print(
            f"{label:<28} alone {single:6.1f}   a quarter {single / 4:6.1f}   as a lane {lane:6.1f}   "
            f"{lane / (single / 4):4.0%}"
        )
    print(f"the clock while four lanes are written: {statistics.median(rates):.1f} ticks a second of {RATE}")
    for name, costs in (("for the first time", first_costs), ("again", costs_again)):
        mean, worst = statistics.mean(costs), sorted(costs)[int(len(costs) * 0.95) - 1]
        print(f"a frame {name:<19} {mean:5.1f} ms ({1000 / mean:.0f} a second), worst of twenty {worst:.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default="demo")
    parser.add_argument("--length", type=int, default=64)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(LLADA_TUI_SESSIONS=f"{folder}/sessions", LLADA_TUI_CONFIG=f"{folder}/config")
        asyncio.run(measure(options.model, options.length, options.rounds))


if __name__ == "__main__":
    main()
