"""What the chat and the replay share: a stage, the bindings of the action table, and what the actions do to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import BindingType
from textual.screen import Screen

from llada_tui.trace.branches import tree
from llada_tui.trace.events import DeleteEvent, NameEvent
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.trace.text import clean
from llada_tui.tui.actions import bindings
from llada_tui.tui.widgets.knobs import Knobs
from llada_tui.tui.widgets.stage import Stage

if TYPE_CHECKING:
    from llada_tui.tui.app import LladaApp


class StageScreen(Screen[None]):
    """A screen with a stage. Subclasses compose it as ``self.stage`` and say which session its run is from."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(chat=False)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual's own type
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (17, "-short"), (30, "-tall"), (45, "-huge")]  # noqa: RUF012 - Textual's own type

    stage: Stage
    session: Session

    @property
    def llada(self) -> LladaApp:
        return cast("LladaApp", self.app)

    # -- player -------------------------------------------------------------------------------------------------------

    def action_play(self) -> None:
        self.stage.toggle()

    def action_back(self) -> None:
        """A step back; from the first of a branch, into the run that it left."""
        run = self.stage.player.run
        parent = self.session.runs.get(run.start.parent or "") if run is not None else None
        if run is not None and parent is not None and self.stage.player.frame == 0:
            self.show_run(parent, play=False, frame=run.start.step - parent.start.step)
        else:
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

    # -- canvas -------------------------------------------------------------------------------------------------------

    def action_guesses(self) -> None:
        self.stage.toggle_guesses()

    def action_colours(self) -> None:
        self.stage.next_colours()

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
        zoom: list[tuple[str, str | None]] = [("closer", None), ("farther", None)]
        return [("whole", "canvas" if self.stage.whole else None), *(zoom if panel.page == "spacetime" else [])]

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
        from llada_tui.tui.screens.tree import Runs

        def show(run: Run | None) -> None:
            if run is not None and run is not self.stage.player.run:
                self.show_run(run, play=run.end is None, frame=run.last)

        if not self.session.runs:
            self.notify("There is no run yet: ask something first.")
            return
        self.app.push_screen(Runs(self.session, self.stage.player.run, self.change_tree), show)

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

    # -- text and files -----------------------------------------------------------------------------------------------

    async def action_copy(self) -> None:
        run = self.stage.player.run
        if run is None:
            self.notify("There is nothing to copy yet.")
            return
        await self.llada.copy_text(run.text(self.stage.player.frame))

    def action_picture(self) -> None:
        run = self.stage.player.run
        if run is None:
            self.notify("There is no picture to save yet.")
            return
        from llada_tui.tui.pictures import View, palette_of, save_picture

        folder, canvas = self.llada.pictures_folder, self.stage.canvas
        palette = palette_of(self.app.current_theme, self.app.theme_variables)
        view = View(palette, canvas.colour_by, canvas.guesses, max(40, min(canvas.size.width + 2, 200)))
        name, frame = self.llada.slug(run.question), self.stage.player.frame
        try:
            path = save_picture(folder, name, self.session, run, frame, view)
        except OSError as error:
            reason = (error.strerror or "unknown error").lower()
            self.notify(f"No picture could be saved in {folder}: {reason}.", severity="error")
        else:
            self.notify(f"Saved {path.name} and .txt in {folder}.", timeout=8)

    def action_save(self) -> None:
        if not self.session.runs:
            self.notify("There is nothing to save yet.")
            return
        from llada_tui.tui.screens.dialogs import AskText

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
        from llada_tui.tui.screens.help import Help

        self.app.push_screen(Help(self.llada.keys_of))

    def action_details(self) -> None:
        from llada_tui.tui.screens.dialogs import Details

        self.app.push_screen(Details(self.details()))

    def details(self) -> str:
        """What is known of the last problem."""
        return clean("\n".join(self.session.problems)) or "There was no problem."

    def action_sessions(self) -> None:
        from llada_tui.tui.screens.sessions import Sessions

        self.app.push_screen(Sessions(self.llada.sessions_folder))

    async def action_quit_safely(self) -> None:
        await self.llada.action_quit_safely()
