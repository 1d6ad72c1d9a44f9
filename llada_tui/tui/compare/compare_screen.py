"""The comparison: one question in two to four lanes, live or recorded."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from textual.app import ComposeResult

from llada_tui.drawing.run_states import HELD, PAUSED, SAMPLING, SHOWING
from llada_tui.settings.vary import LANES_ON_SCREEN, columns
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.trace.text import clean
from llada_tui.tui.compare.comparison import Comparison, LaneState
from llada_tui.tui.compare.lanes import Lanes
from llada_tui.tui.model_link.worker_link import WorkerLink
from llada_tui.tui.player.run_files import RunFiles
from llada_tui.tui.player.run_screen import RunScreen
from llada_tui.tui.shell.action import Screens
from llada_tui.tui.shell.bar import RUN_KINDS, Bar, BarText
from llada_tui.tui.shell.drawable import is_drawable
from llada_tui.tui.shell.footer import Footer, key_here


class CompareHeader(Bar):
    """The header: the question, and how the lanes move."""

    def __init__(self, screen: CompareScreen) -> None:
        super().__init__(id="header")
        self._compare = screen

    def parts(self, width: int) -> list[BarText]:
        compare = self._compare
        room = width - 22 - sum(len(part.text) for part in self.right_parts(width))
        title = " ".join(clean(compare.title_words).split())
        if len(title) > room:
            title = title[: max(room - 1, 0)] + "…"
        return [BarText(" llada-tui ", "strong"), BarText(" compare ", "accent"), BarText(f" {title} ", "text")]

    def right_parts(self, width: int) -> list[BarText]:
        compare = self._compare
        state, kind = compare.state
        if compare.comparison is not None and not compare.comparison.main.recording:
            state, kind = f"{state} · not recorded", "error"
        moving = "in time" if compare.stage.player.in_time else "in step"
        if width >= 100:
            moving = f"lanes move {moving}"
        return [BarText(f" {state} ", kind), BarText(f" {moving} ", "accent", "pace"), BarText(" ? ", "accent", "help")]


class CompareScreen(RunScreen):
    """Shows lanes. ``comparison`` is what makes them, if they are being made here; ``left`` is called when the screen
    is left, with the run to go on with, if one was chosen; ``copy`` writes the session under another name."""

    CSS_PATH = "compare.tcss"
    kind = Screens.LANES

    def __init__(
        self,
        session: Session,
        lane_states: Sequence[LaneState],
        left: Callable[[Run | None], None],
        copy: Callable[[Path], None],
        *,
        comparison: Comparison | None = None,
        more: Callable[[], None] | None = None,
    ) -> None:
        """``more`` asks what to compare next."""
        super().__init__()
        self.session = session
        self.comparison = comparison
        self._lane_states = list(lane_states)[:LANES_ON_SCREEN]
        self._hidden = len(lane_states) - len(self._lane_states)
        self._left, self._more, self._copy = left, more, copy
        self.stage: Lanes = Lanes(len(self._lane_states), dwell=self.llada.config.dwell, id="lanes")
        self._parts = (self, self.stage, RunFiles(self.stage, self))

    def parts(self) -> tuple[object, ...]:
        return self._parts

    def compose(self) -> ComposeResult:
        yield CompareHeader(self)
        yield self.stage
        yield Footer(id="keys")

    def on_mount(self) -> None:
        self.stage.canvas.focus()
        if self.comparison is not None and self.comparison.lane_states:  # it may have begun before
            self._lane_states = self.comparison.lane_states
        self.stage.show_lane_states(self._lane_states)
        self.update_keys()
        if self._hidden:
            self.notify(f"The first {LANES_ON_SCREEN} of {LANES_ON_SCREEN + self._hidden} lanes are shown.")

    @property
    def link(self) -> WorkerLink | None:
        return self.comparison.main.link if self.comparison is not None else None

    @property
    def standing_links(self) -> list[WorkerLink]:
        links = [session.link for session in self.comparison.sessions] if self.comparison is not None else []
        return [link for link in links if link.standstill]

    @property
    def title_words(self) -> str:
        """The question."""
        if self.comparison is not None:
            return self.comparison.question.text
        return next((run.question for run in self.runs()), "")

    @property
    def state(self) -> tuple[str, str]:
        """The state of the lanes in words, and its style."""
        if self.comparison is None:
            return "recorded", "dim"
        if links := self.standing_links:
            return links[0].standstill, "error"
        if self.comparison.held:
            return HELD, "warn"
        if any(lane.failure for lane in self._lane_states):
            return "failed", "error"
        if not self.comparison.busy:
            player = self.stage.player
            state = player.end_state if player.at_end else SHOWING if player.playing else PAUSED
            return state, RUN_KINDS.get(state, "warn")
        return (SAMPLING, "accent") if self.runs() else ("waiting", "warn")

    def runs(self) -> list[Run]:
        return [lane.run for lane in self._lane_states if lane.run is not None]

    # -- what the comparison says -------------------------------------------------------------------------------------

    def show_comparison(self, *, beyond_a_step: bool) -> None:
        """The lanes have grown, or something else changed, too."""
        assert self.comparison is not None
        if not is_drawable(self):
            return
        self.stage.player.held = self.comparison.held
        if beyond_a_step:
            has_other_lanes = self._lane_states != self.comparison.lane_states
            self._lane_states = self.comparison.lane_states
            if has_other_lanes:
                self.stage.show_lane_states(self._lane_states)
            else:
                self.stage.take_runs()
            self.query_one("#header").refresh()
            self.update_keys()
        else:
            self.stage.wake()

    def on_lanes_moment_shown(self) -> None:
        self.query_one(CompareHeader).refresh_changes()

    # -- keys ---------------------------------------------------------------------------------------------------------

    def can(self, id: str) -> bool:
        """Recorded lanes are looked at: nothing is made anew. Those at work have the chat's worker, which nothing else
        that needs it may take meanwhile."""
        if id in ("sessions", "lessons"):
            return self.comparison is None
        if id in ("again", "reseed", "hold", "advance"):
            return self.comparison is not None
        return self._more is not None if id == "compare" else super().can(id)

    def update_keys(self) -> None:
        """List the keys that matter now."""
        comparison = self.comparison
        busy = comparison is not None and comparison.busy
        items: list[tuple[str, str | None]] = [("restart", None)] if self.standing_links else []
        items += [("leave", "cancel" if busy else "all lanes" if self.stage.whole else "back")]
        if busy and comparison is not None:
            items += [("hold", "go on" if comparison.held else "hold")]
        items += [("play", "play"), ("pace", "in step" if self.stage.player.in_time else "in time")]
        items += [("next_focus", "next lane"), ("take_lane", None)]
        if not busy and self._more is not None:
            items += [("compare", "other lanes"), ("again", None)]
        items += [("whole", "all lanes" if self.stage.whole else "only this lane"), ("back", None), ("forward", None)]
        items += [(id, None) for id in ("guesses", "colours", "reseed", "help", "quit_safely") if self.can(id)]
        self.query_one(Footer).show(items, typing=False)

    def action_pace(self) -> None:
        player = self.stage.player
        player.change_pace(not player.in_time)
        self.stage.redraw()
        self.stage.wake()
        self.update_keys()
        self.query_one("#header").refresh()

    def action_next_focus(self) -> None:
        self.action_lane(self.stage.current + 1)

    def action_lane(self, number: int) -> None:
        self.stage.choose(number)
        self.stage.canvas.focus()

    def action_whole(self) -> None:
        self.stage.whole = not self.stage.whole
        self.stage.canvas.focus()
        self.update_keys()

    async def action_forward(self) -> None:
        comparison = self.comparison
        if comparison is not None and comparison.held and self.stage.player.at_end:
            await comparison.advance()
            self.stage.to_end()
        else:
            self.stage.step(1)

    async def action_leave(self) -> None:
        """End the lanes that were asked for; else show all of them again; else go back."""
        if self.comparison is not None and self.comparison.at_work:
            self.run_worker(self.comparison.cancel())
        elif self.stage.whole:
            self.action_whole()
        else:
            self._leave(None)

    def action_take_lane(self) -> None:
        run, _ = self.stage.shown
        if run is None or run.end is None:
            self.notify("This lane is not finished yet.")
        else:
            self._leave(run)

    def _leave(self, run: Run | None) -> None:
        self.dismiss()
        self._left(run)

    # -- making lanes -------------------------------------------------------------------------------------------------

    async def action_hold(self) -> None:
        if self.comparison is not None and self.runs() and self.comparison.busy:
            await self.comparison.hold()
        else:
            self.stage.say_no_run(is_asked=self.comparison is not None and self.comparison.busy)

    async def action_advance(self) -> None:
        if self.comparison is not None:
            await self.comparison.advance()
            self.stage.to_end()

    def action_again(self) -> None:
        """The same lanes once more."""
        self._again({})

    def action_reseed(self) -> None:
        """The same lanes with another seed, where it is not the seed that they differ in."""
        self._again({"seed": random.randrange(2**31)})

    def _again(self, changes: dict[str, int]) -> None:
        comparison = self.comparison
        if comparison is None or self._at_work():
            return
        if changes and "seed" in columns([lane.settings for lane in comparison.lanes], [""]):
            self.notify(f"The lanes differ in their seeds: {key_here(self, 'again')} runs them again.")
            return
        lanes = [replace(lane, settings=lane.settings.replace(**changes)) for lane in comparison.lanes]
        self.run_worker(comparison.begin(lanes))

    def action_compare(self) -> None:
        """Compare something else."""
        if not self._at_work() and self._more is not None:
            self._leave(None)
            self._more()

    def _at_work(self) -> bool:
        """Whether lanes are being made, which is said."""
        busy = self.comparison is not None and self.comparison.busy
        if busy:
            self.notify(f"The lanes are at work: {key_here(self, 'leave')} cancels them.")
        return busy

    # -- files --------------------------------------------------------------------------------------------------------

    def copy_session(self, path: Path) -> None:
        self._copy(path)

    def details(self) -> str:
        problem = self.comparison.last_problem if self.comparison is not None else ""
        return clean(problem or "\n".join(self.session.problems)) or super().details()


def recorded(
    session: Session, runs: Sequence[Run], left: Callable[[Run | None], None], copy: Callable[[Path], None]
) -> CompareScreen:
    """The screen of lanes that were recorded."""
    varied = columns([run.start.settings for run in runs], [run.start.model.id for run in runs])
    lane_states = []
    for number, run in enumerate(runs):
        differences = " ".join(f"{name}={cells[number]}" for name, cells in varied.items())
        lane_states.append(
            LaneState(
                session.names.get(run.id) or differences or run.id,
                run.start.settings,
                run.start.model.id,
                run,
                name=run.id,
            )
        )
    return CompareScreen(session, lane_states, left, copy)
