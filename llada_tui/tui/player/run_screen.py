"""What every screen that shows runs has: the player's keys, and copying, saving and help."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.screen import Screen

from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.trace.text import clean
from llada_tui.tui.model_link.worker_link import WorkerLink
from llada_tui.tui.player.player_view import Moving
from llada_tui.tui.shell.actions import Screens, bindings
from llada_tui.tui.shell.doing import carry_out, do, handler_of
from llada_tui.tui.shell.services import Host, host


class RunScreen(Screen[None]):
    """A screen with runs on a stage."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual's own type
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (17, "-short"), (30, "-tall"), (45, "-huge")]  # noqa: RUF012 - Textual's own type

    kind: ClassVar[Screens]
    """Which actions the screen has."""

    stage: Moving
    session: Session

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        # The keys of the panel's pages are known when the program runs, not yet when this class is made: so they are
        # bound here and not in BINDINGS, whose keys come after these.
        bound = self._bindings.key_to_bindings
        for key, here in BindingsMap(bindings(self.llada.actions.values(), self.kind)).key_to_bindings.items():
            bound[key] = [*here, *bound.get(key, [])]

    @property
    def llada(self) -> Host:
        """The application."""
        return host(self)

    @property
    def link(self) -> WorkerLink | None:
        """The worker whose runs are made here; None where runs are only looked at."""
        return None

    @property
    def in_front(self) -> bool:
        """Whether no other screen of the same worker is over this one. What goes wrong with a worker is told to all of
        them, and shown by the one in front."""
        screens = (screen for screen in reversed(self.app.screen_stack) if isinstance(screen, RunScreen))
        return next((screen for screen in screens if screen.link is self.link), None) is self

    def runs(self) -> list[Run]:
        """The runs that are looked at here."""
        raise NotImplementedError

    # -- actions ------------------------------------------------------------------------------------------------------

    def parts(self) -> tuple[object, ...]:
        """The objects whose ``action_<id>`` methods carry actions out: the screen itself comes first."""
        return (self,)

    def can(self, id: str) -> bool:
        """Whether an action can be done now."""
        action = self.llada.actions.get(id)
        if action is not None and self.kind not in action.screens:
            return False
        return handler_of(self.parts(), id) is not None

    async def action_do(self, id: str) -> None:
        """Do the action with this id."""
        if (handler := handler_of(self.parts(), id)) is not None:
            await carry_out(handler)

    async def run_action(self, action: str, namespaces: Mapping[str, DOMNode] | None = None) -> None:
        """Do an action; a bare id is that of the action table."""
        await super().run_action(do(action) if action.isidentifier() else action, namespaces)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.can(str(parameters[0])) if action == "do" else super().check_action(action, parameters)

    # -- player -------------------------------------------------------------------------------------------------------

    def action_play(self) -> None:
        self.stage.toggle()

    def action_back(self) -> None:
        self.stage.step(-1)

    async def action_forward(self) -> None:
        self.stage.step(1)

    def action_first(self) -> None:
        self.stage.seek(0)

    def action_last(self) -> None:
        self.stage.to_end()

    def action_slower(self) -> None:
        self.stage.change_speed(-1)

    def action_faster(self) -> None:
        self.stage.change_speed(1)

    def action_guesses(self) -> None:
        self.stage.toggle_guesses()

    def action_colours(self) -> None:
        self.stage.next_colours()

    # -- text and files -----------------------------------------------------------------------------------------------

    async def action_copy(self) -> None:
        run, frame = self.stage.shown
        if run is None:
            self.notify("There is nothing to copy yet.")
            return
        await self.llada.copy_text(run.text(frame))

    def action_picture(self) -> None:
        run, frame = self.stage.shown
        if run is None:
            self.notify("There is no picture to save yet.")
            return
        from llada_tui.export.render import RenderOptions
        from llada_tui.tui.shell.save_picture import palette_of, save_picture

        folder, canvas = self.llada.pictures_folder, self.stage.canvas
        palette = palette_of(self.app.current_theme, self.app.theme_variables)
        width = max(40, min(canvas.size.width + 2, 200))
        options = RenderOptions(palette, {}, width=width, colour_by=canvas.colour_by, show_guesses=canvas.guesses)
        name = self.llada.slug(run.question)
        try:
            path = save_picture(folder, name, self.session, run, frame, options)
        except OSError as error:
            reason = (error.strerror or "unknown error").lower()
            self.notify(f"No picture could be saved in {folder}: {reason}.", severity="error")
        else:
            self.notify(f"Saved {path.name} and .txt in {folder}.", timeout=8)

    def action_save(self) -> None:
        if not self.session.runs:
            self.notify("There is nothing to save yet.")
            return
        from llada_tui.tui.shell.dialogs import AskText

        default = f"{self.llada.slug(self.session.title)}.txt"
        question = "Save as: a name ending in .txt saves the text, .jsonl the whole session with every step."
        self.app.push_screen(AskText("Save", question, default), self._save)

    def _save(self, name: str | None) -> None:
        if not name:
            return
        path = Path(name).expanduser()
        try:
            if path.exists():
                raise FileExistsError
            if path.suffix == ".jsonl":
                self.copy_session(path)
            else:
                path.write_text(self.transcript(), "utf-8")
        except FileExistsError:
            self.notify(f"{path} is there already: choose another name.", severity="error", markup=False)
        except OSError as error:
            reason = (error.strerror or "unknown error").lower()
            self.notify(f"{path} could not be written: {reason}.", severity="error", markup=False)
        else:
            self.notify(f"Saved to {path.absolute()}.", markup=False)

    def copy_session(self, path: Path) -> None:
        """Write the session's events under another name."""
        raise NotImplementedError

    def transcript(self) -> str:
        """The session as plain text."""
        parts = []
        for run in self.runs():
            parts.append(f"you: {run.question}\n\nllada: {run.answer()}\n")
        return "\n".join(parts)

    def action_help(self) -> None:
        from llada_tui.tui.shell.help import Help

        self.app.push_screen(Help())

    def action_details(self) -> None:
        from llada_tui.tui.shell.dialogs import Details

        self.app.push_screen(Details(self.details()))

    def details(self) -> str:
        """What is known of the last problem."""
        return clean("\n".join(self.session.problems)) or "There was no problem."

    def action_lessons(self) -> None:
        self.llada.classroom.show_contents()

    def action_sessions(self) -> None:
        from llada_tui.tui.replay.sessions import Sessions

        self.app.push_screen(Sessions(self.llada.sessions_folder))

    async def action_quit_safely(self) -> None:
        await self.llada.action_quit_safely()
