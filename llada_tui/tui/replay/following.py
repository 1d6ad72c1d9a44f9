"""A replay of a session that grows: it follows the newest run, unless its reader looks at something else."""

from __future__ import annotations

from textual.content import Content

from llada_tui.trace.events import AnyEvent, PiecesEvent, StepEvent
from llada_tui.trace.run import Run
from llada_tui.tui.replay.followed_session import FollowedSession
from llada_tui.tui.shell.drawable import is_drawable
from llada_tui.tui.shell.footer import key_here
from llada_tui.tui.stage.run_tree import RunTree
from llada_tui.tui.stage.stage import Stage
from llada_tui.tui.stage.stage_owner import StageOwner

_SOON = 1 / 30
"""Seconds in which what comes is shown together."""


class Following:
    """The part of a replay that shows what comes of a session that is followed."""

    def __init__(self, followed: FollowedSession, stage: Stage, owner: StageOwner) -> None:
        self._followed, self._stage, self._owner, self._screen = followed, stage, owner, owner.screen
        self._latest: Run | None = None
        """The run that began last, as it was shown."""
        self._arranged = self._is_due = False
        """Whether the list of runs is another, and whether what came is about to be shown."""

    def begin(self) -> None:
        """Show what there is and what comes."""
        name = self._followed.name
        self._stage.greet(Content(f"Nothing has been asked in {name} yet. What is asked there is shown here, live."))
        self._followed.observer = self._take
        self._take(None)

    def end(self) -> None:
        """Show nothing more."""
        self._followed.observer = lambda event: None

    def _take(self, event: AnyEvent | None) -> None:
        if not isinstance(event, StepEvent | PiecesEvent):
            self._arranged = True
        if not self._is_due:
            self._is_due = True
            self._screen.call_later(self._screen.set_timer, _SOON, self._show)

    def _show(self) -> None:
        self._is_due = False
        if not is_drawable(self._screen):
            return
        session, player = self._followed.session, self._stage.player
        latest, before = session.last_run(), self._latest
        if latest is not before:
            self._latest = latest
            goes_along = player.run is before and (player.playing or player.at_end)
            if latest is not None and (player.run is None or goes_along):
                self._owner.show_run(latest, play=True, frame=latest.last)
            elif latest is not None:
                self._screen.notify(f"Another run began: {key_here(self._screen, 'next_run')} leads to it.")
        elif player.run is not None and player.run.id in session.deleted:
            self._owner.show_run(latest, play=False)
        self._stage.wake()
        if self._arranged:
            self._arranged = False
            tree = self._screen.query_one(RunTree)
            tree.display = len(session.runs) > 1
            tree.fill()
            self._owner.update_keys()
            self._screen.query_one("#header").refresh()
            if (words := self._followed.ended) and not self._followed.is_end_told:
                self._followed.is_end_told = True
                save = f" What was shown is still here: {key_here(self._screen, 'save')} saves it."
                self._screen.notify(words + (save if session.runs else ""), severity="warning", timeout=30)
