"""What the chat and the replay share: a stage, the bindings of the action table, and what the actions do to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llada_tui.trace.branches import tree
from llada_tui.trace.events import DeleteEvent, NameEvent
from llada_tui.trace.run import Run
from llada_tui.tui.player.run_screen import RunScreen
from llada_tui.tui.stage.stage import Stage
from llada_tui.worker.protocol import Influences


class StageScreen(RunScreen):
    """A screen with a stage. Subclasses compose it as ``self.stage`` and say which session its run is from."""

    stage: Stage

    def parts(self) -> tuple[object, ...]:
        return (*super().parts(), self.stage, *self.stage.panel.pages)

    # -- player -------------------------------------------------------------------------------------------------------

    def action_back(self) -> None:
        """A step back; from the first of a branch, into the run that it left."""
        run = self.stage.player.run
        parent = self.session.runs.get(run.start.parent or "") if run is not None else None
        if run is not None and parent is not None and self.stage.player.frame == 0:
            self.show_run(parent, play=False, frame=run.start.step - parent.start.step)
        else:
            self.stage.step(-1)

    # -- canvas -------------------------------------------------------------------------------------------------------

    def action_select_left(self) -> None:
        self.stage.canvas.move_selection(-1)

    def action_select_right(self) -> None:
        self.stage.canvas.move_selection(1)

    def action_select_up(self) -> None:
        self.stage.canvas.move_selection_row(-1)

    def action_select_down(self) -> None:
        self.stage.canvas.move_selection_row(1)

    def action_next_focus(self) -> None:
        self.focus_next()

    # -- panels -------------------------------------------------------------------------------------------------------

    def home(self) -> None:
        """Where the focus goes when nothing else asks for it."""
        self.remove_class("-panel")
        self.stage.whole = False
        self.stage.canvas.focus()

    def make_room(self) -> None:
        """Make room for the panel where there is little."""
        self.add_class("-panel")

    def cannot_ask(self, run: Run) -> str:
        """Why the model of a run cannot be asked anything here, in a sentence; empty if it can."""
        return "A replay has no model to ask: b goes to the chat with this step, where it is loaded."

    def ask_influence(
        self, run: Run, frame: int, position: int, token: int, answered: Callable[[Influences], None]
    ) -> None:
        """Ask the model what a token of a run's frame leans on; ``answered`` is called with the answer."""
        raise NotImplementedError

    def update_keys(self) -> None:
        """List the keys that matter where the focus is."""

    async def action_leave(self) -> None:
        if self.stage.whole:
            self.stage.action_whole()
        elif self.stage.canvas.selected is not None and self.stage.canvas.has_focus:
            self.stage.canvas.selected = None
        else:
            self.home()

    # -- runs ---------------------------------------------------------------------------------------------------------

    def runs(self) -> list[Run]:
        """The session's runs in the order of its tree."""
        return [node.run for node in tree(self.session)]

    def change_tree(self, event: NameEvent | DeleteEvent) -> None:
        """Name a run, delete some or take them back, here and in the session's file."""
        raise NotImplementedError

    async def action_branch(self) -> None:
        """Begin a branch at the step on show."""
        raise NotImplementedError

    async def action_change(self) -> None:
        """Ask what to do with the selected tokens."""
        raise NotImplementedError

    def action_tree(self) -> None:
        from llada_tui.tui.stage.runs_dialog import Runs

        def show(runs: list[Run] | None) -> None:
            if runs is not None and len(runs) > 1:
                self.show_lanes(runs)
            elif runs and runs[0] is not self.stage.player.run:
                self.show_run(runs[0], play=runs[0].end is None, frame=runs[0].last)

        if not self.session.runs:
            self.notify("There is no run yet: ask something first.")
            return
        self.app.push_screen(Runs(self.session, self.stage.player.run, self.change_tree), show)

    def show_lanes(self, runs: Sequence[Run]) -> None:
        """Show runs that were made to be compared side by side."""
        from llada_tui.tui.compare.compare_screen import recorded

        def left(run: Run | None) -> None:
            if run is not None:
                self.show_run(run, play=False, frame=run.last)

        if any(run.end is None for run in runs):
            self.notify("These lanes are still being written: esc ends them.")
        else:
            self.app.push_screen(recorded(self.session, runs, left, self.copy_session))

    def show_run(self, run: Run | None, *, play: bool = True, frame: int = 0) -> None:
        self.set_class(run is None, "-empty")
        self.stage.show_run(run, play=play, frame=frame)

    def _other_run(self, by: int) -> None:
        runs = self.runs()
        if self.stage.player.run in runs:
            at = runs.index(self.stage.player.run) + by
            if 0 <= at < len(runs):
                self.show_run(runs[at], play=runs[at].end is None, frame=runs[at].last)

    def action_previous_run(self) -> None:
        self._other_run(-1)

    def action_next_run(self) -> None:
        self._other_run(1)
