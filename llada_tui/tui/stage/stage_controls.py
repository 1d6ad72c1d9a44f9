"""The actions on a stage: on its canvas, and to the runs of the session on it."""

from __future__ import annotations

from collections.abc import Sequence

from llada_tui.trace.branches import tree
from llada_tui.trace.run import Run
from llada_tui.tui.shell.footer import key_here
from llada_tui.tui.stage.stage import Stage
from llada_tui.tui.stage.stage_owner import StageOwner


class StageControls:
    """The part of a screen that selects tokens, and goes from run to run."""

    def __init__(self, stage: Stage, owner: StageOwner) -> None:
        self._screen, self._stage, self._owner = owner.screen, stage, owner

    def fold_panel(self) -> None:
        """Take the room back that was made for the panel."""
        self._screen.remove_class("-panel")
        self._stage.whole = False

    def leave(self) -> bool:
        """Step out of a page that has the canvas' room, or out of a selection; False if there is neither."""
        canvas = self._stage.canvas
        if self._stage.whole:
            self._stage.action_whole()
        elif canvas.selected is not None and canvas.has_focus:
            canvas.selected = None
        else:
            return False
        return True

    def leave_words(self) -> str:
        """The effect that `leave` would have now, for the footer; empty if nothing."""
        canvas = self._stage.canvas
        if self._stage.whole:
            return "canvas"
        return "unselect" if canvas.selected is not None and canvas.has_focus else ""

    # -- canvas -------------------------------------------------------------------------------------------------------

    def action_select_left(self) -> None:
        self._stage.canvas.move_selection(-1)

    def action_select_right(self) -> None:
        self._stage.canvas.move_selection(1)

    def action_select_up(self) -> None:
        self._stage.canvas.move_selection_row(-1)

    def action_select_down(self) -> None:
        self._stage.canvas.move_selection_row(1)

    # -- runs ---------------------------------------------------------------------------------------------------------

    def action_back(self) -> None:
        """A step back; from the first of a branch, into the run that it left."""
        run = self._stage.player.run
        parent = self._owner.session.runs.get(run.start.parent or "") if run is not None else None
        if run is not None and parent is not None and self._stage.player.frame == 0:
            self._owner.show_run(parent, play=False, frame=run.start.step - parent.start.step)
        else:
            self._stage.step(-1)

    def runs(self) -> list[Run]:
        """The session's runs in the order of its tree."""
        return [node.run for node in tree(self._owner.session)]

    def action_tree(self) -> None:
        """List the runs with their branches, to go to one or to change them."""
        session, shown = self._owner.session, self._stage.player.run

        def show(runs: list[Run] | None) -> None:
            if runs is not None and len(runs) > 1:
                self.show_lanes(runs)
            elif runs and runs[0] is not self._stage.player.run:
                self._show(runs[0])

        if not session.runs:
            self._screen.notify("There is no run yet: ask something first.")
            return
        from llada_tui.tui.stage.runs_dialog import RunsDialog

        self._screen.app.push_screen(RunsDialog(session, shown, self._owner.change_tree), show)

    def action_previous_run(self) -> None:
        self._show_other(-1)

    def action_next_run(self) -> None:
        self._show_other(1)

    def _show_other(self, by: int) -> None:
        runs = self.runs()
        if self._stage.player.run in runs:
            at = runs.index(self._stage.player.run) + by
            if 0 <= at < len(runs):
                self._show(runs[at])

    def _show(self, run: Run) -> None:
        """Show a run at its end, which is followed if it is going on."""
        self._owner.show_run(run, play=run.end is None, frame=run.last)

    def show_lanes(self, runs: Sequence[Run]) -> None:
        """Show runs that were made to be compared side by side."""
        from llada_tui.tui.compare.compare_screen import recorded

        def left(run: Run | None) -> None:
            if run is not None:
                self._owner.show_run(run, play=False, frame=run.last)

        if any(run.end is None for run in runs):
            self._screen.notify(f"These lanes are still being written: {key_here(self._screen, 'leave')} ends them.")
        else:
            lanes = recorded(self._owner.session, runs, left, self._owner.copy_session)
            self._screen.app.push_screen(lanes)
