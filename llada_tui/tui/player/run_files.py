"""The ways of a run out of the program: copied text, pictures of a step, what is saved under a name."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textual.screen import Screen

from llada_tui.paths import reason, themes_folders, write_new
from llada_tui.trace.run import Run
from llada_tui.trace.session import SUFFIX, Session
from llada_tui.tui.player.player_view import PlayerView
from llada_tui.tui.shell.app_interface import app_of

if TYPE_CHECKING:
    from llada_tui.export.export_format import ExportFormat
    from llada_tui.export.render_options import RenderOptions


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
        else:
            self._screen.run_worker(self._save_picture(run, frame))

    async def _save_picture(self, run: Run, frame: int) -> None:
        from llada_tui.export.run_timeline import RunTimeline
        from llada_tui.tui.player.save_picture import save_picture
        from llada_tui.tui.shell.threads import in_thread

        app, options, timeline = app_of(self._screen), self._render_options(), RunTimeline(self._source.session, run)
        folder = app.pictures_folder
        if run.start.prompt.picture_names:
            await in_thread(lambda: timeline.small_pictures)
        try:
            path = save_picture(folder, app.slug(run.question), timeline, frame, options)
        except OSError as error:
            words = f"No picture could be saved in {folder}: {reason(error)}."
            self._screen.notify(words, severity="error")
        else:
            self._screen.notify(f"Saved {path.name} and .txt in {folder}.", timeout=8)

    def _render_options(self) -> RenderOptions:
        """As the canvas is: its colours and its width."""
        from llada_tui.drawing.palette import load_palettes
        from llada_tui.export.render_options import RenderOptions
        from llada_tui.tui.player.save_picture import palette_of

        canvas = self._view.canvas
        palette = palette_of(self._screen.app.current_theme, self._screen.app.theme_variables)
        palettes, _ = load_palettes(themes_folders())
        width = max(40, min(canvas.size.width + 2, 200))
        return RenderOptions(palette, palettes, width=width, colour_by=canvas.colour_by, show_guesses=canvas.guesses)

    def action_save(self) -> None:
        session = self._source.session
        if not session.runs:
            self._screen.notify("There is nothing to save yet.")
            return
        from llada_tui.tui.player.save_as import SaveAs

        self._screen.app.push_screen(SaveAs(app_of(self._screen).slug(session.title)), self._save)

    def _save(self, path: Path | None) -> None:
        """Write what the name's ending says."""
        if path is None:
            return
        from llada_tui.export import formats

        format = formats.find(None, path.suffix)
        if format is not None and not path.exists():
            self._screen.run_worker(self._export(path, format))
            return
        with self._notice_of(path):
            if path.exists():
                raise FileExistsError
            if path.suffix.lower() == SUFFIX:
                self._source.copy_session(path)
            else:
                write_new(path, self.transcript().encode("utf-8", "replace"))

    async def _export(self, path: Path, format: ExportFormat) -> None:
        """Draw the run on show in a format, and write it unless somebody leaves."""
        from llada_tui.export import ExportError
        from llada_tui.tui.player.export_work import PATIENCE, Exporting, export_of
        from llada_tui.tui.shell.threads import in_thread

        run, frame = self._view.shown
        if run is None:
            self._screen.notify("There is no run on show to draw.")
            return
        drawing = in_thread(export_of(self._source.session, run, frame, format, self._render_options()))
        await asyncio.wait({drawing}, timeout=PATIENCE)
        if not drawing.done():
            dialog = Exporting(path.name)

            def ended(left: bool | None) -> None:
                if left:
                    drawing.cancel()

            self._screen.app.push_screen(dialog, ended)
            await asyncio.wait({drawing})
            dialog.end()
        if drawing.cancelled():
            self._screen.notify(f"{path.name} was not written.", markup=False)
            return
        try:
            rendering = drawing.result()
        except ExportError as error:
            self._screen.notify(str(error), severity="error", markup=False)
            return
        with self._notice_of(path):
            write_new(path, rendering.data)
        for note in rendering.notes:
            self._screen.notify(note, markup=False)

    @contextlib.contextmanager
    def _notice_of(self, path: Path) -> Iterator[None]:
        """Say whether a file was written."""
        try:
            yield
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
