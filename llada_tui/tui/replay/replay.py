"""The replay: a recorded session, or one that is followed, on the stage, with the list of its runs. No worker, no
model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from llada_tui.paths import copy_new
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.comparison_groups import group_of
from llada_tui.trace.events import DeleteEvent, NameEvent
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session, SessionError, reason
from llada_tui.trace.text import clean
from llada_tui.tui.player.run_files import RunFiles
from llada_tui.tui.player.run_screen import RunScreen
from llada_tui.tui.replay.followed_session import FollowedSession
from llada_tui.tui.replay.following import Following
from llada_tui.tui.shell import reading
from llada_tui.tui.shell.action import Screens
from llada_tui.tui.shell.bar import Bar, BarText
from llada_tui.tui.shell.footer import Footer, key_here
from llada_tui.tui.stage.page import Item
from llada_tui.tui.stage.run_tree import RunTree
from llada_tui.tui.stage.stage import Stage
from llada_tui.tui.stage.stage_controls import StageControls
from llada_tui.worker.protocol import Influences


class ReplayHeader(Bar):
    """The header: the session and the run on show, and their model."""

    def __init__(self, screen: Replay) -> None:
        super().__init__(id="header")
        self._replay = screen

    def parts(self, width: int) -> list[BarText]:
        session, run = self._replay.session, self._replay.stage.player.run
        followed = self._replay.followed
        kind = " replay " if followed is None else f" following {followed.name} "
        page = followed.page if followed is not None else None
        words = [*(page.words if page is not None else ()), session.title]
        parts = [BarText(" llada-tui ", "strong"), BarText(kind, "accent"), *(BarText(f" {each} ") for each in words)]
        if run is not None and width >= 100:
            model = run.start.model
            parts.append(BarText(f"  {Path(model.id).name} · {model.dtype} · {model.device}", "dim"))
        return parts

    def right_parts(self, width: int) -> list[BarText]:
        runs, run = self._replay.session.listed(), self._replay.stage.player.run
        at = runs.index(run) + 1 if run in runs else 0
        parts = [BarText(f"run {at} of {len(runs)} ", "text")] if runs or self._replay.followed is None else []
        if (followed := self._replay.followed) is not None:
            parts.append(BarText(" over ", "warn") if followed.ended else BarText(" live ", "good"))
        return parts


class Replay(RunScreen):
    """Shows a session file, or a session that is followed."""

    CSS_PATH = "../stage/stage.tcss"
    kind = Screens.REPLAY
    stage: Stage

    def __init__(
        self, session: Session, source: Path | FollowedSession, *, run: Run | None = None, frame: int | None = None
    ) -> None:
        super().__init__(classes="-empty")
        self.session = session
        self.path = source if isinstance(source, Path) else None
        self.followed = source if isinstance(source, FollowedSession) else None
        self._first = run or session.last_run() if self.followed is None else None
        self._lanes = group_of(session, self._first) if run is None and frame is None and self._first else []
        if self._lanes != session.listed():  # only where there is nothing else
            self._lanes = []
        self._frame = frame
        settings = self._first.start.settings if self._first else SamplerSettings()
        self.stage = Stage(settings, self, dwell=self.llada.config.dwell, id="stage")
        self.stage.knobs.read_only = True
        self.controls = StageControls(self.stage, self)
        self._following = Following(self.followed, self.stage, self) if self.followed is not None else None
        self._parts = (
            self, self.controls, self.stage, *self.stage.panel.pages,
            RunFiles(self.stage, self),
        )  # fmt: skip

    def parts(self) -> tuple[object, ...]:
        return self._parts

    def compose(self) -> ComposeResult:
        yield ReplayHeader(self)
        with Horizontal(id="body"):
            yield RunTree(self.session, self._first, id="runs")
            yield self.stage
        yield Footer(id="keys")

    def on_mount(self) -> None:
        if len(self.session.runs) < 2:  # else it is shown where there is room
            self.query_one("#runs").display = False
        self.stage.greet(Content("This session holds no run."))
        for problem in self.session.problems[:3]:
            self.notify(problem, severity="warning", timeout=10, markup=False)
        if self._first is not None:
            self.show_run(self._first, play=self._frame is None, frame=self._frame or 0)
        self.home()
        self.update_keys()
        if self._following is not None:
            self._following.begin()
        if self._lanes:
            self.controls.show_lanes(self._lanes)

    def on_unmount(self) -> None:
        if self._following is not None:
            self._following.end()
        reading.forget(self.session)

    def update_keys(self) -> None:
        """List the keys that matter where the focus is."""
        if self.stage.player.run is None:  # there is nothing to play, nor to look at in other ways
            leaving: list[Item] = [("leave", "back to the chat")] if self.llada.navigation.has_chat else []
            items = ("help", "sessions", "quit_safely")
            self.query_one(Footer).show([*leaving, *((id, None) for id in items)], typing=False)
            return
        keys = ("play", "back", "forward", "branch", "tree", "guesses", "colours", "help", "quit_safely")
        back: list[Item] = [("leave", words)] if (words := self.leave_words()) else []
        back += self.way_out
        player = self.stage.player
        run = player.run
        if self.followed is not None and not self.followed.ended and not (player.following or player.over):
            back += [("last", "to the present")]
        back += [("compare", "lanes")] if run is not None and group_of(self.session, run) else []
        panel = self.stage.panel
        shown = [*back, *panel.footer_items(), *((id, None) for id in keys), *panel.footer_pages(), ("sessions", None)]
        self.query_one(Footer).show(shown, typing=False)

    def on_descendant_focus(self) -> None:
        self.update_keys()

    def show_run(self, run: Run | None, *, play: bool = True, frame: int = 0) -> None:
        self.set_class(run is None, "-empty")
        self.stage.show_run(run, play=play, frame=frame)
        if run is not None:
            self.stage.knobs.show(run.settings_at(frame))
            self.stage.title = run.question
            self.query_one(RunTree).show(run)
            if self.focused is None:
                self.home()
        self.query_one("#header").refresh()
        self.update_keys()

    async def action_leave(self) -> None:
        """Escape: out of a page or a selection, to the canvas, then to the chat from which the session was opened."""
        on_canvas = self.stage.canvas.has_focus or self.stage.player.run is None
        if self.controls.leave():
            return
        if on_canvas and self.llada.navigation.has_chat:
            await self.app.pop_screen()
        else:
            self.home()

    def leave_words(self) -> str:
        """The effect of escape now, in the order of `action_leave`; empty if nothing."""
        if words := self.controls.leave_words():
            return words
        if not self.stage.canvas.has_focus:
            return "to the canvas"
        return "back to the chat" if self.llada.navigation.has_chat else ""

    def home(self) -> None:
        self.controls.fold_panel()
        self.stage.canvas.focus()

    def action_next_focus(self) -> None:
        self.focus_next()

    def ask_influence(
        self, run: Run, frame: int, position: int, token: int, answered: Callable[[Influences], None], parts: int = 0
    ) -> str:
        key = key_here(self, "branch")
        return f"A replay has no model to ask: {key} goes to the chat with this step, where it is loaded."

    def on_run_tree_picked(self, message: RunTree.Picked) -> None:
        if message.run is not self.stage.player.run:
            self.show_run(message.run)
        self.home()

    def on_run_tree_tree_changed(self, message: RunTree.TreeChanged) -> None:
        self.change_tree(message.event)

    def change_tree(self, event: NameEvent | DeleteEvent) -> None:
        try:
            if self.path is not None:  # else here alone
                self.llada.navigation.arrange(self.path, event)
        except (OSError, SessionError) as error:
            self.notify(f"{self.path} cannot be changed: {reason(error)}.", severity="error", markup=False)
            return
        self.session.add(event)
        run = self.stage.player.run
        if run is not None and run.id in self.session.deleted:
            self.show_run(self.session.last_run())
        self.query_one(RunTree).fill()
        self.query_one("#header").refresh()

    def on_run_tree_picked_lanes(self, message: RunTree.PickedLanes) -> None:
        self.controls.show_lanes(message.runs)

    def action_compare(self) -> None:
        """Show the lanes that the run on show was made with."""
        run = self.stage.player.run
        runs = group_of(self.session, run) if run is not None else []
        if runs:
            self.controls.show_lanes(runs)
        else:
            self.notify("This run has no lanes beside it: comparing begins in the chat.")

    async def action_branch(self) -> None:
        """Branches are made in the chat, where the model is: go there, with the run and the step on show."""
        self._branch()

    async def action_change(self) -> None:
        canvas = self.stage.canvas
        if canvas.selected is None:
            canvas.move_selection(0)
        else:
            self._branch(canvas.selected)

    def _branch(self, position: int | None = None) -> None:
        run = self.stage.player.run
        if run is None:
            self.notify("This session holds no run.")
        else:
            frame, navigation = self.stage.player.frame, self.llada.navigation
            if self.path is not None:
                self.app.run_worker(navigation.branch_session(self.path, run, frame, position))
            else:
                self.app.run_worker(navigation.branch_followed(run, frame, position))

    def on_stage_frame_shown(self) -> None:
        if self.followed is not None:
            self.update_keys()
        run = self.stage.player.run
        if run is not None and run.retunes:
            self.stage.knobs.show(run.settings_at(max(self.stage.player.frame - 1, 0)))

    def runs(self) -> list[Run]:
        return self.controls.runs()

    def details(self) -> str:
        return clean("\n".join(self.session.problems)) or super().details()

    def copy_session(self, path: Path) -> None:
        if self.followed is not None:
            self.followed.copy(path)
        elif self.path is not None:
            copy_new(self.path, path)
