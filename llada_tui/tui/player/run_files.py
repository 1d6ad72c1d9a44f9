"""What leaves the program: copied text, pictures of a step, sessions saved under a name."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from textual.screen import Screen

from llada_tui.paths import reason, typed_path, write_new
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session
from llada_tui.tui.player.player_view import PlayerView
from llada_tui.tui.shell.app_interface import app_of


class RunSource(Protocol):
    """The runs of a screen, and where they are recorded."""

    @property
    def screen(self) -> Screen[object]:
        """The screen itself, as Textual has it."""

    @property
    def session(self) -> Session:
        """The session that they are of."""

    def runs(self) -> list[Run]:
        """The runs that are looked at."""

    def copy_session(self, path: Path) -> None:
        """Write the session's events under another name. Raises `OSError`."""


class RunFiles:
    """The part of a screen that copies and saves what is on show in a view."""

    def __init__(self, view: PlayerView, source: RunSource) -> None:
        self._screen, self._view, self._source = source.screen, view, source

    async def action_copy(self) -> None:
        run, frame = self._view.shown
        if run is None:
            self._screen.notify("There is nothing to copy yet.")
            return
        await app_of(self._screen).copy_text(run.text(frame))

    def action_picture(self) -> None:
        run, frame = self._view.shown
        if run is None:
            self._screen.notify("There is no picture to save yet.")
            return
        from llada_tui.export.render_options import RenderOptions
        from llada_tui.tui.player.save_picture import palette_of, save_picture

        app, canvas = app_of(self._screen), self._view.canvas
        folder = app.pictures_folder
        palette = palette_of(self._screen.app.current_theme, self._screen.app.theme_variables)
        width = max(40, min(canvas.size.width + 2, 200))
        options = RenderOptions(palette, {}, width=width, colour_by=canvas.colour_by, show_guesses=canvas.guesses)
        try:
            path = save_picture(folder, app.slug(run.question), self._source.session, run, frame, options)
        except OSError as error:
            words = f"No picture could be saved in {folder}: {reason(error)}."
            self._screen.notify(words, severity="error")
        else:
            self._screen.notify(f"Saved {path.name} and .txt in {folder}.", timeout=8)

    def action_save(self) -> None:
        session = self._source.session
        if not session.runs:
            self._screen.notify("There is nothing to save yet.")
            return
        from llada_tui.tui.shell.dialogs import AskText

        default = f"{app_of(self._screen).slug(session.title)}.txt"
        question = "Save as: a name ending in .txt saves the text, .jsonl the whole session with every step."
        self._screen.app.push_screen(AskText("Save", question, default), self._save)

    def _save(self, name: str | None) -> None:
        if not name:
            return
        path = typed_path(name)
        try:
            if path.exists():
                raise FileExistsError
            if path.suffix == ".jsonl":
                self._source.copy_session(path)
            else:
                write_new(path, self.transcript().encode("utf-8", "replace"))
        except FileExistsError:
            words = f"{path} is there already: choose another name."
            self._screen.notify(words, severity="error", markup=False)
        except OSError as error:
            words = f"{path} could not be written: {reason(error)}."
            self._screen.notify(words, severity="error", markup=False)
        else:
            self._screen.notify(f"Saved to {path.absolute()}.", markup=False)

    def transcript(self) -> str:
        """The runs as plain text."""
        return "\n".join(f"you: {run.question}\n\nllada: {run.answer()}\n" for run in self._source.runs())
