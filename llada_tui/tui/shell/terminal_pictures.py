"""The way in which a terminal draws pictures: by kitty's protocol or by sixels, where it says that it can."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from rich.segment import Segment

from llada_tui.drawing.kitty_graphics import can_draw, is_multiplexed
from llada_tui.tui.shell.fitted_picture import FittedPicture
from llada_tui.tui.shell.real_pictures import RealPictures
from llada_tui.tui.shell.sixel_pictures import PictureTerminal, SixelPictures


class TerminalPictures(Protocol):
    """A way in which a terminal draws pictures."""

    def cells(self, fitted: FittedPicture, row: int, half_blocks: list[Segment]) -> list[Segment]:
        """The cells of a row of a picture, which as half blocks would be ``half_blocks``."""

    def answered(self, numbers: Sequence[int], *, secondary: bool) -> None:
        """The terminal has told its device attributes, primary or secondary."""

    def delete_all(self) -> None:
        """Take all pictures out of the terminal's memory."""


def pictures_of(
    environment: Mapping[str, str], driver: object, send: Callable[[str], None], redraw: Callable[[], None]
) -> RealPictures | SixelPictures | None:
    """The pictures that a terminal of these names draws, or may draw: it is asked where that is not sure, once there is
    a picture, and ``redraw`` is called if it can. None where nobody could be asked, or would pass pictures on."""
    terminal = driver if isinstance(driver, PictureTerminal) else None
    if can_draw(environment):
        is_kitty = environment["TERM"] == "xterm-kitty"
        return RealPictures(send, terminal.ask_for_version if is_kitty and terminal is not None else None, redraw)
    if terminal is None or is_multiplexed(environment):
        return None
    return SixelPictures(terminal, redraw)
