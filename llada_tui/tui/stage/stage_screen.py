"""What the chat and the replay share: a stage, the bindings of the action table, and what the actions do to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from llada_tui.trace.branches import tree
from llada_tui.trace.events import DeleteEvent, NameEvent
from llada_tui.trace.run import Run
from llada_tui.tui.player.run_screen import RunScreen
from llada_tui.tui.shell.actions import bindings
from llada_tui.tui.stage.knobs import Knobs
from llada_tui.tui.stage.stage import Stage


class StageScreen(RunScreen):
    """A screen with a stage. Subclasses compose it as ``self.stage`` and say which session its run is from."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(chat=False)]

    stage: Stage

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

    def open_page(self, page: str) -> None:
        """Open a page of the panel, and make room for it."""
        self.add_class("-panel")
        self.stage.panel.open(page)

    def action_knobs(self) -> None:
        if isinstance(self.focused, Knobs):
            self.home()
            return
        self.open_page("knobs")
        self.stage.knobs.focus()

    def action_token(self) -> None:
        self.open_page("inspector")
        (self.stage.panel.front if self.stage.whole else self.stage.canvas).focus()
        if self.stage.canvas.selected is None:
            self.stage.canvas.move_selection(0)

    def action_influence(self) -> None:
        """Show which words the selected token leans on, or its candidates again."""
        stage, run = self.stage, self.stage.player.run
        if stage.panel.page != "inspector" or stage.canvas.selected is None:
            self.action_token()
        position, frame = stage.canvas.selected, stage.player.frame
        if run is None or position is None:
            self.notify("There is no token to ask about yet: ask something first.")
        elif stage.panel.inspector.influences is not None:
            stage.panel.show_influences(None)
        elif (token := run.cell(position, frame).token) is None:
            self.notify("Nothing is predicted here at this step, so there is nothing that could lean on words.")
        elif problem := self.cannot_ask(run):
            self.notify(problem)
        else:
            self.ask_influence(run, frame, position, token)

    def cannot_ask(self, run: Run) -> str:
        """Why the model of a run cannot be asked anything here, in a sentence; empty if it can."""
        return "A replay has no model to ask: b goes to the chat with this step, where it is loaded."

    def ask_influence(self, run: Run, frame: int, position: int, token: int) -> None:
        """Ask the model, and show what it says."""
        raise NotImplementedError

    def action_spacetime(self) -> None:
        self.open_page("spacetime")
        self.stage.panel.front.focus()

    def action_curves(self) -> None:
        self.open_page("curves")
        self.stage.panel.front.focus()

    def action_whole(self) -> None:
        """Give the panel the canvas' room, and back. Knobs need none: then it is spacetime that is meant."""
        if not self.stage.whole and self.stage.panel.page == "knobs":
            self.action_spacetime()
        self.stage.whole = not self.stage.whole
        if self.stage.whole:
            self.stage.panel.front.focus()
        self.update_keys()

    def action_closer(self) -> None:
        self._zoom(1)

    def action_farther(self) -> None:
        self._zoom(-1)

    def _zoom(self, by: int) -> None:
        if self.stage.panel.page != "spacetime":
            self.action_spacetime()
        self.stage.panel.spacetime.change_zoom(by)
        self.stage.panel.update()

    def update_keys(self) -> None:
        """List the keys that matter where the focus is."""

    def page_keys(self) -> list[tuple[str, str | None]]:
        """The keys that matter on the panel's open page, while the focus is there."""
        panel = self.stage.panel
        if not panel.has_focus_within or panel.page == "knobs":
            return []
        own: dict[str, list[tuple[str, str | None]]] = {
            "spacetime": [("closer", None), ("farther", None)],
            "inspector": [("influence", "candidates" if panel.inspector.influences is not None else None)],
        }
        return [("whole", "canvas" if self.stage.whole else None), *own.get(panel.page, [])]

    async def action_leave(self) -> None:
        if self.stage.whole:
            self.action_whole()
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
