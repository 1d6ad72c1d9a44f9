"""The base of every screen that shows runs: its parts, which carry out actions, and the ways to help and elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from llada_tui.tui.player.player_view import PlayerView
from llada_tui.tui.shell.action import Screens, bindings
from llada_tui.tui.shell.action_handlers import do, handler_of, run_handler
from llada_tui.tui.shell.app_interface import AppApi, app_of
from llada_tui.tui.shell.drawable import is_displayed, is_drawable
from llada_tui.tui.shell.footer import Footer

if TYPE_CHECKING:
    from llada_tui.tui.model_link.worker_link import WorkerLink


class RunScreen(Screen[None]):
    """A screen with runs on a stage. Its parts are plain objects: those with a method ``action_<id>`` do actions."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (150, "-broad")]  # noqa: RUF012 - Textual's own type
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (17, "-low"), (23, "-short"), (30, "-tall"), (45, "-huge")]  # noqa: RUF012 - Textual's own type

    kind: ClassVar[Screens]
    """The kind of screen, which decides its actions."""

    stage: PlayerView

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        # The keys of the panel's pages are known when the program runs, not yet when this class is made: so they are
        # bound here and not in BINDINGS, whose keys come after these.
        bound = self._bindings.key_to_bindings
        for key, here in BindingsMap(bindings(self.llada.actions.values(), self.kind)).key_to_bindings.items():
            bound[key] = [*here, *bound.get(key, [])]

    @property
    def llada(self) -> AppApi:
        """The application."""
        return app_of(self)

    @property
    def link(self) -> WorkerLink | None:
        """The worker whose runs are made here; None where runs are only looked at."""
        return None

    @property
    def standing_links(self) -> list[WorkerLink]:
        """The workers of this screen that nothing comes of."""
        return [self.link] if self.link is not None and self.link.standstill else []

    @property
    def in_front(self) -> bool:
        """Whether no other screen of the same worker is over this one. What goes wrong with a worker is told to all of
        them, and shown by the one in front."""
        screens = (screen for screen in reversed(self.app.screen_stack) if isinstance(screen, RunScreen))
        return next((screen for screen in screens if screen.link is self.link), None) is self

    # -- actions ------------------------------------------------------------------------------------------------------

    def parts(self) -> tuple[object, ...]:
        """The objects whose ``action_<id>`` methods carry actions out: the screen itself comes first."""
        return (self,)

    def can(self, id: str) -> bool:
        """Whether an action can be done now."""
        action = self.llada.actions.get(id)
        if id == "restart" and not self.standing_links:
            return False
        if action is not None and self.kind not in action.screens:
            return False
        return handler_of(self.parts(), id) is not None

    async def action_do(self, id: str) -> None:
        """Do the action with this id."""
        if (handler := handler_of(self.parts(), id)) is not None:
            await run_handler(handler)

    async def run_action(self, action: str, namespaces: Mapping[str, DOMNode] | None = None) -> None:
        """Do an action; a bare id is that of the action table."""
        await super().run_action(do(action) if action.isidentifier() else action, namespaces)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.can(str(parameters[0])) if action == "do" else super().check_action(action, parameters)

    def focus_next_of(self, panes: Sequence[Widget]) -> None:
        """Put the focus on the pane after the one that has it, in a circle; those that cannot have it, or are not
        displayed, are left out."""
        shown = [pane for pane in panes if pane.focusable and is_displayed(pane)]
        at = shown.index(self.focused) if self.focused in shown else -1
        shown[(at + 1) % len(shown)].focus()

    # -- what every screen can do -------------------------------------------------------------------------------------

    def action_help(self) -> None:
        from llada_tui.tui.shell.help import Help

        self.app.push_screen(Help())

    def action_present(self) -> None:
        """For a class: the picture alone, in large words; and back."""
        self.llada.presenting = not self.llada.presenting
        self.present()

    def present(self) -> None:
        """Show the screen for a class, or as usual; a screen that cannot be presented stays as it is."""
        presenting = self.llada.presenting and self.can("present")
        self.set_class(presenting, "-present")
        self.stage.present(presenting)
        if is_drawable(self):
            self.update_keys()
        if presenting:
            self.call_after_refresh(self._keep_focus)

    def _keep_focus(self) -> None:
        """Go to a pane in sight where the one with the focus is hidden: keys would act unseen."""
        if self.focused is None or not is_displayed(self.focused):
            self.home()

    def home(self) -> None:
        """Put the focus where the screen begins."""

    @property
    def way_out(self) -> list[tuple[str, str | None]]:
        """The footer's entry that ends presenting; nothing where nothing is presented."""
        return [("present", "usual size")] if self.has_class("-present") else []

    def update_keys(self) -> None:
        """List the keys that matter where the focus is."""

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        if not self.stack_updates:  # shown for the first time, with the styles that its parts were mounted with
            event.refresh_styles = False
        self.present()
        self._redraw_footer()

    def on_screen_suspend(self) -> None:
        self._redraw_footer()

    def _redraw_footer(self) -> None:
        for footer in self.query(Footer):
            footer.refresh_changes()

    def action_details(self) -> None:
        from llada_tui.tui.shell.dialogs import Details

        self.app.push_screen(Details(self.details()))

    def details(self) -> str:
        """The details of the last problem."""
        return "There was no problem."

    def action_lessons(self) -> None:
        self.llada.navigation.show_contents()

    def action_sessions(self) -> None:
        self.llada.navigation.show_sessions()

    def action_statistics(self) -> None:
        self.llada.navigation.show_statistics()

    def action_restart(self) -> None:
        for link in self.standing_links:
            self.run_worker(link.restart())

    async def action_quit_safely(self) -> None:
        await self.llada.action_quit_safely()
